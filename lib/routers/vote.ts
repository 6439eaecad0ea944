/** How several models' answers become one. */

import { ShapeError } from "../errors.ts";

/** Whether numbers are averaged, or classes counted. */
export type VoteType = "regression" | "classification";

/** One member's answer: one output a row. */
export interface Ballot {
  readonly member: string;
  /** At least 0; only ratios matter. */
  readonly weight: number;
  readonly outputs: readonly unknown[];
}

type Class = number | bigint | string | boolean;

/** Weights whose sums differ by less than this share of the whole are a tie. */
const TIE = 1e-9;

/**
 * Joins the answers of several members row by row; vectors and matrices are joined element by element.
 *
 * Regression is the weighted mean. Classification is the weighted majority: a tie goes to the lowest class (text by code
 * units, `false` before `true`). Whose weight is 0 has no say in anything, also not in what is voted on.
 *
 * @example Two of three say class 2
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { vote } from "./vote.ts";
 *
 * const ballots = [2, 0, 2].map((answer, index) => ({ member: `m${index}`, weight: 1, outputs: [answer] }));
 * deepStrictEqual(vote(ballots), [2]);
 * deepStrictEqual(vote(ballots, "regression"), [4 / 3]);
 * ```
 *
 * @param voteType Default: classification when all outputs are integers, text or booleans, else regression.
 * @throws {ShapeError} If members answer different numbers of rows, or rows of different shapes.
 * @throws {TypeError} If outputs cannot be joined this way, such as text by regression.
 * @throws {RangeError} If no member has a weight above 0.
 */
export function vote(ballots: readonly Ballot[], voteType?: VoteType): unknown[] {
  if (!ballots.some(({ weight }) => weight > 0)) {
    throw new RangeError(
      `Cannot vote: no member of ${ballots.map(({ member }) => member).join(", ")} has a weight above 0`,
    );
  }
  const counted = ballots.filter(({ weight }) => weight > 0);
  const type = voteType ?? typeOfValues(counted);
  return joinLists(counted, type === "classification" ? majority : mean);
}

/** What values say themselves: integers, text and booleans are classes. */
export function typeOfValues(ballots: readonly Ballot[]): VoteType {
  const isCounted = ballots.every(({ weight, outputs }) => weight === 0 || everyLeaf(outputs, isClass));
  return isCounted ? "classification" : "regression";
}

/** Whether what has a say are numbers, which may be either. */
export function areNumbers(ballots: readonly Ballot[]): boolean {
  const isNumber = (leaf: unknown) => typeof leaf === "number" || typeof leaf === "bigint";
  return ballots.every(({ weight, outputs }) => weight === 0 || everyLeaf(outputs, isNumber));
}

/**
 * Tells what a member's answer is: the list under `outputs`, or the list that it is itself.
 *
 * @throws {TypeError} If it is neither, or something in it cannot be voted on: nothing, NaN, an object.
 */
export function outputsOf(answer: unknown): readonly unknown[] {
  const outputs = typeof answer === "object" && answer !== null && "outputs" in answer ? answer.outputs : answer;
  const list = asList(outputs);
  if (list === undefined) {
    throw new TypeError(`Cannot vote on its answer ${shown(outputs)}: a list with one output a row is needed`);
  }
  everyLeaf(list, (leaf) => {
    if (["string", "boolean", "bigint"].includes(typeof leaf) || Number.isFinite(leaf)) return true;
    throw new TypeError(`Cannot vote on an output that is ${shown(leaf)}: numbers, text and booleans can be voted on`);
  });
  return list;
}

type Join = (leaves: readonly Ballot1[]) => unknown;

/** One member's answer at one place. */
interface Ballot1 {
  readonly member: string;
  readonly weight: number;
  readonly output: unknown;
}

function joinLists(ballots: readonly Ballot[], join: Join): unknown[] {
  const [first] = ballots;
  const other = ballots.find(({ outputs }) => outputs.length !== first!.outputs.length);
  if (other !== undefined) {
    throw new ShapeError(
      `Cannot vote on lists of different lengths: member "${first!.member}" gave ${
        first!.outputs.length
      }, member "${other.member}" gave ${other.outputs.length}`,
    );
  }
  return first!.outputs.map((_, row) =>
    joinPlace(ballots.map(({ member, weight, outputs }) => ({ member, weight, output: outputs[row] })), join)
  );
}

function joinPlace(ballots: readonly Ballot1[], join: Join): unknown {
  const lists = ballots.map(({ output }) => asList(output));
  if (lists.every((list) => list === undefined)) return join(ballots);
  const leaf = lists.indexOf(undefined);
  if (leaf >= 0) {
    const list = lists.findIndex((found) => found !== undefined);
    throw new ShapeError(
      `Cannot vote on a list and a single value: member "${ballots[list]!.member}" gave a list, member "${
        ballots[leaf]!.member
      }" gave ${shown(ballots[leaf]!.output)}`,
    );
  }
  return joinLists(ballots.map(({ member, weight }, index) => ({ member, weight, outputs: lists[index]! })), join);
}

function mean(ballots: readonly Ballot1[]): number {
  let total = 0;
  let weights = 0;
  for (const { member, weight, output } of ballots) {
    if (typeof output !== "number" && typeof output !== "bigint") {
      throw new TypeError(`Cannot average ${shown(output)} of member "${member}": regression needs numbers`);
    }
    total += weight * Number(output);
    weights += weight;
  }
  if (Number.isFinite(total)) return total / weights;
  const numbers = ballots.map(({ output }) => Number(output));
  const shares = ballots.map(({ weight }, index) => (weight / weights) * numbers[index]!); // whose sum is no larger than the largest
  return Math.max(Math.min(shares.reduce((sum, share) => sum + share), Math.max(...numbers)), Math.min(...numbers));
}

function majority(ballots: readonly Ballot1[]): Class {
  const votes = new Map<Class, number>();
  const isWide = ballots.some(({ output }) => typeof output === "bigint");
  const [first] = ballots;
  for (const { member, weight, output } of ballots) {
    if (!isClass(output)) {
      throw new TypeError(
        `Cannot count ${shown(output)} of member "${member}" as a class: classes are integers, text or booleans`,
      );
    }
    if (kindOf(output) !== kindOf(first!.output)) {
      throw new TypeError(
        `Cannot count ${shown(first!.output)} of member "${first!.member}" and ${
          shown(output)
        } of member "${member}" together: classes are all numbers, all text or all booleans`,
      );
    }
    const value = isWide ? exact(output) : output;
    votes.set(value, (votes.get(value) ?? 0) + weight);
  }
  const most = Math.max(...votes.values());
  const slack = TIE * [...votes.values()].reduce((total, weight) => total + weight, 0);
  const winners = [...votes].filter(([, weight]) => most - weight <= slack).map(([value]) => value);
  return winners.reduce((lowest, value) => value < lowest ? value : lowest);
}

/** One value for what a number and a bigint both say: the number, as far as numbers tell neighbours apart. */
function exact(output: Class): Class {
  if (typeof output !== "number" && typeof output !== "bigint") return output;
  return Number.isSafeInteger(Number(output)) ? Number(output) : BigInt(output);
}

function kindOf(output: unknown): string {
  return typeof output === "bigint" ? "number" : typeof output;
}

function isClass(output: unknown): output is Class {
  return typeof output === "string" || typeof output === "boolean" || typeof output === "bigint" ||
    Number.isInteger(output);
}

function everyLeaf(output: unknown, is: (leaf: unknown) => boolean): boolean {
  const list = asList(output);
  return list === undefined ? is(output) : list.every((item) => everyLeaf(item, is));
}

function asList(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  return ArrayBuffer.isView(value) && !(value instanceof DataView) ? Array.from(value as Float64Array) : undefined;
}

function shown(value: unknown): string {
  if (typeof value === "string") return `"${value}"`;
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

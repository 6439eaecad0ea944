/** What an ONNX model makes of rows alone and of the same rows together: requests may be joined only where both are the same. */

import { describeThrown } from "../../errors.ts";
import type { TensorInfo } from "../../protocol/reply.ts";
import { type Datatype, encodeData } from "../../tensor/datatype.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { joinTensors, rowsOf, splitTensors } from "../batching/batch_tensors.ts";
import { UnsplitError } from "../batching/batcher.ts";
import { type WarmUp, warmUpTensors } from "../warm_up.ts";
import type { OnnxSession } from "./onnx_session.ts";

/** What was seen. */
export interface Probed {
  /** What is wrong with the outputs that cannot be split, by their names. */
  readonly refused: ReadonlyMap<string, string>;
  /** Why the values of rows could not be compared; undefined: they were. */
  readonly unseen?: string | undefined;
  /** Why nothing could be asked at all. */
  readonly failure?: string | undefined;
}

type Row = readonly Tensor[];

const ROWLESS = "has no row for each row of the inputs";
const DEPENDENT = "answers a row otherwise beside other rows";
/**
 * Whose rows are asked together: of two runs each row has other rows beside it at the same place, and three tell a size that is another
 * one's by accident.
 */
const TOGETHER = [[0, 1], [0, 2], [1, 0], [2, 0], [1, 2, 0]] as const;
const AGAIN = 8; // of what is not the same twice: chance may be alike by chance
const FREE_SIZES = [4, 1]; // of what is no row: no number of rows that are asked together; 1 for models that take no other

/**
 * Asks a model for outputs of rows alone and together: those of `warmUp`, and made-up ones, positive and negative. Where it takes no
 * made-up rows, zeros still show which outputs have rows.
 */
export async function probeRows(
  session: OnnxSession,
  names: readonly string[],
  warmUp: WarmUp | undefined,
): Promise<Probed> {
  if (names.length === 0) return { refused: new Map() };
  const said = typeof warmUp === "object" ? singleRows(warmUpTensors(warmUp, session.inputs)!) : [];
  const seen = said.length === 0 ? undefined : await askFor(session, names, said);
  if (seen?.failure !== undefined) return seen;
  const made = await askMadeUp(session, left(names, seen));
  if (made.failure !== undefined) {
    const why = `it takes no made-up rows: ${made.failure}`;
    if (seen === undefined) {
      return { ...await askFor(session, names, [warmUpTensors(true, session.inputs)!]), unseen: why };
    }
    return areTwo(said) ? seen : { ...seen, unseen: why };
  }
  return { ...both(seen, made), unseen: areTwo(said) ? seen!.unseen : made.unseen };
}

async function askMadeUp(session: OnnxSession, names: readonly string[]): Promise<Probed> {
  const ask = (size: number, sign: number, wanted: readonly string[]) =>
    askFor(session, wanted, [3, 1, 2].map((row) => session.inputs.map((info) => madeUp(info, { row, size, sign }))));
  let seen: Probed = { refused: new Map() };
  for (const size of FREE_SIZES) {
    seen = await ask(size, 1, names);
    if (seen.failure !== undefined) continue;
    const hasSigns = session.inputs.some(({ datatype }) => datatype in CLOSE);
    return hasSigns ? { ...both(seen, await ask(size, -1, left(names, seen))), unseen: seen.unseen } : seen;
  }
  return seen;
}

function left(names: readonly string[], seen: Probed | undefined): string[] {
  return names.filter((name) => seen?.refused.has(name) !== true);
}

function both(one: Probed | undefined, other: Probed): Probed {
  return { refused: new Map([...one?.refused ?? [], ...other.refused]) };
}

/** Whether two of them differ: a row beside itself shows little. */
function areTwo(rows: readonly Row[]): boolean {
  return rows.length > 1 && rows[0]!.some((tensor, index) => !isSame(tensor, rows[1]![index]!));
}

/** Asks for rows alone, and then together. */
async function askFor(session: OnnxSession, names: readonly string[], rows: readonly Row[]): Promise<Probed> {
  const three = [0, 1, 2].map((index) => rows[index % rows.length]!);
  const refused = new Map<string, string>();
  if (names.length === 0) return { refused };
  let alone: Tensor[][];
  const again: Tensor[][] = [];
  try {
    alone = [];
    for (const inputs of three) alone.push(await session.runTensors(inputs, names));
    let last: Tensor[];
    do {
      last = await session.runTensors(three[0]!, names);
      again.push(last);
    } while (again.length < AGAIN && last.some((tensor, index) => !isSame(tensor, alone[0]![index]!)));
  } catch (error) {
    return { refused, failure: describeThrown(error).message };
  }
  const answers = new Map(names.map((name) => [name, new Answers(name, alone, again)]));
  for (const order of TOGETHER) {
    const wanted = names.filter((name) => !refused.has(name));
    if (wanted.length === 0) break;
    const joined = joinTensors(order.map((index) => ({ inputs: three[index]!, outputs: wanted })));
    let given: Tensor[];
    try {
      given = await session.runTensors(joined.inputs, wanted);
    } catch (error) {
      const state = `${ROWLESS} (asked for ${order.length} rows, it fails: ${describeThrown(error).message})`;
      for (const name of wanted) refused.set(name, state);
      break;
    }
    for (const name of wanted) {
      const state = answers.get(name)!.difference(given.filter((tensor) => tensor.name === name), order);
      if (state !== undefined) refused.set(name, state);
    }
  }
  const unseen = names.flatMap((name) => answers.get(name)!.unseen ?? []);
  return { refused, ...(unseen.length === 0 ? {} : { unseen: unseen.join(", ") }) };
}

/** What a model gives as one output. */
class Answers {
  readonly #alone: readonly (readonly Tensor[])[];
  /** What a row had at a place among so many. */
  readonly #beside = new Map<string, readonly Tensor[]>();
  readonly #isRandom: boolean;
  readonly #isSteady: boolean;
  /** Why its values cannot be compared. */
  readonly unseen: string | undefined;

  /** `again` is what the first row has a second time, and where that is another, more times. */
  constructor(name: string, alone: readonly (readonly Tensor[])[], again: readonly (readonly Tensor[])[]) {
    const own = (tensors: readonly Tensor[]) => tensors.filter((tensor) => tensor.name === name);
    this.#alone = alone.map(own);
    const [first] = this.#alone;
    const others = again.map(own);
    this.#isRandom = !others.every((other) => this.#areAlike(other, first!));
    this.#isSteady = others.every((other) => other.every((tensor, index) => isSame(tensor, first![index]!)));
    if (this.#isRandom) this.unseen = `it answers the same otherwise each time: ${name}`;
    else if (this.#alone.every((tensors) => tensors.some(isNothing))) {
      this.unseen = `it answers what is no number (NaN): ${name}`;
    }
  }

  /** How rows together differ from what they have alone, and beside others. */
  difference(given: readonly Tensor[], order: readonly number[]): string | undefined {
    try {
      const parts = splitTensors(given, order.map(() => 1));
      if (this.#isRandom) return undefined;
      return parts.every((part, place) => this.#isOwn(part, order, place)) ? undefined : DEPENDENT;
    } catch (error) {
      if (!(error instanceof UnsplitError)) throw error;
      return ROWLESS;
    }
  }

  #isOwn(part: readonly Tensor[], order: readonly number[], place: number): boolean {
    const row = order[place]!;
    const key = `${order.length} ${place} ${row}`;
    const other = this.#beside.get(key);
    this.#beside.set(key, part);
    // A runtime does the same sums for a row at the same place among as many: what differs then is of the other rows, however little.
    if (this.#isSteady && other?.every((tensor, index) => isSame(tensor, part[index]!)) === false) return false;
    return this.#areAlike(part, this.#alone[row]!);
  }

  #areAlike(part: readonly Tensor[], own: readonly Tensor[]): boolean {
    return part.length === own.length &&
      part.every((tensor, index) => isAlike(tensor, own[index]!, this.#alone.map((row) => row[index])));
  }
}

/**
 * Runtimes sum in another order for more rows: what is less than this part of the value is that (a thousandth of a score is some hundredths of
 * its softmax), and so is what the datatype cannot tell.
 */
const CLOSE: Readonly<Record<string, readonly [part: number, step: number]>> = {
  FP16: [1e-1, 1e-3],
  BF16: [2e-1, 8e-3],
  FP32: [3e-2, 1.2e-7],
  FP64: [1e-5, 2.2e-16],
};

/** Whether values are the same but for the order of sums. How large one is, all `rows` tell: sums that cancel out do so in one of them. */
function isAlike(one: Tensor, other: Tensor, rows: readonly (Tensor | undefined)[]): boolean {
  const close = CLOSE[one.datatype];
  if (close === undefined) return isSame(one, other);
  if (!hasShapeOf(one, other)) return false;
  const [part, step] = close;
  const [a, b] = [one.values(), other.values()] as number[][] as [number[], number[]];
  const all = rows.flatMap((row) => row !== undefined && hasShapeOf(row, one) ? [row.values() as number[]] : []);
  const largest = a.reduce((most, value) => larger(most, value), 0);
  return a.every((value, at) => {
    const size = all.reduce((most, row) => larger(most, row[at]!), larger(0, value));
    return Object.is(value, b[at]) || Math.abs(value - b[at]!) <= part * size + step * largest;
  });
}

function larger(most: number, value: number): number {
  return Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most;
}

function isSame(one: Tensor, other: Tensor): boolean {
  if (!hasShapeOf(one, other)) return false;
  const right = other.values();
  return one.values().every((value, at) => Object.is(value, right[at]));
}

function hasShapeOf({ shape }: Tensor, other: Tensor): boolean {
  return shape.length === other.shape.length && shape.every((size, at) => size === other.shape[at]);
}

function isNothing(tensor: Tensor): boolean {
  return tensor.values().some(Number.isNaN);
}

/** The rows of tensors, each alone; none where they have no rows in common. */
function singleRows(inputs: readonly Tensor[]): Row[] {
  const rows = rowsOf({ inputs, outputs: [] }, new Set()) ?? 0;
  return rows === 0 ? [] : splitTensors(inputs, Array(rows).fill(1));
}

interface MadeUp {
  readonly row: number;
  /** Of what is no row and has no size of its own. */
  readonly size: number;
  /** Of what may have one, 1 or -1. */
  readonly sign: number;
}

/** One row that is like no other: small numbers, which may be places in a table, none of them 0. */
function madeUp({ name, datatype, shape }: TensorInfo, { row, size: freeSize, sign }: MadeUp): Tensor {
  const sizes = shape.map((size, at) => at === 0 ? 1 : size < 0 ? freeSize : size);
  const count = sizes.reduce((product, size) => product * size, 1);
  const value = (at: number) => {
    if (datatype === "BOOL") return (at + row) % 2 === 1;
    if (datatype === "BYTES") return `${row + at % 3}`;
    return datatype in CLOSE ? sign * ((row * 5 + at * 3) % 11 + 1) / 8 : (row + at) % 2 + 1;
  };
  const data = encodeData(datatype as Datatype, Array.from({ length: count }, (_, at) => value(at)), () => name);
  return new Tensor(name, { datatype: datatype as Datatype, shape: sizes, data });
}

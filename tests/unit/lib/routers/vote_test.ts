import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { ShapeError } from "../../../../lib/errors.ts";
import { type Ballot, outputsOf, vote } from "../../../../lib/routers/vote.ts";

function ballots(outputs: Record<string, readonly unknown[]>, weights: Record<string, number> = {}): Ballot[] {
  return Object.entries(outputs).map(([member, answer]) => ({ member, weight: weights[member] ?? 1, outputs: answer }));
}

function ofOneRow(answers: readonly unknown[], weights: readonly number[] = []): Ballot[] {
  return answers.map((answer, index) => ({ member: `m${index}`, weight: weights[index] ?? 1, outputs: [answer] }));
}

Deno.test("vote() averages numbers", () => {
  deepStrictEqual(vote(ballots({ a: [500, 600], b: [1000.5, 1200] })), [750.25, 900]);
});

Deno.test("vote() averages by weight, and only ratios matter", () => {
  const outputs = { a: [10], b: [20] };
  deepStrictEqual(vote(ballots(outputs, { a: 1, b: 3 }), "regression"), [17.5]);
  deepStrictEqual(vote(ballots(outputs, { a: 25, b: 75 }), "regression"), [17.5]);
});

Deno.test("vote() gives thirds of whole numbers without a rest", () => {
  deepStrictEqual(vote(ofOneRow([1, 1, 1]), "regression"), [1]);
});

const MAJORITIES: readonly (readonly [title: string, answers: unknown[], winner: unknown, weights?: number[]])[] = [
  ["the class of most members", [2, 0, 2], 2],
  ["negative classes", [-1, -1, 2], -1],
  ["text", ["setosa", "virginica", "virginica"], "virginica"],
  ["booleans", [true, true, false], true],
  ["classes of any size", [1e15, 1e15, 3], 1e15],
  ["64-bit integers", [9007199254740993n, 9007199254740993n, 1n], 9007199254740993n],
  ["a bigint and the number that it is", [2n ** 60n, 2 ** 60, 1n], 2n ** 60n],
  ["numbers beyond the exact as numbers", [1e300, 1e300, 1], 1e300],
  ["small 64-bit integers as numbers", [1n, 1, 2], 1],
  ["the lowest of a tie", [4, 3, 2, 1], 1],
  ["the lowest negative of a tie", [1, -1], -1],
  ["the lowest number of a tie, not the first text", [10, 9], 9],
  ["the lowest text of a tie, by code units", ["b", "Z", "a"], "Z"],
  ["false in a tie", [true, false], false],
  ["the heaviest", [1, 2, 2], 1, [3, 1, 1]],
  ["a tie that rounding hides", [2, 2, 1], 1, [0.1, 0.2, 0.3]],
  ["no member of weight 0", [1, 2], 2, [0, 1]],
];

for (const [title, answers, winner, weights] of MAJORITIES) {
  Deno.test(`vote() elects ${title}`, () =>
    deepStrictEqual(vote(ofOneRow(answers, weights), "classification"), [winner]));
}

Deno.test("vote() counts when all outputs of all members are classes, else it averages", () => {
  deepStrictEqual(vote(ballots({ a: [1, 1], b: [2, 2], c: [2, 2] })), [2, 2]);
  deepStrictEqual(vote(ballots({ a: [1, 1], b: [2, 2.5] })), [1.5, 1.75]);
});

Deno.test("vote() gives members of weight 0 no say: neither in what is voted on, nor by another form", () => {
  const weights = { silent: 0 };
  deepStrictEqual(vote(ballots({ silent: [0.5], a: [1], b: [2] }, weights)), [1]);
  deepStrictEqual(vote(ballots({ silent: ["x"], a: [1], b: [2] }, weights)), [1]);
  deepStrictEqual(vote(ballots({ silent: [[9, 9], [9]], a: [0.5], b: [1] }, weights)), [0.75]);
});

Deno.test("vote() averages numbers whose sum is too large for a number", () => {
  deepStrictEqual(vote(ofOneRow([1e308, 1e308])), [1e308]);
  deepStrictEqual(vote(ofOneRow([-1e308, -1e308], [3, 1])), [-1e308]);
  const max = Number.MAX_VALUE;
  deepStrictEqual(vote(ofOneRow([max, max, max])), [max]);
  deepStrictEqual(vote(ofOneRow([max, max, -max, -max]), "regression"), [0]);
});

Deno.test("vote() joins vectors and matrices element by element", () => {
  deepStrictEqual(vote(ballots({ a: [[0.2, 0.8]], b: [[0.4, 0.6]] })), [[(0.2 + 0.4) / 2, (0.8 + 0.6) / 2]]);
  deepStrictEqual(vote(ballots({ a: [[[1, 2], [3, 4]]], b: [[[3, 4], [5, 6.5]]] })), [[[2, 3], [4, 5.25]]]);
  deepStrictEqual(vote(ballots({ a: [["x", "y"]], b: [["x", "z"]], c: [["w", "z"]] })), [["x", "z"]]);
});

Deno.test("vote() takes typed arrays", () => {
  deepStrictEqual(vote(ballots({ a: [Float32Array.of(0.5, 1)], b: [[1.5, 2]] })), [[1, 1.5]]);
});

Deno.test("vote() of no rows is no rows", () => deepStrictEqual(vote(ballots({ a: [], b: [] })), []));

Deno.test("vote() refuses answers of different lengths, naming both members", () => {
  throws(() => vote(ballots({ a: [1], b: [1, 2] })), {
    name: "ShapeError",
    message: 'Cannot vote on lists of different lengths: member "a" gave 1, member "b" gave 2',
  });
  throws(() => vote(ballots({ a: [[1, 2]], b: [[1]] })), ShapeError);
});

Deno.test("vote() refuses a list beside a single value", () => {
  throws(() => vote(ballots({ a: [[1]], b: [1] })), {
    name: "ShapeError",
    message: 'Cannot vote on a list and a single value: member "a" gave a list, member "b" gave 1',
  });
});

Deno.test("vote() refuses classes of two types", () => {
  throws(() => vote(ofOneRow([1, "1"])), {
    message:
      'Cannot count 1 of member "m0" and "1" of member "m1" together: classes are all numbers, all text or all booleans',
  });
});

Deno.test("vote() refuses to average text and to count fractions", () => {
  throws(() => vote(ofOneRow([1.5, "x"])), /Cannot average "x" of member "m1": regression needs numbers/);
  throws(() => vote(ofOneRow([1, 0.25]), "classification"), /Cannot count 0.25 of member "m1" as a class/);
});

Deno.test("vote() refuses to vote without a weight", () => {
  throws(() => vote(ofOneRow([1, 2], [0, 0])), /no member of m0, m1 has a weight above 0/);
});

Deno.test("outputsOf() takes a reply's outputs, or a list", () => {
  deepStrictEqual(outputsOf({ id: "1", outputs: [1] }), [1]);
  deepStrictEqual(outputsOf([1]), [1]);
  deepStrictEqual(outputsOf({ outputs: Float32Array.of(1, 2) }), [1, 2]);
});

Deno.test("outputsOf() refuses what cannot be voted on", () => {
  throws(() => outputsOf({ outputs: 5 }), /its answer 5: a list with one output a row is needed/);
  throws(() => outputsOf(undefined), /its answer undefined/);
  for (const leaf of [null, NaN, Infinity, {}, undefined]) {
    throws(() => outputsOf([[leaf]]), TypeError);
  }
  strictEqual(outputsOf([]).length, 0);
});

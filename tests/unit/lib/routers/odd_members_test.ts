import { deepStrictEqual, throws } from "node:assert/strict";
import { voteWithoutOdd } from "../../../../lib/routers/odd_members.ts";
import { type Ballot, vote } from "../../../../lib/routers/vote.ts";

function ballots(answers: Record<string, readonly unknown[]>, weights: Record<string, number> = {}): Ballot[] {
  return Object.entries(answers).map(([member, outputs]) => ({ member, weight: weights[member] ?? 1, outputs }));
}

function voted(given: readonly Ballot[]) {
  const { result, ballots, odd } = voteWithoutOdd(given, (some) => vote(some));
  return { result, of: ballots.map(({ member }) => member), odd: odd.map(({ member }) => member) };
}

Deno.test("voteWithoutOdd() votes on all where they fit", () => {
  deepStrictEqual(voted(ballots({ a: [1], b: [1] })), { result: [1], of: ["a", "b"], odd: [] });
});

Deno.test("voteWithoutOdd() leaves out whose answers do not fit the heaviest part's", () => {
  deepStrictEqual(voted(ballots({ odd: [1, 2], a: [1], text: ["x"], b: [3] })), {
    result: [1],
    of: ["a", "b"],
    odd: ["odd", "text"],
  });
  const weights = { heavy: 5 };
  deepStrictEqual(voted(ballots({ a: [1], b: [1], heavy: [7, 8] }, weights)), {
    result: [7, 8],
    of: ["heavy"],
    odd: ["a", "b"],
  });
});

Deno.test("voteWithoutOdd() leaves out answers that no vote could be of", () => {
  const given = ballots({ text: ["x"], more: ["x"], a: [1] });
  const { result, odd } = voteWithoutOdd(given, (some) => vote(some, "regression"));
  deepStrictEqual([result, odd.map(({ member }) => member)], [[1], ["text", "more"]]);
});

Deno.test("voteWithoutOdd() fails where nobody could say who is wrong", () => {
  throws(() => voted(ballots({ a: [1], b: [1, 2] })), /different lengths: member "a" gave 1, member "b" gave 2/);
  throws(() => voted(ballots({ a: [1], b: [1] }, { a: 0, b: 0 })), { name: "RangeError" });
});

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { StepSpec } from "../../../../lib/graph/operator.ts";
import { VOTING_ENSEMBLE, votingEnsemble } from "../../../../lib/routers/voting_ensemble.ts";
import { ALONE } from "../../../support/place.ts";
import { ListModel } from "../../../support/models.ts";
import { openRouter } from "../../../support/open_router.ts";

function causes(options: Record<string, unknown>, keys: readonly string[]): string[] {
  const routes = keys.map((key) => ({ key, model: ListModel, args: {} }));
  const spec: StepSpec = { name: "ens", options, code: {}, args: {}, routes };
  return VOTING_ENSEMBLE.check!(spec, ALONE).map(({ cause }) => cause);
}

Deno.test("votingEnsemble() with sound weights has no faults", () => {
  deepStrictEqual(causes({}, ["a", "b"]), []);
  deepStrictEqual(causes({ weights: { a: 0, b: 20 } }, ["a", "b"]), []);
  deepStrictEqual(causes({ weights: { a: 1 } }, ["a", "b"]), []);
});

Deno.test("votingEnsemble() tells all that is wrong with its weights", () => {
  deepStrictEqual(causes({ weights: { a: -1, x: 0.5 } }, ["a", "b"]), [
    'the weight of member "a" is -1',
    'there is a weight for "x", which is no member',
  ]);
  deepStrictEqual(causes({ weights: { a: NaN } }, ["a"]), ['the weight of member "a" is NaN', "no weight is above 0"]);
  deepStrictEqual(causes({ weights: { a: 0, b: 0 } }, ["a", "b"]), ["no weight is above 0"]);
});

Deno.test("votingEnsemble() without routes is a fault", () => {
  deepStrictEqual(causes({}, []), ["it is a router without routes"]);
});

Deno.test("votingEnsemble() refuses member names that are the ensemble's own paths", () => {
  deepStrictEqual(causes({}, ["infer", "ens"]).length, 2);
  deepStrictEqual(causes({ name: "other" }, ["ens"]), []);
});

Deno.test("votingEnsemble() checks its options", () => {
  const { options } = VOTING_ENSEMBLE;
  strictEqual(options.safeParse({ voteType: "median" }).success, false);
  strictEqual(options.safeParse({ onMemberError: "ignore" }).success, false);
  strictEqual(options.safeParse({ weights: { a: "1" } }).success, false);
  strictEqual(options.safeParse({ wieghts: {} }).success, false);
  const sound = { name: "e", voteType: "regression", weights: { a: 1 }, onMemberError: "drop" } as const;
  strictEqual(options.safeParse(votingEnsemble(sound).options).success, true);
});

Deno.test("votingEnsemble() calls itself by its option, its step, or, alone in a function, as MLRun does", async () => {
  for (
    const [options, step, name] of [
      [{ name: "mine" }, "step", "mine"],
      [{}, "step", "step"],
      [{}, "votingEnsemble", "VotingEnsemble"],
    ] as const
  ) {
    await using router = await openRouter(votingEnsemble(options), { m: ListModel }, { name: step });
    strictEqual((await router.ask("/", { inputs: [1] }) as { model_name: string }).model_name, name);
  }
});

import { deepStrictEqual } from "node:assert/strict";
import { type FunctionOptions, remote, serving, type ServingFunction } from "levada";
import { z } from "zod";
import { lintFunction, PLACE_FATES } from "../../../../../lib/deploy/serverless/lint_function.ts";
import type { FunctionDocument } from "../../../../../lib/deploy/settings/deployed_functions.ts";

const OUTPUT = "where its graph has an `output`, that checks no reply there: what the last service says is the answer";

function told(fn: ServingFunction): { readonly faults: string[]; readonly notes: string[] } {
  const { faults, notes } = lintFunction(JSON.parse(JSON.stringify(fn)) as FunctionDocument);
  return {
    faults: faults.map(({ cause }) => cause.split(":")[0]!),
    notes: notes.filter((note) => note !== OUTPUT).map((note) => note.split(":")[0]!),
  };
}

Deno.test("lintFunction() has a word for every option that a function can have", () => {
  const every: { readonly [Option in keyof Required<FunctionOptions>]: unknown } = PLACE_FATES;
  deepStrictEqual(Object.keys(every).length, Object.keys(PLACE_FATES).length);
});

Deno.test("lintFunction() refuses what would be open, or fed by nobody, and tells what gets lost", () => {
  const fn = serving("shop", {
    dependencies: ["npm:left-pad@1.3.0"],
    env: { MODE: "fast" },
    errorStream: "kafka://k:9092/errors",
    serve: { tokens: ["SHOP_TOKEN"], workers: 2, graceMs: 9 },
    resources: { cpu: 1 },
    cluster: { secretNames: ["keys"], replicas: 2, rollout: "old-first" },
  });
  fn.addTrigger("orders", { stream: "kafka://k:9092/orders" });
  fn.setTracking("kafka://k:9092/tracks");
  fn.setApi({ endpoints: [{ path: "/a", method: "POST" }] } as never);
  fn.setTopology("flow", { input: z.object({ n: z.number() }), timeoutMs: 500, maxInFlight: 3 })
    .to("a", remote({ url: "http://a" }));
  deepStrictEqual(told(fn), {
    faults: ["triggers cannot be said", "api cannot be said", "serve.tokens cannot be said"],
    notes: [
      "tracking is lost",
      "its graph's input is lost",
      "its graph's maxInFlight is lost",
      "env is lost",
      "errorStream is lost",
      "serve.workers is lost",
      "serve.graceMs is lost",
      "resources.cpu is lost",
      "cluster.secretNames is lost",
      "cluster.rollout is lost",
      "no step of it responds",
    ],
  });
});

Deno.test("lintFunction() tells of children, and refuses what it does not know", () => {
  const fn = serving("shop");
  fn.addChildFunction("child", { env: { A: "b" } });
  fn.setTopology("flow").to("a", remote({ url: "http://a" })).respond();
  deepStrictEqual(told(fn), { faults: [], notes: ["function child"] });
  const document = { ...JSON.parse(JSON.stringify(fn)), later: { a: 1 } };
  deepStrictEqual(lintFunction(document).faults.map(({ cause }) => cause), [
    "later cannot be said: an InferenceGraph has no word for it",
  ]);
});

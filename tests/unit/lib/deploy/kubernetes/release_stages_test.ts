import { deepStrictEqual } from "node:assert/strict";
import { stagesOf } from "../../../../../lib/deploy/kubernetes/release_stages.ts";
import { functionOf } from "../../../../support/releases.ts";

function stages(functions: Record<string, { reads?: string[]; publishes?: string[] }>): string[][] {
  const release = {
    functions: Object.entries(functions).map(([name, { reads = [], publishes = [] }]) =>
      functionOf(name, { streams: reads.map((path) => ({ path, group: name })), publishes })
    ),
  };
  return stagesOf(release).map((stage) => stage.map(({ name }) => name));
}

Deno.test("stagesOf() has who reads a stream ready before who publishes to it, and others at once", () => {
  const [a, b] = ["kafka://b/a", "kafka://b/b"];
  deepStrictEqual(
    stages({
      shop: { publishes: [a] },
      bill: { reads: [a], publishes: [b] },
      tell: { reads: [a] },
      pay: { reads: [b] },
    }),
    [["tell", "pay"], ["bill"], ["shop"]],
  );
  deepStrictEqual(stages({ shop: {}, bill: { reads: ["kafka://others/topic"] } }), [["shop", "bill"]]);
});

Deno.test("stagesOf() has a ring come at once, and a function that reads what it publishes by itself", () => {
  const [a, b] = ["kafka://b/a", "kafka://b/b"];
  deepStrictEqual(stages({ one: { reads: [a], publishes: [b] }, two: { reads: [b], publishes: [a] }, shop: {} }), [
    ["shop"],
    ["one", "two"],
  ]);
  deepStrictEqual(stages({ loop: { reads: [a], publishes: [a] } }), [["loop"]]);
});

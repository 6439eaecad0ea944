import { deepStrictEqual } from "node:assert/strict";
import { queue, serving, type ServingFunction } from "levada";
import { parseAllDocuments } from "yaml";
import { objectsOf } from "../../../../../../lib/deploy/kubernetes/objects/release_objects.ts";
import { releaseOf } from "../../../../../../lib/deploy/kubernetes/release_of.ts";
import { bundleOf } from "../../../../../support/bundle_of.ts";
import { EVERYTHING } from "../../../../../support/cluster/everything.ts";

const WANTED = new URL("everything.yaml", import.meta.url);

/** A function that asks for all that a cluster can give, and a child that asks for nothing. */
function shop(): ServingFunction {
  const fn = serving("shop", EVERYTHING).addChildFunction("bill");
  fn.setTopology("flow").to("times", (n: number) => 2 * n).respond()
    .to("q", queue({ path: "kafka://b/totals" }))
    .to("bill", (n: number) => n, { function: "bill" });
  return fn;
}

Deno.test("objectsOf() makes of each option what everything.yaml says, and nothing else", async () => {
  const release = await releaseOf('deploy "shop"', bundleOf(shop()), {
    namespace: "market",
    image: "registry.test/levada:0.1.0",
    imagePullSecrets: ["registry"],
  });
  const objects = objectsOf(release).filter(({ kind }) => kind !== "ConfigMap"); // what it holds is packed
  const wanted = parseAllDocuments(await Deno.readTextFile(WANTED)).map((document) => document.toJS());
  deepStrictEqual(JSON.parse(JSON.stringify(objects)), wanted);
});

import { deepStrictEqual } from "node:assert/strict";
import { queue, serving } from "levada";
import { parseAllDocuments } from "yaml";
import { type Bundle, MANIFEST } from "../../../../../../lib/bundle/bundle.ts";
import { objectsOf } from "../../../../../../lib/deploy/kubernetes/objects/release_objects.ts";
import { releaseOf } from "../../../../../../lib/deploy/kubernetes/release_of.ts";
import { describeUnits } from "../../../../../../lib/functions/describe_units.ts";

const EVERYTHING = new URL("everything.yaml", import.meta.url);

/** A function that asks for all that a cluster can give, and a child that asks for nothing. */
function bundle(): Bundle {
  const fn = serving("shop", {
    env: { SHELF: "top" },
    serve: { limits: { maxConcurrent: 8 }, graceMs: 10_000, logLevel: "warn" },
    resources: { cpu: 2, memory: "1Gi", gpu: 1 },
    cluster: {
      replicas: { min: 2, max: 4, cpu: 60 },
      secretNames: ["keys"],
      envFrom: [{ configMapName: "settings" }, { secretName: "more" }],
      ingress: {
        host: "shop.test",
        path: "/shop",
        className: "nginx",
        tlsSecretName: "shop-tls",
        annotations: { "a.test/b": "c" },
        from: [{ app: "nginx" }],
      },
      from: [{ team: "orders" }],
      nodeSelector: { disk: "fast" },
      tolerations: [{ key: "gpu", operator: "Exists", effect: "NoSchedule" }],
      rollout: "old-first",
      user: "assigned",
    },
  }).addChildFunction("bill");
  fn.setTopology("flow").to("times", (n: number) => 2 * n).respond()
    .to("q", queue({ path: "kafka://b/totals" }))
    .to("bill", (n: number) => n, { function: "bill" });
  const manifest = {
    levada: "bundle/1",
    function: JSON.parse(JSON.stringify(fn)),
    feeds: describeUnits(fn).feeds,
    versions: { levada: "0.1.0" },
  };
  const bytes = new TextEncoder().encode(JSON.stringify(manifest));
  return { name: fn.name, revision: "0123456789ab", files: new Map([[MANIFEST, bytes]]) };
}

Deno.test("objectsOf() makes of each option what everything.yaml says, and nothing else", async () => {
  const release = await releaseOf('deploy "shop"', bundle(), {
    namespace: "market",
    image: "registry.test/levada:0.1.0",
    imagePullSecrets: ["registry"],
  });
  const objects = objectsOf(release).filter(({ kind }) => kind !== "ConfigMap"); // what it holds is packed
  const wanted = parseAllDocuments(await Deno.readTextFile(EVERYTHING)).map((document) => document.toJS());
  deepStrictEqual(JSON.parse(JSON.stringify(objects)), wanted);
});

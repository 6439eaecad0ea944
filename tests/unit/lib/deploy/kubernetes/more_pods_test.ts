import { deepStrictEqual } from "node:assert/strict";
import { morePods } from "../../../../../lib/deploy/kubernetes/more_pods.ts";

/** A Deployment; one that a server gives has amounts in its own way. */
function deployment(replicas: number | undefined, { revision = "1", resources = {}, maxSurge = 1 } = {}) {
  const labels = { "levada.dev/revision": revision };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "shop" },
    spec: {
      replicas,
      strategy: { rollingUpdate: { maxSurge } },
      template: { metadata: { labels }, spec: { containers: [{ image: "x:1", resources }] } },
    },
  };
}

Deno.test("morePods() are those to stay, and the one that comes before an old one goes", () => {
  const wished = { resources: { requests: { cpu: "0.1" }, limits: {} } };
  const there = { resources: { requests: { cpu: "100m" } } };
  const of = (...[one, other]: [ReturnType<typeof deployment>, ReturnType<typeof deployment>?]) => {
    const { staying, surging, isReplaced } = morePods(one, other);
    return [staying, surging, isReplaced];
  };
  deepStrictEqual(of(deployment(3)), [3, 0, false]);
  deepStrictEqual(of(deployment(undefined)), [1, 0, false]);
  deepStrictEqual(of(deployment(3, wished), deployment(1, there)), [2, 0, false]);
  deepStrictEqual(of(deployment(undefined, wished), deployment(3, there)), [0, 0, false]);
  deepStrictEqual(of(deployment(1), deployment(3)), [0, 0, false]);
  deepStrictEqual(of(deployment(1, { revision: "2" }), deployment(1)), [0, 1, true]);
  deepStrictEqual(of(deployment(1), deployment(1, there)), [0, 1, true]);
  deepStrictEqual(of(deployment(1, { revision: "2", maxSurge: 0 }), deployment(1)), [0, 0, true]);
});

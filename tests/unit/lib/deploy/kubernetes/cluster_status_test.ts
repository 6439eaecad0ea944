import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { ClusterClient } from "../../../../../lib/deploy/cluster/cluster_client.ts";
import type { ClusterObject } from "../../../../../lib/deploy/cluster/cluster_object.ts";
import { ClusterObjects } from "../../../../../lib/deploy/cluster/cluster_objects.ts";
import { clusterStatus } from "../../../../../lib/deploy/kubernetes/cluster_status.ts";
import type { DeployedReleases, Doing } from "../../../../../lib/deploy/kubernetes/deployed_releases.ts";
import { objectsOf } from "../../../../../lib/deploy/kubernetes/objects/release_objects.ts";
import { serveObjects } from "../../../../support/kept_objects.ts";
import { functionOf, releaseOfShop } from "../../../../support/releases.ts";

const ONE = releaseOfShop({ functions: [functionOf("shop", { cluster: { ingress: { host: "shop.test" } } })] });
const TWO = { ...ONE, revision: "ba9876543210" };
const READY = { replicas: 1, updatedReplicas: 1, availableReplicas: 1, observedGeneration: 1 };

/** How it is where all of ONE is there but what `gone` names, its Deployment is to run `wished`, and a pod of ONE answers. */
async function statusOf(
  { gone = [], wished = ONE, record = {} }: {
    gone?: readonly string[];
    wished?: typeof ONE;
    record?: Partial<DeployedReleases>;
  },
) {
  await using server = serveObjects();
  using client = new ClusterClient({ name: "test", server: server.url, namespace: "default" });
  const objects = new ClusterObjects(client);
  const isDeployment = ({ kind }: ClusterObject) => kind === "Deployment";
  const { spec: { template } } = objectsOf(ONE).find(isDeployment)!;
  const pod: ClusterObject = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "shop-1", namespace: ONE.namespace, labels: template.metadata.labels },
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }], containerStatuses: [{ ready: true }] },
  };
  const there = [
    ...objectsOf(ONE).filter((object) => !isDeployment(object)),
    ...objectsOf(wished).filter(isDeployment),
  ];
  for (const object of there.filter(({ kind }) => !gone.includes(kind))) {
    await objects.apply({ ...object, status: READY });
  }
  if (!gone.includes("Deployment")) await objects.apply(pod);
  const written = { current: ONE, previous: undefined, deployedAt: undefined, ...record };
  const status = (await clusterStatus(objects, ONE, { record: written, context: "test" }))!;
  const { state, revision, previous, reason } = status;
  return { state, revision, previous, reason };
}

Deno.test("clusterStatus() is ready where all is there that is written down, and not where nobody reaches it", async () => {
  const { revision } = ONE;
  deepStrictEqual(await statusOf({}), { state: "ready", revision, previous: undefined, reason: undefined });
  deepStrictEqual(await statusOf({ gone: ["Service", "Ingress"] }), {
    state: "failing",
    revision,
    previous: undefined,
    reason: "Service shop, Ingress shop are to be there, and gone: deploy it again",
  });
  const { state, reason } = await statusOf({ gone: ["NetworkPolicy"] });
  deepStrictEqual([state, reason], ["ready", "NetworkPolicy shop is to be there, and gone: deploy it again"]);
});

Deno.test("clusterStatus() tells which revision is to run, also while the pods of another still answer", async () => {
  const { state, revision, reason } = await statusOf({ wished: TWO });
  deepStrictEqual([state, revision], ["ready", ONE.revision]);
  strictEqual(
    reason,
    `function shop is to run revision ${TWO.revision}, and ConfigMap shop-release says ${ONE.revision} of shop: others have changed it. ` +
      "Deploy what is to run",
  );
});

Deno.test("clusterStatus() looks at doors where what is written down runs, and not where others have applied another revision", async () => {
  deepStrictEqual((await statusOf({ wished: TWO, gone: ["Ingress"] })).state, "ready");
  const doing = { what: "deploy", to: TWO.revision, backTo: "current" } as const;
  const { state } = await statusOf({ wished: TWO, gone: ["Ingress"], record: { doing } });
  deepStrictEqual(state, "failing", "what was broken off is not others'");
});

Deno.test("clusterStatus() tells another image of the same revision, which others have applied, and what a rollback leads to then", async () => {
  const wished = { ...ONE, image: "levada/runtime:0.1.1" };
  const { previous, reason } = await statusOf({ wished, record: { previous: TWO } });
  strictEqual(previous, ONE.revision);
  strictEqual(
    reason,
    `function shop runs revision ${ONE.revision} by image levada/runtime:0.1.1, and ConfigMap shop-release says ${ONE.revision} ` +
      "by image levada/runtime:0.1.0 of shop: others have changed it. Deploy what is to run",
  );
  const back = await statusOf({ record: { current: TWO, previous: ONE } });
  strictEqual(back.previous, undefined, "it runs already");
});

Deno.test("clusterStatus() tells what was broken off, and what a rollback leads to then", async () => {
  const told = async (doing: Doing, gone: readonly string[] = []) => {
    const { state, previous, reason = "" } = await statusOf({ record: { current: TWO, previous: ONE, doing }, gone });
    return [state, previous, reason.split(",")[0]];
  };
  deepStrictEqual(await told({ what: "deploy", to: "aaaaaaaaaaaa", backTo: "current" }), [
    "ready",
    TWO.revision,
    "revision aaaaaaaaaaaa is being deployed",
  ]);
  deepStrictEqual(await told({ what: "rollback", to: ONE.revision, backTo: "previous" }), [
    "ready",
    undefined,
    `it is being rolled back to revision ${ONE.revision}`,
  ]);
  deepStrictEqual(await told({ what: "prune", to: ONE.revision, backTo: "previous" }), [
    "ready",
    undefined,
    `revision ${ONE.revision} runs`,
  ]);
  const going = ["Ingress", "Deployment"];
  deepStrictEqual(await told({ what: "delete", backTo: "current" }, going), [
    "stopped",
    undefined,
    "it is being deleted",
  ]);
});

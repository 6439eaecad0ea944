import { deepStrictEqual } from "node:assert/strict";
import { ClusterClient } from "../../../../../lib/deploy/cluster/cluster_client.ts";
import type { ClusterObject } from "../../../../../lib/deploy/cluster/cluster_object.ts";
import { ClusterObjects } from "../../../../../lib/deploy/cluster/cluster_objects.ts";
import { keyOf } from "../../../../../lib/deploy/kubernetes/live_objects.ts";
import { lastGood, putBack } from "../../../../../lib/deploy/kubernetes/put_back.ts";
import { objectsOf } from "../../../../../lib/deploy/kubernetes/objects/release_objects.ts";
import { serveObjects } from "../../../../support/kept_objects.ts";
import { functionOf, releaseOfShop } from "../../../../support/releases.ts";

const FIELDS = { "f:spec": { "f:ours": {} } };
const LEVADA = { manager: "levada", operation: "Apply", fieldsV1: FIELDS };
const KUBECTL = { manager: "kubectl", operation: "Update", fieldsV1: { "f:spec": { "f:theirs": {} } } };

/** As an object stood there. */
function stood(apiVersion: string, kind: string, spec: object = {}): ClusterObject {
  const metadata = { name: "shop", uid: `${kind}-1`, managedFields: [LEVADA, KUBECTL] };
  return { apiVersion, kind, metadata, spec: { ours: 1, theirs: 2, ...spec } };
}

const RELEASE = releaseOfShop({ functions: [functionOf("shop", { cluster: { ingress: { host: "shop.test" } } })] });
const SCALER = stood("autoscaling/v2", "HorizontalPodAutoscaler");

/** What is written where these stood there, and all of the release has been applied since; and then `since`. */
async function written(
  there: readonly ClusterObject[],
  { force = false, own = [] as ClusterObject[], since = [] as ClusterObject[] } = {},
) {
  await using server = serveObjects();
  using client = new ClusterClient({ name: "test", server: server.url, namespace: "default" });
  const objects = new ClusterObjects(client);
  for (const object of [...objectsOf(RELEASE), ...since]) await objects.apply(object);
  server.got.length = 0;
  const live = { own, wished: new Map(there.map((object) => [keyOf(object), object])) };
  await putBack('deploy "shop"', objects, { release: RELEASE, live, force, record: undefined, good: undefined });
  return {
    left: server.objects.size,
    calls: server.got.filter(({ method, path }) => method !== "GET" && !path.includes("/shop-release")).map(
      ({ method, path, body }) => {
        const { pathname, searchParams } = new URL(path, server.url);
        const name = pathname.split("/").slice(-2).join("/");
        return [
          method,
          name,
          searchParams.get("fieldManager"),
          method === "DELETE" ? undefined : JSON.parse(body).spec,
        ];
      },
    ),
  };
}

/** By whom the number of pods was said. */
function counted(replicas: number, manager: string, operation: string): ClusterObject {
  const object = stood("apps/v1", "Deployment", { replicas });
  const said = { manager, operation, fieldsV1: { "f:spec": { "f:replicas": {} } } };
  const metadata = { ...object.metadata, namespace: "market", managedFields: [LEVADA, said] };
  return { ...object, metadata };
}

Deno.test("putBack() leaves the pods that an autoscaler has given since, and says its number again where the deploy said another", async () => {
  const stood = counted(1, "kube-controller-manager", "Update");
  const numbers = async (since: ClusterObject, there = stood) =>
    (await written([there], { since: [since] })).calls.filter(([, name]) => name === "deployments/shop")
      .map(([, , manager, spec]) => [manager, spec.replicas]);
  deepStrictEqual(await numbers(counted(4, "kube-controller-manager", "Update")), [["levada", undefined]]);
  deepStrictEqual(await numbers(counted(4, "levada", "Apply")), [["levada-scale", 1], ["levada", undefined]]);
  const [one, none] = [counted(1, "levada-scale", "Apply"), counted(0, "kube-controller-manager", "Update")];
  deepStrictEqual(await numbers(one, none), [["levada-scale", 0], ["levada", undefined]]); // it had one while it was tried
  deepStrictEqual(await numbers(one, one), [["levada", undefined]]);
});

Deno.test("putBack() applies what Levada had said of what stood there, holds the pods, and removes what the deploy made", async () => {
  const { calls, left } = await written([stood("apps/v1", "Deployment", { replicas: 3 }), stood("v1", "Service")], {
    own: [SCALER],
    since: [counted(2, "levada", "Apply")],
  });
  deepStrictEqual(calls.slice(0, 5), [
    ["PATCH", "services/shop", "levada", { ours: 1 }],
    ["PATCH", "deployments/shop", "levada-scale", { replicas: 3 }],
    ["PATCH", "deployments/shop", "levada", { ours: 1 }],
    ["PATCH", "horizontalpodautoscalers/shop", "levada", { ours: 1 }], // it had to go before another number was said
    ["DELETE", "ingresses/shop", null, undefined],
  ]);
  deepStrictEqual(calls.slice(5).map(([method, name]) => `${method} ${name}`).sort(), [ // at once
    "DELETE configmaps/shop-0123456789ab",
    "DELETE networkpolicies/shop",
    "DELETE serviceaccounts/shop",
  ]);
  deepStrictEqual(left, 3);
});

Deno.test("putBack() gives back what was taken over by force, and leaves nothing where nothing was", async () => {
  const { calls } = await written([stood("v1", "Service")], { force: true });
  deepStrictEqual(calls.filter(([method]) => method === "PATCH"), [
    ["PATCH", "services/shop", "levada", { ours: 1, theirs: 2 }],
  ]);
  deepStrictEqual((await written([])).left, 0);
});

Deno.test("putBack() gives back what was taken over of somebody whose word holds under his own name, so that his next one is no conflict", async () => {
  const fieldsV1 = { "f:spec": { "f:theirs": {}, "f:replicas": {} } };
  const flux = { manager: "kustomize-controller", operation: "Apply", fieldsV1 };
  const object = stood("apps/v1", "Deployment", { replicas: 3 });
  const theirs = { ...object, metadata: { ...object.metadata, managedFields: [flux] } };
  const { calls } = await written([theirs], { force: true });
  deepStrictEqual(calls.filter(([method]) => method === "PATCH"), [
    ["PATCH", "deployments/shop", "kustomize-controller", { theirs: 2, replicas: 3 }],
    ["PATCH", "deployments/shop", "levada", undefined],
  ]);
});

Deno.test("putBack() has what was ready last stand again after a deploy that was broken off, and writes down what still goes until it has gone", async () => {
  await using server = serveObjects();
  using client = new ClusterClient({ name: "test", server: server.url, namespace: "default" });
  const objects = new ClusterObjects(client);
  const good = releaseOfShop();
  for (const object of objectsOf(RELEASE)) await objects.apply(object); // as a half has it, and then the next
  const doing = { what: "deploy", to: RELEASE.revision, backTo: "current" } as const;
  const record = { current: good, previous: RELEASE, deployedAt: undefined, doing };
  server.got.length = 0;
  const live = { own: [], wished: new Map() };
  await putBack('deploy "shop"', objects, { release: RELEASE, live, force: false, record, good });
  const told = server.got.filter(({ method }) => method !== "GET").map(({ method, path, body }) =>
    path.includes("/shop-release")
      ? JSON.parse(JSON.parse(body).data["release.json"]).doing?.what
      : `${method} ${path.split("?")[0]!.split("/").at(-2)}`
  );
  deepStrictEqual(told.slice(-3), ["prune", "DELETE ingresses", undefined]);
});

Deno.test("putBack() after a rollback that was broken off leaves what it led to, and that it goes on when it is asked for again", async () => {
  await using server = serveObjects();
  using client = new ClusterClient({ name: "test", server: server.url, namespace: "default" });
  const objects = new ClusterObjects(client);
  const good = releaseOfShop({ code: { kind: "image", folder: "/bundle" } });
  const bad = releaseOfShop({ revision: "ba9876543210", code: good.code });
  const doing = { what: "rollback", to: good.revision, backTo: "previous" } as const;
  const record = { current: bad, previous: good, deployedAt: undefined, doing };
  const [deployment] = objectsOf(good).filter(({ kind }) => kind === "Deployment") as [ClusterObject];
  const liveWith = (ready: number) => {
    const status = { updatedReplicas: 1, replicas: 1, availableReplicas: ready };
    return { own: [], wished: new Map([[keyOf(deployment), { ...deployment, status }]]) };
  };
  const live = liveWith(1);
  deepStrictEqual(await lastGood("roll back", objects, record, live), good);
  deepStrictEqual(await lastGood("roll back", objects, record, liveWith(0)), bad, "it does not answer");
  const deploying = { ...record, doing: { what: "deploy", to: "1", backTo: "current" } } as const;
  deepStrictEqual(await lastGood("roll back", objects, deploying, live), bad);
  await putBack("roll back", objects, { release: good, live, force: false, record, good });
  const written = [...server.objects].find(([path]) => path.includes("/shop-release"))![1] as unknown as {
    data: Record<string, string>;
  };
  deepStrictEqual(JSON.parse(written.data["release.json"]!).doing, doing);
  const { spec } = [...server.objects].find(([path]) => path.endsWith("/deployments/shop"))![1] as ClusterObject;
  deepStrictEqual(spec.template.metadata.labels["levada.dev/revision"], good.revision);
});

Deno.test("putBack() by force says no number again that was written once, where an autoscaler has given more since", async () => {
  for (const manager of ["kubectl", "keda"]) {
    const { calls } = await written([counted(1, manager, "Update")], {
      force: true,
      since: [counted(4, "kube-controller-manager", "Update")],
    });
    const numbers = calls.filter(([, name]) => name === "deployments/shop").map((
      [, , who, spec],
    ) => [who, spec.replicas]);
    deepStrictEqual(numbers, [["levada", undefined]]);
  }
});

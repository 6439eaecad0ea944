import { deepStrictEqual, match, rejects } from "node:assert/strict";
import { ClusterClient } from "../../../../../../lib/deploy/cluster/cluster_client.ts";
import { ClusterObjects } from "../../../../../../lib/deploy/cluster/cluster_objects.ts";
import { type RolloutChange, watchRollout } from "../../../../../../lib/deploy/kubernetes/rollout/watch_rollout.ts";
import { aRelease } from "../../../../../support/a_release.ts";
import { serveLoopback } from "../../../../../support/loopback.ts";

// What no node of the tests does: pods that are given up again and again, webhooks that do not answer in time.

type Kind = "deployments" | "replicasets" | "pods";
type Told = readonly [kind: Kind, object: object];

const RESOURCES = [
  ["deployments", "Deployment"],
  ["replicasets", "ReplicaSet"],
  ["pods", "Pod"],
  ["events", "Event"],
].map(([name, kind]) => ({ name, kind, namespaced: true }));
const REVISION = { "deployment.kubernetes.io/revision": "1" };

function deployment(available: number, conditions: object[] = []): Told {
  const status = { observedGeneration: 1, updatedReplicas: 1, replicas: 1, availableReplicas: available, conditions };
  const metadata = { name: "shop", uid: "d", generation: 1, annotations: REVISION };
  return ["deployments", { metadata, spec: { replicas: 1 }, status }];
}

/** Of which what is wished now has no set of pods. */
function paused(): Told {
  const status = { observedGeneration: 1, replicas: 1, availableReplicas: 1 };
  const metadata = { name: "shop", namespace: "stage", uid: "d", generation: 1, annotations: REVISION };
  return ["deployments", { metadata, spec: { replicas: 1, paused: true }, status }];
}

const SET: Told = ["replicasets", {
  metadata: { name: "shop-1", uid: "s", annotations: REVISION, ownerReferences: [{ uid: "d" }] },
}];

function pod(name: string, phase = "Pending"): Told {
  const status = { phase, reason: phase === "Failed" ? "Evicted" : undefined, message: `the disk of ${name} is full` };
  return ["pods", { metadata: { name, uid: name, ownerReferences: [{ uid: "s" }] }, status }];
}

/** Watches a rollout at a server where this is, and where these come to be, one after the other. */
async function watched(there: readonly Told[], come: readonly Told[]): Promise<RolloutChange[]> {
  let version = 1;
  const streams = new Map<string, ReadableStreamDefaultController<Uint8Array>>();
  const ready = Promise.withResolvers<void>();
  await using server = serveLoopback(({ path }) => {
    const url = new URL(path, "http://a");
    const kind = url.pathname.split("/").at(-1)!;
    if (kind === "v1") return Response.json({ resources: RESOURCES });
    if (url.searchParams.has("watch")) {
      const body = new ReadableStream<Uint8Array>({ start: (controller) => void streams.set(kind, controller) });
      if (streams.size === 3) ready.resolve();
      return new Response(body);
    }
    const items = there.filter(([one]) => one === kind).map(([, object]) => object);
    return Response.json({ metadata: { resourceVersion: "1" }, items });
  });
  using client = new ClusterClient({ name: "test", server: server.url, namespace: "stage" });
  const changes: RolloutChange[] = [];
  const watching = watchRollout({
    act: 'deploy "shop"',
    release: aRelease(),
    client,
    objects: new ClusterObjects(client),
    deadlineMs: 10_000,
    onChange: (change) => changes.push(change),
  });
  const telling = ready.promise.then(() => {
    for (const [kind, object] of come) {
      const { metadata } = object as { metadata: object };
      const told = {
        type: "MODIFIED",
        object: { ...object, metadata: { ...metadata, resourceVersion: String(++version) } },
      };
      streams.get(kind)!.enqueue(new TextEncoder().encode(`${JSON.stringify(told)}\n`));
    }
  });
  await Promise.all([watching, telling]);
  return changes;
}

Deno.test("watchRollout() is done when its pods are, whatever lies about of before, and whoever was evicted once", async () => {
  const old = [deployment(0), SET, pod("a", "Failed"), pod("b", "Failed"), pod("c", "Failed")];
  const changes = await watched(old, [pod("d", "Failed"), pod("e"), deployment(1)]);
  deepStrictEqual(changes.at(-1)!.isReady, true);
});

Deno.test("watchRollout() gives up where pods are given up one after the other, with the last one's words", async () => {
  await rejects(watched([deployment(0), SET], [pod("a", "Failed"), pod("b", "Failed"), pod("c", "Failed")]), {
    name: "DeployError",
    message: /function shop: 3 pods of it were given up one after the other: the disk of c is full/,
  });
});

Deno.test("watchRollout() tells at once what its controller has against it, and waits whether that passes", async () => {
  const message = 'failed calling webhook "a.test": context deadline exceeded';
  const refused = [{ type: "ReplicaFailure", status: "True", message }];
  const changes = await watched([deployment(0), SET], [deployment(0, refused), deployment(1)]);
  match(changes.map(({ reason }) => reason ?? "").join("\n"), /failed calling webhook/);
  deepStrictEqual(changes.at(-1)!.isReady, true);
});

Deno.test("watchRollout() tells at once that somebody has paused it, and not when its time is over", async () => {
  await rejects(watched([paused(), SET], []), {
    name: "DeployError",
    message: /function shop: somebody has paused it, .*`kubectl rollout resume deployment\/shop -n stage`$/,
  });
});

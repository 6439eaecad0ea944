import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { ClusterClient } from "../../../../../lib/deploy/cluster/cluster_client.ts";
import { ClusterObjects } from "../../../../../lib/deploy/cluster/cluster_objects.ts";
import { DeployLease } from "../../../../../lib/deploy/kubernetes/deploy_lease.ts";
import { FencedObjects } from "../../../../../lib/deploy/kubernetes/fenced_objects.ts";
import { type KeptObjects, refusal, serveObjects } from "../../../../support/kept_objects.ts";

const PATH = "/apis/coordination.k8s.io/v1/namespaces/market/leases/shop-deploy";
const PLACE = { name: "shop", namespace: "market" };
const TIMES = { durationSeconds: 1, renewMs: 20 };
const LABELS = { "app.kubernetes.io/managed-by": "levada", "app.kubernetes.io/part-of": "shop" };
const AGO = "2020-01-01T00:00:00.000000Z";

interface Lab {
  readonly server: KeptObjects;
  readonly client: ClusterClient;
  readonly take: (wish?: Partial<Parameters<typeof DeployLease.take>[2]>) => Promise<DeployLease>;
}

async function withServer(test: (lab: Lab) => Promise<void>): Promise<void> {
  await using server = serveObjects();
  using client = new ClusterClient({ name: "test", server: server.url, namespace: "default" });
  const objects = new ClusterObjects(client);
  await test({
    server,
    client,
    take: (wish) => DeployLease.take('deploy "shop"', objects, { ...PLACE, times: TIMES, ...wish }),
  });
}

/** Somebody else's. */
function lease(spec: object) {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "shop-deploy", namespace: "market", labels: LABELS, uid: "u", resourceVersion: "7" },
    spec: {
      holderIdentity: "ann@there (process 9)",
      acquireTime: AGO,
      renewTime: AGO,
      leaseDurationSeconds: 1,
      ...spec,
    },
  };
}

async function untilLost(held: DeployLease): Promise<Error> {
  if (!held.lost.aborted) await new Promise((go) => held.lost.addEventListener("abort", go, { once: true }));
  return held.lost.reason;
}

Deno.test("take() holds a lease that it renews, and removes the version that it holds", async () => {
  await withServer(async ({ server, take }) => {
    {
      await using held = await take();
      const { metadata: { resourceVersion } } = server.objects.get(PATH)!;
      while (server.objects.get(PATH)!.metadata.resourceVersion === resourceVersion) await pause(5);
      await held.check();
      match(server.objects.get(PATH)!.spec.holderIdentity, /@.+ \(process \d+\)$/);
    }
    strictEqual(server.objects.size, 0);
    const { preconditions } = JSON.parse(server.got.findLast(({ method }) => method === "DELETE")!.body);
    deepStrictEqual(Object.keys(preconditions), ["uid", "resourceVersion"]);
  });
});

Deno.test("take() refuses where another renews it, by that one's name, whatever its clock says", async () => {
  await withServer(async ({ server, take }) => {
    server.objects.set(PATH, lease({})); // by its times it ended years ago
    let asked = 0;
    server.instead = ({ method, path }) => {
      if (method === "GET" && path === PATH && ++asked === 2) {
        const { metadata, ...rest } = lease({});
        server.objects.set(PATH, { ...rest, metadata: { ...metadata, resourceVersion: "8" } });
      }
      return undefined;
    };
    await rejects(take(), {
      name: "DeployError",
      message: `Cannot deploy "shop": ann@there (process 9) changes it since ${AGO}. Wait for it, or look what it does`,
    });
    ok(!server.got.some(({ method }) => method === "PUT"));
  });
});

Deno.test("take() takes what nobody has renewed for its duration, though its clock is ahead", async () => {
  await withServer(async ({ server, take }) => {
    server.objects.set(PATH, lease({ renewTime: "2099-01-01T00:00:00.000000Z" }));
    const told: string[] = [];
    await using held = await take({ onWait: (note) => told.push(note) });
    await held.check();
    deepStrictEqual(told, [
      `ann@there (process 9) changes it since ${AGO}, or was killed: where nothing is heard of that one for 1 s this goes on …`,
    ]);
  });
});

Deno.test("take() says who was faster", async () => {
  await withServer(async ({ server, take }) => {
    server.instead = ({ method }) => {
      if (method === "POST") server.objects.set(PATH, lease({}));
      return undefined;
    };
    await rejects(take(), /: ann@there \(process 9\) has just begun to change it/);
  });
});

Deno.test("a lease that another has taken is lost, by that one's name, and stays that one's", async () => {
  await withServer(async ({ server, client, take }) => {
    {
      await using held = await take();
      server.objects.set(PATH, lease({}));
      const why = await untilLost(held);
      strictEqual(why.name, "DeployError");
      match(
        why.message,
        /^Cannot deploy "shop": ann@there \(process 9\) has begun to change it, at 2020-.*nothing is put back/,
      );
      await rejects(held.check(), /ann@there/);
      const fenced = new FencedObjects(client, held);
      const config = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "one", namespace: "market" } };
      await rejects(fenced.apply(config), /ann@there/);
      await rejects(fenced.remove({ apiVersion: "v1", kind: "ConfigMap", namespace: "market", name: "one" }), /ann@/);
    }
    strictEqual(server.objects.get(PATH)!.spec.holderIdentity, "ann@there (process 9)");
    ok(!server.got.some(({ method }) => method === "DELETE" || method === "PATCH"));
  });
});

Deno.test("a lease that was removed is lost; one whose version alone is another is held on", async () => {
  await withServer(async ({ server, take }) => {
    await using held = await take();
    const there = server.objects.get(PATH)!;
    const version = `${there.metadata.resourceVersion}0`;
    server.objects.set(PATH, { ...there, metadata: { ...there.metadata, resourceVersion: version } });
    while (server.objects.get(PATH)!.metadata.resourceVersion === version) await pause(5);
    await held.check();
    server.objects.delete(PATH);
    match((await untilLost(held)).message, /somebody has removed its lease/);
  });
});

Deno.test("a lease that cannot be renewed is doubted when another could have it soon, and held again when the server says that nobody has", async () => {
  await withServer(async ({ server, client, take }) => {
    await using held = await take();
    let failed = 0;
    server.instead = ({ method }) => method === "PUT" && ++failed ? refusal(500) : undefined;
    while (failed < 3) await pause(5);
    await held.check();
    const { doubted } = held;
    while (!doubted.aborted) await pause(5);
    await rejects(held.check(), { name: "ClusterError", status: 500 });
    const fenced = new FencedObjects(client, held);
    const one = { apiVersion: "v1", kind: "ConfigMap", namespace: "market", name: "one" };
    const changing = fenced.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: one });
    const before = failed;
    while (failed < before + 3) await pause(5);
    server.instead = ({ method }) => method === "PUT" && ++failed ? refusal(403) : undefined; // a server that comes back may know no rights at first
    while (failed < before + 6) await pause(5);
    ok(!server.got.some(({ method }) => method === "PATCH"), "nothing is changed as long as nobody knows");
    server.instead = () => undefined;
    await changing; // for longer than the lease lasts nobody has renewed it, and nobody has taken it
    await held.check();
    deepStrictEqual([held.lost.aborted, held.doubted.aborted], [false, false]);
  });
});

Deno.test("a lease that another takes while the server is away is lost, by that one's name", async () => {
  await withServer(async ({ server, take }) => {
    await using held = await take();
    server.instead = ({ path }) => path.startsWith(PATH) ? refusal(503) : undefined;
    const { doubted } = held;
    while (!doubted.aborted) await pause(5);
    server.objects.set(PATH, lease({}));
    server.instead = () => undefined;
    await rejects(held.check(), /ann@there \(process 9\) has begun to change it/);
  });
});

Deno.test("a renewal whose answer is lost is found again by its version", async () => {
  await withServer(async ({ server, take }) => {
    await using held = await take({ times: { durationSeconds: 1, renewMs: 1_000_000 } });
    const there = server.objects.get(PATH)!;
    server.objects.set(PATH, { ...there, metadata: { ...there.metadata, resourceVersion: "1000" } });
    await pause(700);
    await held.check();
    strictEqual(server.got.filter(({ method }) => method === "PUT").length, 2);
  });
});

Deno.test("check() after a sleep goes on where nobody has taken the lease meanwhile, and names who has", async () => {
  await withServer(async ({ server, take }) => {
    await using held = await take({ times: { durationSeconds: 1, renewMs: 1_000_000 } });
    await pause(700); // as a machine that sleeps: nothing is renewed
    await held.check();
    server.objects.set(PATH, lease({}));
    await pause(700);
    await rejects(held.check(), /ann@there \(process 9\) has begun to change it/);
  });
});

Deno.test("take() leaves a lease of others alone", async () => {
  await withServer(async ({ server, take }) => {
    const { metadata, ...rest } = lease({ holderIdentity: "" });
    server.objects.set(PATH, { ...rest, metadata: { ...metadata, labels: {} } });
    await rejects(take(), /: Lease market\/shop-deploy is there, and is none of this deployment/);
  });
});

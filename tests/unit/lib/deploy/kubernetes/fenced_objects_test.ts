import { ok, rejects, strictEqual } from "node:assert/strict";
import { ClusterClient } from "../../../../../lib/deploy/cluster/cluster_client.ts";
import { ClusterError } from "../../../../../lib/deploy/cluster/cluster_error.ts";
import { FencedObjects, type FencedOptions } from "../../../../../lib/deploy/kubernetes/fenced_objects.ts";
import { putBack } from "../../../../../lib/deploy/kubernetes/put_back.ts";
import { objectsOf } from "../../../../../lib/deploy/kubernetes/objects/release_objects.ts";
import { type KeptObjects, refusal, serveObjects } from "../../../../support/kept_objects.ts";
import { releaseOfShop } from "../../../../support/releases.ts";

const OBJECT = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "shop", namespace: "market" } };
const NAME = { apiVersion: "v1", kind: "ConfigMap", name: "shop", namespace: "market" };

interface Lab {
  readonly objects: FencedObjects;
  readonly server: KeptObjects;
  readonly lease: { doubted: AbortSignal; check(): Promise<void> };
  /** Ends the lease. */
  lose(): void;
}

async function withLab(test: (lab: Lab) => Promise<void>, options?: FencedOptions): Promise<void> {
  await using server = serveObjects();
  using client = new ClusterClient({ name: "test", server: server.url, namespace: "default" });
  const losing = new AbortController();
  const lease = {
    lost: losing.signal,
    doubted: new AbortController().signal,
    check: async () => await Promise.resolve(losing.signal.throwIfAborted()),
  };
  await test({
    server,
    lease,
    objects: new FencedObjects(client, lease, options),
    lose: () => losing.abort(new Error("lost")),
  });
}

/** An answer whose connection is cut in the middle. */
function broken(): Response {
  return new Response(new ReadableStream({ pull: (stream) => stream.error(new Error("cut")) }));
}

/** Answers so in its place, one after the other, whoever asks for objects; 0 is none. */
function first(server: KeptObjects, statuses: readonly number[]): void {
  const left = [...statuses];
  server.instead = ({ path }) => {
    const status = path.includes("/namespaces/") ? left.shift() : undefined;
    return status === undefined ? undefined : status === 0 ? broken() : refusal(status);
  };
}

Deno.test("FencedObjects asks again where the server has a bad moment, and not where it says no", () =>
  withLab(async ({ objects, server }) => {
    first(server, [500, 429, 503]);
    await objects.apply(OBJECT);
    first(server, [502, 0]);
    strictEqual((await objects.read(NAME))?.metadata.name, "shop");
    first(server, [503]);
    strictEqual((await objects.list({ apiVersion: "v1", kind: "ConfigMap", namespace: "market" })).length, 1);
    first(server, [504]);
    await objects.remove(NAME);
    strictEqual(server.objects.size, 0);
    const before = server.got.length;
    for (const status of [403, 409, 422]) {
      first(server, [status]);
      await rejects(objects.apply(OBJECT), { name: "ClusterError", status });
    }
    strictEqual(server.got.length, before + 3);
  }));

Deno.test("FencedObjects gives up when its patience is over, or the lease is lost", async () => {
  await withLab(async ({ objects, server }) => {
    server.instead = ({ path }) => path.includes("/namespaces/") ? refusal(500) : undefined;
    await rejects(objects.apply(OBJECT), { name: "ClusterError", status: 500 });
    ok(server.got.filter(({ method }) => method === "PATCH").length > 1);
  }, { patienceMs: 400 });
  await withLab(async ({ objects, server, lose }) => {
    server.instead = ({ path }) => {
      if (!path.includes("/namespaces/")) return undefined;
      lose();
      return refusal(500);
    };
    await rejects(objects.apply(OBJECT), { message: "lost" });
  });
});

Deno.test("FencedObjects waits where nobody knows whether the lease is held, and asks again what was under way", () =>
  withLab(async ({ objects, server, lease }) => {
    const unknown = [new ClusterError("write Lease", "away", { status: 503 }), new ClusterError("write Lease", "away")];
    lease.check = async () =>
      await Promise.resolve().then(() => {
        const error = unknown.pop();
        if (error !== undefined) throw error;
      });
    await objects.apply(OBJECT);
    strictEqual(server.got.filter(({ method }) => method === "PATCH").length, 1);
    const doubting = new AbortController();
    lease.doubted = doubting.signal;
    server.instead = ({ method }) => {
      if (method !== "PATCH" || doubting.signal.aborted) return undefined;
      lease.doubted = new AbortController().signal;
      doubting.abort(new ClusterError("write Lease", "away"));
      return undefined;
    };
    await objects.apply(OBJECT);
    strictEqual(server.got.filter(({ method }) => method === "PATCH").length, 3);
  }));

Deno.test("going back goes on over a server that has a bad moment", () =>
  withLab(async ({ objects, server }) => {
    const release = releaseOfShop();
    const wished = objectsOf(release);
    for (const object of wished) await objects.apply(object);
    let isBad = true;
    server.instead = ({ path }) => (isBad = !isBad) && path.includes("/namespaces/") ? refusal(500) : undefined;
    const live = { own: [], wished: new Map() };
    await putBack('deploy "shop"', objects, { release, live, force: false, record: undefined, good: undefined });
    strictEqual(server.objects.size, 0);
  }));

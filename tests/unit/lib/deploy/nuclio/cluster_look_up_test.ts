import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { ClusterLookUp } from "../../../../../lib/deploy/nuclio/cluster_look_up.ts";
import type { PodTrouble } from "../../../../../lib/deploy/nuclio/nuclio_options.ts";
import { serveLoopback } from "../../../../support/loopback.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

/** At a real API server: conformance/cluster, subject `nuclio`. */

function kubeconfig(server: string, user: object = {}): string {
  return JSON.stringify({
    "current-context": "here",
    clusters: [{ name: "here", cluster: { server } }],
    users: [{ name: "here", user }],
    contexts: [{ name: "here", context: { cluster: "here", user: "here" } }],
  });
}

function pod(name: string, status: object, metadata: object = {}) {
  return { metadata: { name, ...metadata }, status };
}

const PULLING = {
  conditions: [{ type: "PodScheduled", status: "True" }],
  containerStatuses: [{ name: "nuclio", state: { waiting: { reason: "ErrImagePull", message: "not found" } } }],
};

/** What is seen of these pods by who is told these names. */
async function seen(pods: readonly object[], names: readonly string[]): Promise<PodTrouble | undefined> {
  await using folder = await temporaryFolder();
  await using server = serveLoopback(({ path }) =>
    Response.json(
      path === "/api/v1" ? { resources: [{ name: "pods", kind: "Pod", namespaced: true }] } : { items: pods },
    )
  );
  const file = join(folder.path, "config");
  await Deno.writeTextFile(file, kubeconfig(server.url));
  using looking = await ClusterLookUp.open({ kubeconfig: file });
  const signal = AbortSignal.timeout(30_000);
  return await looking!.lookUp({ namespace: "nuclio", labels: {}, names, signal });
}

Deno.test("ClusterLookUp tells of the worst pod that the dashboard names, and how many are ready", async () => {
  const ready = pod("a", { conditions: [{ type: "Ready", status: "True" }] });
  deepStrictEqual(await seen([ready, pod("b", PULLING), pod("c", {})], ["a", "b", "c"]), {
    reason: "its image cannot be had (ErrImagePull): not found",
    isFinal: true,
    lines: [],
    ready: 1,
  });
  strictEqual(await seen([ready, pod("b", PULLING)], ["a"]), undefined, "another's pods say nothing");
  strictEqual(await seen([pod("b", PULLING, { deletionTimestamp: "2026-01-01T00:00:00Z" })], ["b"]), undefined);
  strictEqual(await seen([pod("b", PULLING)], []), undefined);
});

Deno.test("ClusterLookUp.open() is undefined where nobody named a kubeconfig and there is none, and refuses one that is named and is none", async () => {
  await using folder = await temporaryFolder();
  const before = Deno.env.get("KUBECONFIG");
  Deno.env.set("KUBECONFIG", join(folder.path, "none"));
  try {
    strictEqual(await ClusterLookUp.open({}), undefined);
    await rejects(ClusterLookUp.open({ kubeconfig: join(folder.path, "none") }), /there is no kubeconfig/);
    await rejects(ClusterLookUp.open({ context: "nowhere" }), /there is no kubeconfig/);
  } finally {
    if (before === undefined) Deno.env.delete("KUBECONFIG");
    else Deno.env.set("KUBECONFIG", before);
  }
});

Deno.test("ClusterLookUp.open() waits for no program that takes its time, which nobody asked for", async () => {
  await using folder = await temporaryFolder();
  const go = join(folder.path, "go");
  const args = ["-c", `while [ ! -e ${go} ]; do sleep 0.05; done`];
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "sh", args };
  await Deno.writeTextFile(join(folder.path, "config"), kubeconfig("https://127.0.0.1:1", { exec }));
  const before = Deno.env.get("KUBECONFIG");
  Deno.env.set("KUBECONFIG", join(folder.path, "config"));
  try {
    using looking = await ClusterLookUp.open({});
    const wish = { namespace: "a", labels: {}, names: ["a"] };
    await rejects(looking!.lookUp({ ...wish, signal: AbortSignal.timeout(50) }), { name: "TimeoutError" });
    await Deno.writeTextFile(go, ""); // until now it has not ended
    await rejects(looking!.lookUp({ ...wish, signal: AbortSignal.timeout(30_000) }), /wrote no ExecCredential/);
  } finally {
    if (before === undefined) Deno.env.delete("KUBECONFIG");
    else Deno.env.set("KUBECONFIG", before);
  }
});

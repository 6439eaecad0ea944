import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { podAccess } from "../../../../../lib/deploy/cluster/pod_access.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

async function inPod(host: string, test: () => Promise<void>): Promise<void> {
  const names = ["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"];
  const before = names.map((name) => Deno.env.get(name));
  Deno.env.set(names[0]!, host);
  Deno.env.set(names[1]!, "6443");
  try {
    await test();
  } finally {
    for (const [index, name] of names.entries()) {
      if (before[index] === undefined) Deno.env.delete(name);
      else Deno.env.set(name, before[index]);
    }
  }
}

Deno.test("podAccess() reads a pod's account, and its token anew each time", async () => {
  await using folder = await temporaryFolder();
  const write = (name: string, text: string) => Deno.writeTextFile(join(folder.path, name), text);
  await Promise.all([write("ca.crt", "PEM"), write("namespace", "shop\n"), write("token", "one\n")]);
  await inPod("10.0.0.1", async () => {
    const { authorization, ...access } = (await podAccess(folder.path))!;
    const server = "https://10.0.0.1:6443";
    deepStrictEqual(access, { name: "the pod's own", server, namespace: "shop", authority: "PEM" });
    strictEqual(await authorization!(), "Bearer one");
    await write("token", "two");
    strictEqual(await authorization!(), "Bearer two");
  });
  await inPod("fd00::1", async () => strictEqual((await podAccess(folder.path))?.server, "https://[fd00::1]:6443"));
  await inPod("", async () => strictEqual(await podAccess(folder.path), undefined));
});

Deno.test("podAccess() says why a pod has no account", async () => {
  await using folder = await temporaryFolder();
  await inPod("10.0.0.1", async () => {
    await rejects(podAccess(folder.path), {
      name: "ClusterError",
      message:
        /^Cannot reach the cluster of this pod: it has no \S+, and its template may be without automountServiceAccountToken$/,
    });
  });
});

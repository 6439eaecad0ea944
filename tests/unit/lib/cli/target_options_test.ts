import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { join } from "node:path";
import { withDeployLab } from "../../../support/deployed.ts";
import { serveObjects } from "../../../support/kept_objects.ts";
import { checkWords, openPlace, readPlace, readTarget } from "../../../../lib/cli/target_options.ts";
import type { CommandContext } from "../../../../lib/cli/command.ts";
import { ProcessDeployment } from "../../../../lib/deploy/process/deployment.ts";

const NAMESPACE = "/namespaces/market";
const LABELS = {
  "app.kubernetes.io/managed-by": "levada",
  "app.kubernetes.io/part-of": "shop",
  "levada.dev/target": "kubernetes",
};

Deno.test("levada delete says for whom it waits, and how long, where a lease is there that nobody renews", async () => {
  await using server = serveObjects();
  server.instead = ({ path }) =>
    path.endsWith("/selfsubjectaccessreviews") ? Response.json({ status: { allowed: true } }) : undefined;
  const keep = (path: string, object: { readonly metadata: object; readonly kind: string; readonly spec?: object }) =>
    server.objects.set(path, {
      apiVersion: "v1",
      ...object,
      metadata: {
        name: "shop",
        namespace: "market",
        labels: LABELS,
        uid: "u",
        resourceVersion: "7",
        ...object.metadata,
      },
    });
  keep(`/api/v1${NAMESPACE}/configmaps/shop-code`, { kind: "ConfigMap", metadata: { name: "shop-code" } });
  keep(`/apis/coordination.k8s.io/v1${NAMESPACE}/leases/shop-deploy`, {
    kind: "Lease",
    metadata: { name: "shop-deploy" },
    spec: { holderIdentity: "ann@there (process 9)", acquireTime: "2020", leaseDurationSeconds: 1 },
  });
  await withDeployLab(async (lab) => {
    const kubeconfig = {
      "current-context": "test",
      contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
      clusters: [{ name: "test", cluster: { server: server.url } }],
      users: [{ name: "test", user: {} }],
    };
    await lab.write("config", JSON.stringify(kubeconfig));
    const env = { KUBECONFIG: join(lab.folder, "config") };
    deepStrictEqual(await lab.levada("delete", "shop", "--target", "kubernetes", "--namespace", "market", env), {
      code: 0,
      out:
        "  ann@there (process 9) changes it since 2020, or was killed: where nothing is heard of that one for 1 s this goes on …\nDeleted shop\n",
      err: "",
    });
    deepStrictEqual([...server.objects.keys()], []);
    const refused = await lab.levada("rollback", "shop", "--force");
    deepStrictEqual(
      [refused.code, refused.err.split("\n")[0]],
      [2, "levada rollback: --force is for --target kubernetes"],
    );
  });
});

Deno.test("readPlace() takes the words of its target, and refuses another's by its owner", () => {
  deepStrictEqual(readPlace({}), { target: "process" });
  deepStrictEqual(readPlace({ target: "kubernetes", namespace: "shop", dashboard: undefined }), {
    target: "kubernetes",
    namespace: "shop",
  });
  throws(() => readPlace({ target: "process", dashboard: "http://n" }), /--dashboard is for --target nuclio/);
  throws(() => readTarget("mars"), /there is no target "mars": it is process or kubernetes or nuclio/);
  throws(() => checkWords("nuclio", { force: true }), /--force is for --target kubernetes/);
});

Deno.test("openPlace() of this machine asks nobody", async () => {
  const context = { signal: new AbortController().signal } as CommandContext;
  const opened = await openPlace("shop", { target: "process" }, { ...context, onProgress: () => {} });
  strictEqual(opened instanceof ProcessDeployment, true);
});

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openDeployment } from "../../../lib/deploy/open_deployment.ts";
import { serveLoopback } from "../../support/loopback.ts";
import type { ClusterCase } from "./cluster_case.ts";
import { type ReleaseLab, times, withReleaseLab } from "./release_lab.ts";

const OURS = { "app.kubernetes.io/managed-by": "levada", "app.kubernetes.io/part-of": "shop" };

/** What preflight asks for where a function has neither autoscaler nor ingress, and no more. */
const RULES = [
  ["", ["serviceaccounts", "configmaps", "services"], ["get", "list", "create", "patch", "delete"]],
  ["networking.k8s.io", ["networkpolicies"], ["get", "list", "create", "patch", "delete"]],
  ["apps", ["deployments"], ["get", "list", "create", "patch", "delete", "watch"]],
  ["apps", ["replicasets"], ["list", "watch"]],
  ["", ["pods"], ["list", "watch"]],
  ["", ["pods/log"], ["get"]],
  ["coordination.k8s.io", ["leases"], ["get", "create", "update", "delete"]],
].map(([group, resources, verbs]) => ({ apiGroups: [group], resources, verbs }));

/** Whose objects are, and what becomes of them. */
export const OWNER_CASES: readonly ClusterCase[] = [{
  name:
    "objects of others that have its names are named and left alone; force takes what has no owner, and never what another deployment, target or controller has",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const apply = (object: object) => cluster.kubectl(["apply", "-n", lab.namespace, "-f", "-"], object);
      const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "shop", labels: { a: "b" } } };
      const service = {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "shop" },
        spec: { ports: [{ name: "old", port: 1 }] },
      };
      await apply(account);
      await apply(service);
      const foreign = {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "nuclio-shop", labels: OURS }, // as Nuclio hands on what its function has
        spec: {
          replicas: 0,
          selector: { matchLabels: { app: "other" } },
          template: { metadata: { labels: { app: "other" } }, spec: { containers: [{ name: "main", image: "x:1" }] } },
        },
      };
      await apply(foreign);
      await rejects(lab.deploy(times(2)), {
        name: "DeployError",
        message:
          /objects of others have its names, nothing is changed\n {2}ServiceAccount release-\d+\/shop is there: it has no label of this target, and was written by "kubectl[^]*Service release-\d+\/shop is there: [^]*Force takes it over/,
      });
      deepStrictEqual((await lab.read("serviceaccount", "shop")).metadata.labels, { a: "b" });
      deepStrictEqual((await lab.left("shop")).filter((name) => !name.endsWith("nuclio-shop")), []);

      await rejects(lab.deploy(times(2), { force: true, image: "registry.test/none:1" }), /its image cannot be had/);
      const { metadata } = await lab.read("serviceaccount", "shop");
      deepStrictEqual(metadata.labels, { a: "b" }, "what was taken over is given back");
      strictEqual((await lab.read("service", "shop")).spec.ports[0].port, 1);

      const deployment = await lab.deploy(times(2), { force: true });
      strictEqual(await deployment.invoke("/", 21), 42);
      await lab.deploy(times(3));
      await deployment.delete();
      deepStrictEqual((await lab.left("shop")).filter((name) => !name.startsWith("ReplicaSet")), [
        "Deployment nuclio-shop",
      ]);

      const own = times(2).replace('serving("shop"', 'serving("shop-api"');
      await lab.deploy(own);
      const child = `import { queue, serving } from "levada";
const fn = serving("shop").addChildFunction("api");
fn.setTopology("flow").to("one", (n: number) => n).respond().to("q", queue({ path: "kafka://broker.test:9092/q" }))
  .to("api", (n: number) => n, { function: "api" });
export default fn;
`;
      await rejects(lab.deploy(child, { force: true }), {
        message:
          /Deployment release-\d+\/shop-api is there: it is of deployment "shop-api"\. Name the function otherwise/,
      });
      const settled = times(2).replace('serving("shop"', 'serving("default"');
      await rejects(
        lab.deploy(settled, { force: true }),
        /ServiceAccount release-\d+\/default is there: it is the cluster's own/,
      );
    }),
}, {
  name:
    "what an earlier Levada has deployed, all of it owned by its record, is upgraded, hangs on that record no more, and is pruned and deleted",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const ingress = `{ cluster: { ingress: { host: "shop.test" } } }`;
      const deployment = await lab.deploy(times(2, { options: ingress }));
      await asEarlier(lab, times(2, { options: ingress }));
      const owners = async () => {
        const { items } = await lab.read(
          "deployments,services,configmaps,serviceaccounts",
          "-l",
          "app.kubernetes.io/part-of=shop",
        );
        return items.filter(({ metadata }: Named) => metadata.ownerReferences !== undefined)
          .map(({ kind, metadata }: Named) => `${kind} ${metadata.name}`.replace(/[0-9a-f]{12}$/, "…"));
      };
      deepStrictEqual((await owners()).sort(), [
        "ConfigMap shop-…",
        "Deployment shop",
        "Service shop",
        "ServiceAccount shop",
      ]);
      strictEqual((await deployment.status()).state, "ready");
      const upgraded = await lab.deploy(times(3));
      deepStrictEqual(await owners(), [], "the code of what ran before neither");
      ok(!(await lab.left("shop")).includes("Ingress shop"), "what is not asked for any more is pruned");
      await cluster.kubectl(["delete", "configmap", "shop-release", "-n", lab.namespace]);
      await pause(2_000);
      strictEqual(await upgraded.invoke("/", 21), 63);
      await lab.deploy(times(2));
      await asEarlier(lab, times(2));
      await deployment.delete();
      deepStrictEqual(await lab.left("shop"), []);
    }),
}, {
  name:
    "who may do exactly what is asked for deploys, is put back after a first deploy that fails, and deletes, but is refused where what runs has more; the same in a namespace that takes no more pods changes nothing",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const items = [
        { kind: "Role", metadata: { name: "deployer" }, rules: RULES },
        {
          kind: "RoleBinding",
          metadata: { name: "deployer" },
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "deployer" },
          subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "plain-user" }],
        },
      ].map((item) => ({ apiVersion: "rbac.authorization.k8s.io/v1", ...item }));
      await cluster.kubectl(["apply", "-n", lab.namespace, "-f", "-"], { apiVersion: "v1", kind: "List", items });
      const as = { kubeconfig: cluster.plainKubeconfig };
      await rejects(lab.deploy(times(2), { ...as, image: "registry.test/none:1" }), (error: Error) => {
        match(error.message, /its image cannot be had/);
        ok(!error.message.includes("going back failed"), error.message);
        return true;
      });
      deepStrictEqual(await lab.left("shop"), []);
      const deployment = await lab.deploy(times(2), as);
      strictEqual((await deployment.status()).state, "ready");
      const { notes } = await (await lab.plan(times(2), as)).plan();
      match(notes.join("\n"), /^who asks may not list .*Ingress \(networking\.k8s\.io\/v1\)/m);

      await lab.deploy(times(2, { options: `{ cluster: { ingress: { host: "shop.test" } } }` }));
      const missing =
        /list, create, patch, delete ingresses\.networking\.k8s\.io\. What runs has Ingress, which would be left there/;
      await rejects(lab.deploy(times(2), as), { name: "DeployError", message: missing });
      await rejects(async () => await (await lab.plan(times(2), as)).plan(), missing);
      const made = async () =>
        (await lab.left("shop")).filter((name) => !/^(Pod|ReplicaSet|EndpointSlice) /.test(name));
      const before = await made();
      await rejects(async () => await (await lab.plan(times(2), as)).delete(), /ingresses/);
      deepStrictEqual(await made(), before, "who may not delete all of it takes nothing away");
      ok(before.includes("Ingress shop"));
      await lab.deploy(times(2));
      ok(!(await lab.left("shop")).includes("Ingress shop"));

      const quota = {
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "few" },
        spec: { hard: { pods: "2" } },
      };
      await cluster.kubectl(["apply", "-n", lab.namespace, "-f", "-"], quota);
      await cluster.kubectl(["wait", "-n", lab.namespace, "--for=jsonpath={.status.used.pods}=1", "resourcequota/few"]);
      deepStrictEqual((await (await lab.plan(times(2))).plan()).changes, []);
      await rejects(
        async () => await (await lab.plan(times(2), { replicas: 3 })).plan(),
        /quota few of the namespace: pods is 2, 1 are used, and this takes 2 more/,
      );
      await deployment.delete();
      deepStrictEqual(await lab.left("shop"), []);
    }),
}, {
  name:
    "a record that somebody has changed is told, nothing of it is asked or sent anywhere, nobody is told to remove it, and the next deploy writes it anew",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const deployment = await lab.deploy(times(2));
      const { data } = await lab.read("configmap", "shop-release");
      const record = JSON.parse(data["release.json"]);
      const write = async (text: string) => {
        const labels = { ...OURS, "levada.dev/target": "kubernetes" };
        await cluster.kubectl(["apply", "-n", lab.namespace, "-f", "-"], {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "shop-release", labels },
          data: { "release.json": text },
        });
      };
      await using asked = serveLoopback(() => Response.json(0));
      const [fn] = record.current.functions;
      const host = new URL(asked.url).host;
      const hostile = { ...fn, settings: { tokens: ["PATH"] }, cluster: { ingress: { host } } };
      await write(JSON.stringify({ ...record, current: { ...record.current, functions: [hostile] } }));
      const { kubeconfig } = cluster;
      const opened = await openDeployment("shop", { target: "kubernetes", kubeconfig, namespace: lab.namespace });
      strictEqual(await opened.invoke("/", 21), 42);
      deepStrictEqual(asked.got, []);
      for (const text of ["null", '{"levada":"release/1","current":{}}', "no", '{"levada":"release/2"}']) {
        await write(text);
        const { state, reason, revision } = await opened.status();
        deepStrictEqual([state, revision], ["ready", record.current.revision]);
        match(reason ?? "", /ConfigMap release-\d+\/shop-release cannot be read \([^]*a deploy writes it anew$/);
        await rejects(opened.rollback(), /shop-release cannot be read \([^]*Deploy what is to run$/);
        match((await (await lab.plan(times(2))).plan()).notes.join("\n"), /shop-release cannot be read \(/);
        await rejects(lab.deploy(times(3), { image: "registry.test/none:1" }), /its image cannot be had/);
        strictEqual(await deployment.invoke("/", 21), 42);
      }
      await write("no");
      const after = await lab.deploy(times(3));
      strictEqual((await after.status()).reason, undefined);
      strictEqual(await after.invoke("/", 21), 63);
      await write("{}");
      await opened.delete();
      deepStrictEqual(await lab.left("shop"), []);
    }),
}, {
  name:
    "what an earlier Levada has deployed beside a record that nobody can read any more is freed of it before anything else, also by a deploy that fails",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const deployment = await lab.deploy(times(2));
      await asEarlier(lab, times(2));
      const patch = JSON.stringify({ data: { "release.json": "{}" } });
      await cluster.kubectl(["patch", "configmap", "shop-release", "-n", lab.namespace, "--type=merge", "-p", patch]);
      await rejects(lab.deploy(times(3), { image: "registry.test/none:1" }), (error: Error) => {
        match(error.message, /its image cannot be had/);
        ok(!/remove/.test(error.message), error.message);
        return true;
      });
      await cluster.kubectl(["delete", "configmap", "shop-release", "-n", lab.namespace, "--ignore-not-found"]);
      await pause(2_000);
      strictEqual(await deployment.invoke("/", 21), 42);
      const { metadata: { ownerReferences } } = await lab.read("deployment", "shop");
      deepStrictEqual(ownerReferences, undefined);
    }),
}, {
  name:
    "what others have made with its labels is named, and pruned by force alone; a forced deploy that fails gives what it took back to who syncs it",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const options = `{ cluster: { ingress: { host: "shop.test" } } }`;
      await lab.deploy(times(2, { options }));
      const { apiVersion, kind, spec, metadata: { labels } } = await lab.read("ingress", "shop");
      const copy = { apiVersion, kind, spec, metadata: { name: "handmade", labels } };
      await cluster.kubectl(["create", "-n", lab.namespace, "-f", "-"], copy);
      match(
        (await (await lab.plan(times(3))).plan()).notes.join("\n"),
        /handmade has its labels, and was written by "kub/,
      );
      await lab.deploy(times(3));
      const ingresses = async () => (await lab.left("shop")).filter((name) => name.startsWith("Ingress"));
      deepStrictEqual(await ingresses(), ["Ingress handmade"]);
      await lab.deploy(times(3), { force: true });
      deepStrictEqual(await ingresses(), []);

      const sync = async (factor: number) => {
        const module = await lab.write(`sync-${factor}/shop.ts`, times(factor, { options: `{ env: { DEBUG: "1" } }` }));
        const folder = join(dirname(module), "manifests");
        strictEqual((await lab.levada("manifests", module, "-o", folder, "--namespace", lab.namespace)).code, 0);
        await cluster.kubectl(["apply", "--server-side", "--field-manager", "kustomize-controller", "-f", folder]);
      };
      await (await lab.plan(times(3))).delete();
      await sync(2);
      const { changes } = await (await lab.plan(times(3), { force: true })).plan();
      match(changes.join("\n"), /\.env\[name="DEBUG"\]: is taken back from "kustomize-controller"$/m);
      await rejects(lab.deploy(times(3), { force: true, image: "registry.test/none:1" }), /its image cannot be had/);
      const [{ env }] = (await lab.read("deployment", "shop")).spec.template.spec.containers;
      ok(env.some(({ name }: { name: string }) => name === "DEBUG"), "it is given back");
      await sync(5);
      await cluster.kubectl(["rollout", "status", "deployment/shop", "-n", lab.namespace, "--timeout=60s"]);
      strictEqual(await (await lab.plan(times(5))).invoke("/", 21), 105);
    }),
}];

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly ownerReferences?: unknown };
}

/** Has all objects of a deployment be as Levadas before 27 November 2026 applied them: owned by the record, without a label of the target. */
async function asEarlier(lab: ReleaseLab, code: string): Promise<void> {
  const { cluster, namespace } = lab;
  const module = await lab.write(`earlier/${crypto.randomUUID()}/shop.ts`, code);
  const folder = join(dirname(module), "manifests");
  strictEqual((await lab.levada("manifests", module, "-o", folder, "--namespace", namespace)).code, 0);
  const { metadata: { name, uid } } = await lab.read("configmap", "shop-release");
  const owner = { apiVersion: "v1", kind: "ConfigMap", name, uid };
  for await (const { name } of Deno.readDir(folder)) {
    const text = await Deno.readTextFile(join(folder, name));
    const earlier = text.replace(/^ {4}levada\.dev\/target: kubernetes\n/m, "")
      .replace(/^metadata:\n/m, `metadata:\n  ownerReferences: ${JSON.stringify([owner])}\n`);
    ok(!earlier.includes("levada.dev/target"), earlier);
    const words = ["apply", "--server-side", "--field-manager", "levada", "--force-conflicts", "-f", "-"];
    await cluster.kubectl(words, earlier);
  }
}

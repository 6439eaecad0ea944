import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { dirname, join } from "node:path";
import { applyKinds } from "../../support/cluster/apply_kinds.ts";
import { EVERYTHING } from "../../support/cluster/everything.ts";
import type { ClusterCase } from "./cluster_case.ts";
import { times, withReleaseLab } from "./release_lab.ts";

/** What is made in a cluster. */
export const OBJECT_CASES: readonly ClusterCase[] = [{
  name: "everything that a function can ask for is taken by strict validation, and planned",
  needsNode: false,
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const deployment = await lab.plan(times(2, { options: JSON.stringify(EVERYTHING) }), {
        imagePullSecrets: ["registry"],
      });
      const { changes } = await deployment.plan();
      deepStrictEqual(changes.map((line) => line.replace(/release-\d+|[0-9a-f]{12}/g, "…")), [
        "ServiceAccount …/shop: new",
        "ConfigMap …/shop-…: new",
        "NetworkPolicy …/shop: new",
        "Service …/shop: new",
        "PodDisruptionBudget …/shop: new",
        "Deployment …/shop: new",
        "HorizontalPodAutoscaler …/shop: new",
        "Ingress …/shop: new",
      ]);
    }),
}, {
  name: "a pod finds its secrets, its settings and its environment, may not write its file system, and has no rights",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const apply = (object: object) => cluster.kubectl(["apply", "-n", lab.namespace, "-f", "-"], object);
      await apply({ apiVersion: "v1", kind: "Secret", metadata: { name: "keys" }, stringData: { API_KEY: "abc" } });
      await apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings" }, data: { COLOUR: "red" } });
      const code = `import { readSecret, serving } from "levada";
const fn = serving("shop", {
  env: { SHELF: "top" },
  cluster: { secretNames: ["keys"], envFrom: [{ configMapName: "settings" }] },
});
fn.setTopology("flow").to("tell", async () => ({
  key: readSecret("API_KEY").reveal(),
  colour: Deno.env.get("COLOUR"),
  shelf: Deno.env.get("SHELF"),
  written: await Deno.writeTextFile("/written", "").then(() => true, () => false),
  temporary: await Deno.writeTextFile("/tmp/written", "").then(() => true, () => false),
  account: await Deno.stat("/var/run/secrets/kubernetes.io/serviceaccount/token").then(() => true, () => false),
})).respond();
export default fn;
`;
      const deployment = await lab.deploy(code);
      deepStrictEqual(await deployment.invoke("/"), {
        key: "abc",
        colour: "red",
        shelf: "top",
        written: false,
        temporary: true,
        account: false,
      });
      const { spec: { template: { spec } } } = await lab.read("deployment", "shop");
      strictEqual(spec.securityContext.runAsNonRoot, true);
      match(spec.containers[0].image, /^levada\/runtime:\d/);
    }),
}, {
  name:
    "a Secret that is not there is told before the deadline; a deploy without the object that was asked for prunes it",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const options = `{ cluster: { envFrom: [{ secretName: "lost" }] } }`;
      await rejects(lab.deploy(times(2, { options })), {
        message: /function shop: its container cannot be made \(CreateContainerConfigError\): [^]*secrets\/lost/,
      });
      const ingress = `{ cluster: { ingress: { host: "shop.test" } } }`;
      const first = await lab.deploy(times(2, { options: ingress }));
      strictEqual(first.url, "http://shop.test/");
      strictEqual((await lab.left("shop")).includes("Ingress shop"), true);
      const second = await lab.plan(times(2));
      strictEqual((await second.plan()).changes.includes(`Ingress ${lab.namespace}/shop: is removed`), true);
      await second.apply();
      strictEqual((await lab.left("shop")).includes("Ingress shop"), false);
    }),
}, {
  name:
    "who may ask a function is kept beside its ingress; what it says of its environment wins, and stands there once",
  needsNode: false,
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const refused = `{ cluster: { ingress: { host: "shop.test" }, from: [{ team: "orders" }] } }`;
      await rejects(lab.plan(times(2, { options: refused })).then((plan) => plan.plan()), {
        name: "DeployError",
        message: /function "shop": cluster\.from names who may ask it, and who hands the requests of its ingress on/,
      });
      const open = await lab.plan(times(2, { options: `{ cluster: { ingress: { host: "shop.test" } } }` }));
      const { notes } = await open.plan();
      const said = notes.filter((note) => note.startsWith("function"));
      deepStrictEqual(said.map((note) => note.split(",")[0]), ["function shop: everybody in the cluster may ask it"]);
      const options = `{
  env: { LEVADA_LOG_FORMAT: "text", POD_NAME: "me" },
  cluster: { ingress: { host: "shop.test", from: [{ app: "nginx" }] }, from: [{ team: "orders" }] },
}`;
      const module = await lab.write("shop.ts", times(2, { options }));
      const folder = join(dirname(module), "manifests");
      const written = await lab.levada("manifests", module, "-o", folder, "--namespace", lab.namespace);
      deepStrictEqual([written.code, written.err], [0, ""]);
      await cluster.kubectl(["apply", "--server-side", "--validate=strict", "-f", folder]);
      const { spec: { ingress: [{ from }] } } = await lab.read("networkpolicy", "shop");
      deepStrictEqual(from, [
        { podSelector: {} },
        { namespaceSelector: { matchLabels: { team: "orders" } } },
        { namespaceSelector: { matchLabels: { app: "nginx" } } },
      ]);
      const { spec: { template: { spec } } } = await lab.read("deployment", "shop");
      const named = spec.containers[0].env.map(({ name, value }: { name: string; value: string }) => [name, value]);
      deepStrictEqual(named.filter(([name]: string[]) => /FORMAT|POD/.test(name!)), [["LEVADA_LOG_FORMAT", "text"], [
        "POD_NAME",
        "me",
      ]]);
    }),
}, {
  name:
    "a route of the Gateway API is told where the cluster has none, taken by strict validation where it has, and pruned",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const gateway = `{ name: "outer", namespace: "gateways", listener: "web" }`;
      const options = `{ cluster: { route: { host: "shop.test", path: "/shop", gateway: ${gateway}, https: true } } }`;
      await rejects(lab.deploy(times(2, { options })), {
        name: "DeployError",
        message:
          /has no HTTPRoute of gateway\.networking\.k8s\.io\/v1: the Gateway API, which `cluster\.route` asks for/,
      });
      await applyKinds(cluster, ["gateway_httproute"]);
      const deployment = await lab.deploy(times(2, { options }));
      strictEqual((await deployment.status()).url, "https://shop.test/shop");
      const { spec } = await lab.read("httproute", "shop");
      deepStrictEqual([spec.hostnames, spec.rules[0].filters[0].type], [["shop.test"], "URLRewrite"]);
      deepStrictEqual((await (await lab.plan(times(2, { options }))).plan()).changes, []);
      await rejects(
        lab.deploy(times(2, { options: options.replace('"/shop"', '"/shop//a"') })),
        /the cluster refuses it, nothing is changed\n [^]*HTTPRoute/,
      );
      const module = await lab.write("shop.ts", times(2, { options }));
      const folder = join(dirname(module), "manifests");
      await lab.levada("manifests", module, "-o", folder, "--namespace", lab.namespace);
      const files = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
      strictEqual(files.some((name) => name.endsWith("httproute-shop.yaml")), true, files.join(" "));
      const without = await lab.plan(times(2));
      strictEqual((await without.plan()).changes.includes(`HTTPRoute ${lab.namespace}/shop: is removed`), true);
      await without.apply();
      deepStrictEqual((await lab.read("httproute")).items, []);
      await cluster.kubectl(["delete", "crd", "httproutes.gateway.networking.k8s.io"]);
    }),
}, {
  name: "a bundle in the image is served from there, and no ConfigMap has its code",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const folder = await Deno.makeTempDir({ dir: "/var/tmp" }); // /tmp of a pod is its own
      const module = await lab.write("shop.ts", times(2));
      strictEqual((await lab.levada("bundle", module, "-o", folder)).code, 0);
      const image = "levada/runtime:with-bundle";
      const place = ["--target", "kubernetes", "--namespace", lab.namespace];
      strictEqual((await lab.levada("deploy", folder, ...place, "--bundle-folder", folder)).code, 1); // in which image
      const deployed = await lab.levada("deploy", folder, ...place, "--image", image, "--bundle-folder", folder);
      deepStrictEqual([deployed.code, deployed.err], [0, ""]);
      const left = await lab.left("shop");
      deepStrictEqual(left.filter((name) => name.startsWith("ConfigMap")), ["ConfigMap shop-release"]);
      const answer = await fetch(await cluster.serviceUrl(lab.namespace, "shop", 80), { method: "POST", body: "21" });
      strictEqual(await answer.text(), "42");
      await Deno.remove(folder, { recursive: true });
    }),
}];

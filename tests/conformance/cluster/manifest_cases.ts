import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { dirname, join } from "node:path";
import { notebookOf } from "../../support/notebook_of.ts";
import type { ClusterCase } from "./cluster_case.ts";
import { times, withReleaseLab } from "./release_lab.ts";

const OPTIONS =
  `{ resources: { cpu: 0.1 }, cluster: { replicas: { min: 1, max: 3 }, ingress: { host: "shop.test", from: [{ app: "nginx" }] } } }`;

/** What stands in a repository. */
export const MANIFEST_CASES: readonly ClusterCase[] = [{
  name: "levada manifests writes what deploy applies: where kubectl has applied it, deploy has nothing to change",
  needsNode: false,
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const code = times(2, { options: OPTIONS });
      const module = await lab.write("shop.ts", code);
      const folder = join(dirname(module), "manifests");
      const bundle = join(dirname(module), "bundle");
      strictEqual((await lab.levada("bundle", module, "-o", bundle)).code, 0);
      const words = [bundle, "-o", folder, "--namespace", lab.namespace];
      const written = await lab.levada("manifests", ...words);
      deepStrictEqual([written.code, written.err], [0, ""]);
      const files = (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
      deepStrictEqual(files.map((name) => name.replace(/[0-9a-f]{12}/, "…")), [
        "01-serviceaccount-shop.yaml",
        "02-configmap-shop-….yaml",
        "03-networkpolicy-shop.yaml",
        "04-service-shop.yaml",
        "05-poddisruptionbudget-shop.yaml",
        "06-deployment-shop.yaml",
        "07-horizontalpodautoscaler-shop.yaml",
        "08-ingress-shop.yaml",
      ]);
      await cluster.kubectl(["apply", "--server-side", "--field-manager", "levada", "-f", folder]);
      const planned = await lab.levada(
        "deploy",
        bundle,
        "--target",
        "kubernetes",
        "--namespace",
        lab.namespace,
        "--dry-run",
      );
      match(
        planned.out,
        /^shop, revision [0-9a-f]{12}: nothing to change\n {2}the code travels by ConfigMap shop-[0-9a-f]{12}\n$/,
      );
      strictEqual((await lab.levada("manifests", ...words)).code, 0); // again into the same folder
      await Deno.writeTextFile(join(folder, "notes.md"), "");
      const refused = await lab.levada("manifests", ...words);
      strictEqual(refused.code, 1);
      match(refused.err, /has other files, notes\.md\. Give a folder of its own/);
    }),
}, {
  name: "levada manifests NOTEBOOK writes what levada deploy NOTEBOOK applies, by what its deploy() says",
  needsNode: false,
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const options = { target: "kubernetes", namespace: lab.namespace, replicas: 2, imagePullSecrets: ["pull"] };
      const notebook = await lab.write(
        "shop.ipynb",
        notebookOf(
          times(2).replace(/^export .*$/m, ""),
          `await fn.deploy({ ...${JSON.stringify(options)}, deadlineMs: 900_000 });`,
        ),
      );
      const folder = join(dirname(notebook), "manifests");
      const written = await lab.levada("manifests", notebook, "-o", folder);
      strictEqual(written.code, 0, written.out + written.err);
      await cluster.kubectl(["apply", "--server-side", "--field-manager", "levada", "-f", folder]);
      const planned = await lab.levada("deploy", notebook, "--dry-run");
      match(planned.out, /\nshop, revision [0-9a-f]{12}: nothing to change\n/, planned.err);
      const { spec } = await lab.read("deployment", "shop");
      deepStrictEqual(
        [spec.replicas, spec.progressDeadlineSeconds, spec.template.spec.imagePullSecrets],
        [2, 900, [{ name: "pull" }]],
      );
    }),
}];

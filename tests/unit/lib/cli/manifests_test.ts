import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { parse } from "yaml";
import { withDeployLab } from "../../../support/deployed.ts";
import { notebookOf } from "../../../support/notebook_of.ts";

const SHOP = `import { serving } from "levada";
const fn = serving("shop");
fn.setTopology("flow").to("times", (n: number) => 2 * n).respond();`;
const OPTIONS =
  `{ target: "kubernetes", namespace: "market", image: "levada/runtime:1", replicas: 2, imagePullSecrets: ["pull"], deadlineMs: 900_000 }`;

Deno.test("levada manifests takes what the notebook's deploy() says, and the command line before that", async () => {
  await withDeployLab(async (lab) => {
    const path = await lab.write("shop.ipynb", notebookOf(SHOP, `await fn.deploy(${OPTIONS});`));
    const folder = join(lab.folder, "out");
    const written = await lab.levada("manifests", path, "-o", folder, "--namespace", "stage");
    strictEqual(written.code, 0, written.out + written.err);
    const names = (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
    const objects = await Promise.all(names.map(async (name) => parse(await Deno.readTextFile(join(folder, name)))));
    strictEqual(objects.some(({ kind }) => kind === "PodDisruptionBudget"), true);
    const { metadata: { namespace }, spec } = objects.find(({ kind }) => kind === "Deployment");
    const { imagePullSecrets } = spec.template.spec;
    deepStrictEqual(
      [namespace, spec.replicas, imagePullSecrets, spec.progressDeadlineSeconds],
      ["stage", 2, [{ name: "pull" }], 900],
    );
    const other = await lab.levada("manifests", path, "-o", "out", "--target", "knative", "--deadline", "700");
    strictEqual(other.code, 2);
    match(other.err, /--deadline is for --target kubernetes/);
  });
});

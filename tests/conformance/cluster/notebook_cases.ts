import { match, ok, strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { readNotebook } from "../../../kernel/client/notebook_file.ts";
import type { ClusterCase } from "./cluster_case.ts";
import { withReleaseLab } from "./release_lab.ts";

const NOTEBOOK = fileURLToPath(new URL("../../../notebooks/08_deploy.ipynb", import.meta.url));

/** The manual's page on clusters. */
export const NOTEBOOK_CASES: readonly ClusterCase[] = [{
  name: "notebook 08 deploys, replaces under load, is refused, rolls back and deletes in a cluster as on this machine",
  run: (cluster) =>
    withReleaseLab(cluster, async (lab) => {
      const written = await lab.write("run.ipynb", "");
      const { code, out, err } = await lab.levada("run", NOTEBOOK, "--output", written);
      strictEqual(code, 0, out + err);
      const { cells } = await readNotebook(written);
      const said = cells.map((cell) => JSON.stringify("outputs" in cell ? cell.outputs : "")).join("\n");
      match(said, /target: \\+"kubernetes\\+"/);
      match(said, /Deployment release-\d+\/shop: new/);
      match(said, /price[^]*2 of 2 pods[^]*kubectl --context levada -n release-\d+ port-forward service\/shop 8080:80/);
      match(said, /answered: \[ 2340, 2600 \]/);
      match(said, /nobody says where the ledger is/);
      ok(
        said.lastIndexOf("sum: 2600") > said.indexOf("nobody says where the ledger is"),
        "the revision before is back",
      );
      strictEqual((await lab.left("shop")).length, 0);
    }),
}];

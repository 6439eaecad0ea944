import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { deploymentNames } from "../../../../lib/deploy/process/state_folder.ts";
import { withDeployLab } from "../../../support/deployed.ts";

Deno.test("levada delete of no name deletes nothing; --all goes on where one cannot be deleted", async () => {
  await withDeployLab(async ({ levada, state }) => {
    const deployments = join(state, "deployments");
    for (const name of ["a", "b", "c"]) await Deno.mkdir(join(deployments, name), { recursive: true });
    const nameless = await levada("delete", "");
    strictEqual(nameless.code, 2);
    match(nameless.err, /^levada delete: the name is empty/);
    deepStrictEqual(await deploymentNames(state), ["a", "b", "c"]);
    using file = await Deno.open(join(deployments, "b", "lock"), { write: true, create: true });
    await file.lock(true);
    const all = await levada("delete", "--all");
    deepStrictEqual([all.code, all.out], [1, "Deleted a\nDeleted c\n"]);
    match(all.err, /^levada delete: Cannot delete "b": another process changes it now/);
    deepStrictEqual(await deploymentNames(state), ["b"]);
  });
});

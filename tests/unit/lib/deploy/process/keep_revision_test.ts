import { deepStrictEqual, rejects } from "node:assert/strict";
import { join } from "node:path";
import type { Bundle } from "../../../../../lib/bundle/bundle.ts";
import { readBundle } from "../../../../../lib/bundle/bundle_folder.ts";
import { keepRevision, keptRevisions } from "../../../../../lib/deploy/process/keep_revision.ts";
import { deploymentFolder } from "../../../../../lib/deploy/process/state_folder.ts";
import { withDeployLab } from "../../../../support/deployed.ts";

const MODULE = `import { serving } from "levada";
const fn = serving("kept");
fn.setTopology("flow").to("same", (n: number) => n).respond();
export default fn;
`;

Deno.test("keepRevision() writes a revision whole or not at all; one that is damaged is mended, one that is whole stays", async () => {
  await withDeployLab(async (lab) => {
    const folder = deploymentFolder("kept");
    const bundle = await lab.bundle(MODULE);
    const unwritable: Bundle = { ...bundle, files: new Map([...bundle.files, ["n".repeat(300), new Uint8Array()]]) };
    await rejects(keepRevision("keep it", unwritable, folder), /Cannot keep it: its revision cannot be written to /);
    deepStrictEqual(await keptRevisions(folder), []);
    await Deno.mkdir(join(folder.revisions, "0123456789ab.draft"), { recursive: true }); // of who was killed
    await keepRevision("keep it", bundle, folder);
    deepStrictEqual(await keptRevisions(folder), [bundle.revision]);
    const path = join(folder.revisions, bundle.revision);
    const { ino } = await Deno.stat(path);
    await keepRevision("keep it", bundle, folder);
    deepStrictEqual((await Deno.stat(path)).ino, ino);
    await Deno.remove(join(path, "code.js"));
    await rejects(keepRevision("keep it", unwritable, folder)); // what is there stays until there is another
    deepStrictEqual((await Deno.stat(path)).ino, ino);
    await keepRevision("keep it", bundle, folder);
    deepStrictEqual((await readBundle(path)).revision, bundle.revision);
  });
});

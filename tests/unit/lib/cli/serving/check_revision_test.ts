import { rejects } from "node:assert/strict";
import { join } from "node:path";
import { revisionOf } from "../../../../../lib/bundle/bundle.ts";
import { checkRevision } from "../../../../../lib/cli/serving/check_revision.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

Deno.test("checkRevision() takes the bundle that is asked for, and names the one that is there else", async () => {
  await using folder = await temporaryFolder();
  const wished = (revision: string) => checkRevision(folder.path, revision);
  await rejects(wished("0123456789ab"), {
    name: "CommandError",
    message: /revision 0123456789ab is asked for, and it has no bundle\. Make the image .*levada image/,
  });
  const manifest = new TextEncoder().encode("{}");
  await Deno.writeFile(join(folder.path, "function.json"), manifest);
  const revision = revisionOf(new Map([["function.json", manifest]]));
  await wished(revision);
  await rejects(wished("0123456789ab"), { message: new RegExp(`and it has revision ${revision}\\.`) });
});

import { rejects } from "node:assert/strict";
import { join } from "node:path";
import { digestOf, revisionOf } from "../../../../../lib/bundle/bundle.ts";
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
  const digest = digestOf(new Map([["function.json", manifest]]));
  await wished(digest);
  const near = `${digest.slice(0, 20)}${"0".repeat(44)}`; // found within hours by who may write there
  await rejects(wished(near), { message: new RegExp(`and it has revision ${digest}\\.`) });
  await rejects(wished("0".repeat(64)), {
    message: new RegExp(`revision 0{12} is asked for, and it has revision ${revision}\\.`),
  });
  await rejects(wished(digest.slice(0, 4)), { message: /is asked for, and it has revision/ });
  await rejects(wished("0123456789ab"), { message: new RegExp(`and it has revision ${revision}\\.`) });
});

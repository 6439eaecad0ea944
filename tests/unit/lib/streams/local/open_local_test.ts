import { deepStrictEqual, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { openLocal } from "../../../../../lib/streams/local/open_local.ts";
import { withDeployLab } from "../../../../support/deployed.ts";
import { startServe } from "../../../../support/serve_process.ts";

const MODULE = `import { serving } from "${new URL("../../../../../mod.ts", import.meta.url)}";
const fn = serving("shop").addTrigger("orders", { stream: "local://orders" });
fn.setTopology("flow").to("see", (n: number) => console.log("seen <" + n + ">")).respond();
export default fn;
`;

const WAYS: Readonly<Record<string, (file: string) => Promise<void>>> = {
  "moved away": (file) => Deno.rename(file, `${file}.away`),
  "deleted": (file) => Deno.remove(file),
  "emptied": (file) => Deno.truncate(file, 0),
};

for (const [title, spoil] of Object.entries(WAYS)) {
  Deno.test(`a served function whose stream's file is ${title} reads what others publish into the next one`, async () => {
    await withDeployLab(async (lab) => {
      const folder = join(lab.state, "streams");
      await using idle = await openLocal<number>("local://orders", { folder });
      await using served = startServe([await lab.write("shop.ts", MODULE)], { env: { LEVADA_STATE: lab.state } });
      await served.url;
      await idle.publish([{ body: 1 }]);
      await served.wrote(/seen <1>/);
      await spoil(join(folder, "orders.db"));
      if (title === "emptied") await idle.close(); // as long as it is open nobody can open it
      for (const n of [2, 3]) {
        await using other = await openLocal<number>("local://orders", { folder });
        await other.publish([{ body: n }]);
      }
      await Promise.all([2, 3].map((n) => served.wrote(new RegExp(`seen <${n}>`))));
      const told = served.err().split("\n").filter((line) => line.includes("Cannot read stream"));
      ok(told.length >= 1 && told.length <= 2, told.join("\n"));
      match(told[0]!, /the file was moved away, deleted or emptied while it was open/);
      deepStrictEqual(await (await fetch(new URL("ready", await served.url))).json(), { ready: true });
    });
  });
}

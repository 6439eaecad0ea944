import { deepStrictEqual } from "node:assert/strict";
import { join } from "node:path";
import { temporaryFolder } from "../../../../lib/bundle/temporary_folder.ts";
import { temporaryFolder as folderOfTest } from "../../../support/temporary_folder.ts";

const NOBODY = 2 ** 30; // Linux gives no process such a number

Deno.test({
  name: "temporaryFolder() removes the folders of programs that were killed an hour ago or longer, and no others",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using parent = await folderOfTest();
    const outer = Deno.env.get("TMPDIR");
    Deno.env.set("TMPDIR", parent.path);
    try {
      const old = new Date(Date.now() - 2 * 3_600_000);
      for (const name of [`levada-probe-${NOBODY}-a`, `levada-probe-${Deno.pid}-a`, "levada-probe-a", "other"]) {
        await Deno.mkdir(join(parent.path, name));
        await Deno.writeTextFile(join(parent.path, name, "file"), "");
        await Deno.utime(join(parent.path, name), old, old);
      }
      await Deno.mkdir(join(parent.path, `levada-probe-${NOBODY}-b`));
      await using made = await temporaryFolder("code");
      const left = [...Deno.readDirSync(parent.path)].map(({ name }) => name).sort();
      const own = made.path.split("/").at(-1)!;
      deepStrictEqual(
        left,
        [own, `levada-probe-${NOBODY}-b`, `levada-probe-${Deno.pid}-a`, "levada-probe-a", "other"].sort(),
      );
    } finally {
      if (outer === undefined) Deno.env.delete("TMPDIR");
      else Deno.env.set("TMPDIR", outer);
    }
  },
});

import { deepStrictEqual } from "node:assert/strict";
import { join } from "node:path";
import { temporaryFolder } from "../../../../lib/bundle/temporary_folder.ts";
import { temporaryFolder as folderOfTest } from "../../../support/temporary_folder.ts";

const NOBODY = 2 ** 30; // Linux gives no process such a number

Deno.test({
  name:
    "temporaryFolder() removes the folders of programs that were killed, where it can tell, or an hour ago, and no others",
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
      const space = /\d+/.exec(await Deno.readLink("/proc/self/ns/pid"))![0];
      for (const owner of [`${NOBODY}.${space}`, `${NOBODY}.1`, `${Deno.pid}.${space}`]) {
        await Deno.mkdir(join(parent.path, `levada-probe-${owner}-c`)); // just now
      }
      await using made = await temporaryFolder("code");
      const left = [...Deno.readDirSync(parent.path)].map(({ name }) => name).sort();
      const own = made.path.split("/").at(-1)!;
      deepStrictEqual(
        left,
        [
          own,
          `levada-probe-${NOBODY}.1-c`,
          `levada-probe-${Deno.pid}.${space}-c`,
          `levada-probe-${NOBODY}-b`,
          `levada-probe-${Deno.pid}-a`,
          "levada-probe-a",
          "other",
        ].sort(),
      );
    } finally {
      if (outer === undefined) Deno.env.delete("TMPDIR");
      else Deno.env.set("TMPDIR", outer);
    }
  },
});

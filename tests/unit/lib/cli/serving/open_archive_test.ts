import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { packBundle } from "../../../../../lib/bundle/bundle_archive.ts";
import { isArchive } from "../../../../../lib/cli/serving/open_archive.ts";
import { post, withDeployLab } from "../../../../support/deployed.ts";

const MODULE = `import { serving } from "levada";
const fn = serving("shop");
fn.setTopology("flow").to("twice", (n: number) => 2 * n).respond();
export default fn;
`;

Deno.test("levada serve serves a bundle in one file, by one process or by workers, and refuses what is none", async () => {
  deepStrictEqual(["a.tar.gz", "a.tgz", "a.ts", "a"].map(isArchive), [true, true, false, false]);
  await withDeployLab(async (lab) => {
    const path = join(lab.folder, "shop.tar.gz");
    await Deno.writeFile(path, await packBundle(await lab.bundle(MODULE)));
    for (const workers of [[], ["--workers", "2"]]) {
      const child = lab.start("serve", path, "--port", "0", ...workers);
      const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
      let said = "";
      while (!/http:\/\/[\d.:]+/.test(said)) said += (await reader.read()).value ?? "";
      const [url] = /http:\/\/[\d.:]+/.exec(said)!;
      const response = await post(url, 21);
      strictEqual(await response.text(), "42");
      child.kill("SIGTERM");
      await Promise.all([child.status, reader.cancel(), child.stderr.cancel()]);
    }
    const broken = join(lab.folder, "broken.tar.gz");
    await Deno.writeTextFile(broken, "no archive");
    const refused = await lab.levada("serve", broken);
    strictEqual(refused.code, 1);
    match(refused.err, /Cannot serve [^]*it is no bundle as \.tar\.gz/);
    const { files, ...bundle } = await lab.bundle(MODULE);
    const spoilt = join(lab.folder, "spoilt.tar.gz");
    const pack = async (...others: [string, Uint8Array][]) => {
      await Deno.writeFile(spoilt, await packBundle({ ...bundle, files: new Map([...files, ...others]) }));
      return (await lab.levada("serve", spoilt)).err;
    };
    match(
      await pack(["code.js", new TextEncoder().encode("export default 1;")]),
      /Cannot serve [^]*code\.js was changed/,
    );
    match(
      await pack(["function.json", new TextEncoder().encode('{"levada":"bundle/1","files":null}')]),
      /has no function\.json/,
    );
    match((await lab.levada("serve", join(lab.folder, "none.tar.gz"))).err, /it cannot be read: [^]*No such file/);
  });
});

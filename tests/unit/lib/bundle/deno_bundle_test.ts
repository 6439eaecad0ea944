import { deepStrictEqual, rejects } from "node:assert/strict";
import { join } from "node:path";
import { denoBundle } from "../../../../lib/bundle/deno_bundle.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

const MODULE = new URL("../../../../lib/bundle/deno_bundle.ts", import.meta.url).href;

Deno.test({
  name: "denoBundle() ends with the process that asked for it, however that ends",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using folder = await temporaryFolder();
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const entry = join(folder.path, "entry.ts");
    const config = join(folder.path, "deno.json");
    await Deno.writeTextFile(entry, `import "npm:nobody-has-this@1.0.0";`);
    await Deno.writeTextFile(config, "{}");
    const wish = { act: "try", entries: [entry], folder: folder.path, config };
    const code = `import { denoBundle } from "${MODULE}"; await denoBundle(${JSON.stringify(wish)});`;
    const parent = new Deno.Command(Deno.execPath(), {
      args: ["eval", code],
      env: { NPM_CONFIG_REGISTRY: `http://127.0.0.1:${listener.addr.port}` },
      stdout: "null",
      stderr: "inherit",
    }).spawn();
    using asked = await listener.accept(); // by deno bundle, which waits for ever
    const bytes = new Uint8Array(10_000);
    await asked.read(bytes);
    parent.kill("SIGKILL");
    await parent.status;
    deepStrictEqual(await asked.read(bytes).catch(() => null), null); // it is gone
  },
});

Deno.test("denoBundle() says what Deno says of what it cannot bundle", async () => {
  await using folder = await temporaryFolder();
  const entry = join(folder.path, `en "try".ts`);
  const config = join(folder.path, "deno.json");
  await Deno.writeTextFile(entry, "const a = ;");
  await Deno.writeTextFile(config, "{}");
  await rejects(denoBundle({ act: "try", entries: [entry], folder: folder.path, config }), {
    name: "BundleError",
    message: /Deno cannot bundle it: [^]*en "try"|Deno cannot bundle it: [^]*en%20%22try%22/,
  });
});

import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { guardLoading } from "../../../../lib/cli/guard_loading.ts";
import { writeBundle } from "../../../../lib/bundle/bundle_folder.ts";
import { withDeployLab } from "../../../support/deployed.ts";
import { startServe } from "../../../support/serve_process.ts";

const ROUND = `import { serving } from "levada";
const fn = serving("round");
fn.setTopology("flow").to("same", (n: number) => n).respond();
export default fn;
if (Deno.permissions.querySync({ name: "env", variable: "CALM" }).state !== "granted" || Deno.env.get("CALM") === undefined) {
  console.log("going round");
  for (;;);
}
`;
const TOLD =
  /^levada: Cannot load \S*: what stands at its top level computes without a pause, and is ended (by SIG\w+|as it is too late)\n$/;

/** What a process says and how it ends, when it has begun to go round and gets a signal. */
async function signalled(child: Deno.ChildProcess, signal: Deno.Signal) {
  const reader = child.stdout.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  for (let out = ""; !out.includes("going round");) out += (await reader.read()).value ?? "";
  child.kill(signal);
  const [{ code }, err] = await Promise.all([child.status, new Response(child.stderr).text(), reader.cancel()]);
  return { code, err };
}

Deno.test("a module in a loop at its top level ends by signals and deadlines: levada deploy, bundle and serve, of modules and bundles, with narrow permissions and with workers", async () => {
  await withDeployLab(async (lab) => {
    const path = await lab.write("round.ts", ROUND);
    for (const words of [["deploy", path], ["bundle", path], ["serve", path, "--port", "0"]]) {
      for (const [signal, expected] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
        const { code, err } = await signalled(lab.start(...words), signal);
        strictEqual(code, expected, words.join(" "));
        strictEqual(TOLD.exec(err)?.[1], `by ${signal}`, err);
      }
    }
    const late = await lab.levada("deploy", path, "--deadline", "2");
    deepStrictEqual([late.code, TOLD.exec(late.err)?.[1]], [1, "as it is too late"], late.err);

    await using narrow = startServe([path], { flags: ["--allow-read", "--allow-net"] });
    await narrow.wrote(/going round/);
    narrow.kill("SIGTERM");
    deepStrictEqual([await narrow.code, TOLD.exec(narrow.err())?.[1]], [137, "by SIGTERM"]);

    await using several = startServe([path, "--workers", "2"]);
    await several.wrote(/going round/);
    several.kill("SIGTERM");
    strictEqual(await several.code, 0);
    match(several.out(), /Ended before it served/);

    Deno.env.set("CALM", "yes");
    const bundle = await lab.bundle(ROUND).finally(() => Deno.env.delete("CALM"));
    const folder = join(lab.folder, "bundle");
    await writeBundle(bundle, folder);
    const { code, err } = await signalled(lab.start("serve", folder, "--port", "0"), "SIGTERM");
    deepStrictEqual([code, TOLD.exec(err)?.[1]], [143, "by SIGTERM"]);
  });
});

Deno.test("guardLoading() gives what is loaded, throws what is thrown, and waits for nothing where somebody asks to end", async () => {
  const { signal } = new AbortController();
  strictEqual(await guardLoading(() => Promise.resolve(3), { path: "m.ts", signal, leftMs: 60_000 }), 3);
  const thrown = await guardLoading(() => Promise.reject(new Error("no")), { path: "m.ts", signal }).catch((error) =>
    error
  );
  strictEqual(thrown.message, "no");
  strictEqual(await guardLoading(() => Promise.resolve(4), { path: "m.ts", signal: AbortSignal.abort() }), 4);
});

import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startServe } from "../../../support/serve_process.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const MAIN = join(ROOT, "lib/cli/main.ts");

/** Runs `levada bundle` with these words. */
async function bundle(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--lock=deno.lock", "-A", MAIN, "bundle", ...words],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

const FLOWERS = { inputs: [[5.1, 3.5, 1.4, 0.2], [6.0, 2.7, 5.1, 1.6], [6.9, 3.2, 5.7, 2.3]] };

/** Asks a server and gives `outputs`. */
async function outputs(url: string, path: string, body: object = FLOWERS): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(new URL(path, url), { method: "POST", body: JSON.stringify(body), headers });
  return (await response.json()).outputs;
}

Deno.test("levada bundle NOTEBOOK makes a folder that levada serve serves as the notebook answered", async () => {
  await using folder = await temporaryFolder();
  const [router, ensemble] = ["router", "ensemble"].map((name) => join(folder.path, name)) as [string, string];
  const { code, out, err } = await bundle("notebooks/01_router.ipynb", "--export", "own", "-o", router);
  deepStrictEqual([code, err], [0, ""]);
  match(
    out,
    /\nWritten: .*router, revision [0-9a-f]{12}, \d+ files of [\d.]+ MB, started once\. Serve it: levada serve .*\n$/,
  );
  strictEqual((await bundle("notebooks/02_ensemble.ipynb", "--export", "fn", "-o", ensemble)).code, 0);
  await using one = startServe([router]);
  deepStrictEqual(await outputs(await one.url, "/v2/models/forest/infer"), [0, 1, 2]);
  await using two = startServe([ensemble]);
  deepStrictEqual(await outputs(await two.url, "/v2/models/infer"), [0, 1, 2]);
  match(two.out(), /^Serving advanced on/);
});

Deno.test("levada bundle MODULE finds the function by itself, and plain Deno serves the folder", async () => {
  await using folder = await temporaryFolder();
  const module = join(folder.path, "hello.ts");
  await Deno.writeTextFile(
    module,
    `import { serving } from "levada";
export const hello = serving("hello");
hello.setTopology("flow").to("greet", (name: string) => "Hello, " + name).respond();`,
  );
  const out = join(folder.path, "out");
  strictEqual((await bundle(module, "--output", out, "--no-probe")).code, 0);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", "--cached-only", "code.js", "--port", "0"],
    cwd: out,
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  const [, url] = / on (http:\S+)/.exec((await reader.read()).value ?? "") ?? [];
  const response = await fetch(url!, { method: "POST", body: "Ana", headers: { "content-type": "text/plain" } });
  strictEqual(await response.text(), "Hello, Ana");
  child.kill("SIGTERM");
  await reader.cancel();
  strictEqual((await child.status).code, 0);
});

Deno.test("levada bundle says what it cannot, in a sentence", async () => {
  await using folder = await temporaryFolder();
  const out = join(folder.path, "out");
  const several = await bundle("notebooks/02_ensemble.ipynb", "-o", out);
  deepStrictEqual([several.code, several.err], [
    1,
    "levada bundle: Cannot bundle notebooks/02_ensemble.ipynb: it has 2 functions, fn, doomed. Choose one: --export fn\n",
  ]);
  const none = await bundle("notebooks/02_ensemble.ipynb", "--export", "nobody", "-o", out);
  match(none.err, /no cell has a function "nobody" at its top level/);
  strictEqual((await bundle()).code, 2);
});

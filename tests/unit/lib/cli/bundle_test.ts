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

/** Writes a notebook of these cells. */
async function notebookOf(path: string, ...cells: string[]): Promise<void> {
  const written = cells.map((source, index) => ({
    cell_type: "code",
    id: `cell-${index}`,
    source,
    metadata: {},
    outputs: [],
    execution_count: null,
  }));
  await Deno.writeTextFile(path, JSON.stringify({ cells: written, metadata: {}, nbformat: 4, nbformat_minor: 5 }));
}

const GREETING = `import { serving } from "levada"; const hello = serving("hello");
hello.setTopology("flow").to("greet", (name: string) => greeting + name).respond();`;

/** What a server greets. */
async function greet(url: string): Promise<string> {
  const response = await fetch(url, { method: "POST", body: "Ana", headers: { "content-type": "text/plain" } });
  return await response.text();
}

Deno.test("levada bundle NOTEBOOK makes a folder that levada serve serves, alone and with workers", async () => {
  await using folder = await temporaryFolder();
  const [notebook, out] = [join(folder.path, "hello.ipynb"), join(folder.path, "out")];
  await notebookOf(notebook, 'const greeting = "Hello, ";', GREETING);
  const made = await bundle(notebook, "-o", out);
  deepStrictEqual([made.code, made.err], [0, ""]);
  match(
    made.out,
    /\nWritten: .*out, revision [0-9a-f]{12}, \d+ files of [\d.]+ MB, started once\. Serve it: levada serve .*\n$/,
  );
  await using alone = startServe([out]);
  strictEqual(await greet(await alone.url), "Hello, Ana");
  await using several = startServe([out, "--workers", "2"]);
  strictEqual(await greet(await several.url), "Hello, Ana");
  await Deno.writeTextFile(join(out, "code.js"), "export default 1;");
  await using changed = startServe([out]);
  strictEqual(await changed.code, 1);
  match(
    changed.err(),
    /^levada serve: Cannot read the bundle in .*: 1 fault\n {2}code\.js was changed\. Bundle it again\n$/,
  );
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
  strictEqual(await greet(url!), "Hello, Ana");
  child.kill("SIGTERM");
  await reader.cancel();
  strictEqual((await child.status).code, 0);
});

Deno.test("levada bundle says what it cannot, in a sentence", async () => {
  await using folder = await temporaryFolder();
  const [notebook, out] = [join(folder.path, "hello.ipynb"), join(folder.path, "out")];
  const refusal = async (...words: string[]) => (await bundle(notebook, "-o", out, ...words)).err;
  await notebookOf(notebook, 'const greeting = "Hello, ";', GREETING, 'const other = serving("other");');
  const told = `levada bundle: Cannot bundle ${notebook}: `;
  strictEqual(await refusal(), `${told}it has 2 functions, hello, other. Choose one: --export hello\n`);
  strictEqual(await refusal("--export", "nobody"), `${told}no cell has a function "nobody" at its top level\n`);
  await notebookOf(notebook, 'let greeting = "Hello, "; greeting = "Bye, ";', GREETING);
  match(
    await refusal(),
    /^levada bundle: Cannot take function "hello" out of its notebook: 1 fault\n {2}"greeting" of cell \[1\]/,
  );
  strictEqual((await bundle()).code, 2);
});

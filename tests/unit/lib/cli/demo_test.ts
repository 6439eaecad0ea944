import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { DEMO, DEMO_NEEDS } from "../../../../lib/cli/demo.ts";

const ROOT = new URL("../../../../", import.meta.url);
const IMPORT = /\b(?:from|import)\s*\(?\s*"([^"]+)"/g;

/** The code of the notebooks that the demo runs. */
async function demoCode(): Promise<string> {
  const names = [...Deno.readDirSync(new URL("notebooks/", ROOT))].map(({ name }) => name);
  const texts = names.filter((name) => /^0[123]_.*\.ipynb$/.test(name)).map(async (name) => {
    const { cells } = JSON.parse(await Deno.readTextFile(new URL(`notebooks/${name}`, ROOT))) as {
      cells: { cell_type: string; source: string[] }[];
    };
    return cells.filter(({ cell_type }) => cell_type === "code").map(({ source }) => source.join("")).join("\n");
  });
  return (await Promise.all(texts)).join("\n");
}

Deno.test("DEMO_NEEDS names every package that the demo's notebooks import", async () => {
  const names = [...(await demoCode()).matchAll(IMPORT)].map(([, name]) => name!);
  ok(names.includes("levada") && names.includes("wink-nlp"), `${names}`);
  deepStrictEqual(names.filter((name) => !(DEMO_NEEDS as readonly string[]).includes(name)), []);
});

Deno.test("DEMO.run() writes where it is told and nothing into the project, and leaves nothing of an earlier run", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/new`);
  for (const name of ["03_streaming_nlp.ipynb", "report.html"]) {
    await Deno.writeTextFile(`${folder}/new/${name}`, "of an earlier run");
  }
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `--deny-write=${fileURLToPath(ROOT)}`, "lib/cli/main.ts", "demo", "--output", `${folder}/new`],
    cwd: ROOT,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const decoder = new TextDecoder();
  let out = "";
  for await (const bytes of child.stdout) {
    out += decoder.decode(bytes);
    if (/✓ +1\//.test(out)) child.kill("SIGINT"); // the first cell is done: the notebooks have a suite of their own
  }
  const [{ code }, err] = await Promise.all([child.status, new Response(child.stderr).text()]);
  deepStrictEqual([err, code], ["", 130]);
  match(out, /^notebooks\/01_router\.ipynb\n/);
  const { cells } = JSON.parse(await Deno.readTextFile(`${folder}/new/01_router.ipynb`));
  strictEqual(cells.find(({ cell_type }: { cell_type: string }) => cell_type === "code").execution_count, 1);
  const left = [...Deno.readDirSync(`${folder}/new`)].map(({ name }) => name).sort();
  deepStrictEqual(left, ["01_router.ipynb", "report.html"]);
  match(await Deno.readTextFile(`${folder}/new/report.html`), /Not run: the run was interrupted before it/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("DEMO.run() does not write over the notebooks that it runs", async () => {
  const terminal = { out: () => {}, err: () => {}, isInteractive: false, columns: 80 };
  const folder = fileURLToPath(new URL("notebooks", ROOT));
  await rejects(DEMO.run(["--output", folder], { terminal, signal: new AbortController().signal }), {
    name: "CommandError",
    message: `Cannot write to ${folder}: the notebooks themselves lie there. Give another folder`,
  });
});

import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { DEMO_NEEDS } from "../../../../lib/cli/demo.ts";

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

Deno.test("DEMO.run() writes where it is told and nothing into the project", async () => {
  const folder = await Deno.makeTempDir();
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
  await Deno.remove(folder, { recursive: true });
});

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { importArguments } from "../../../../kernel/engine/import_map.ts";
import { EngineBench } from "./_bench.ts";

const ROOT = new URL("../../../../", import.meta.url);
const [CONFIG, LOCK] = ["deno.json", "deno.lock"].map((name) => fileURLToPath(new URL(name, ROOT)));

/** A folder with files in it, for as long as `work` takes. */
async function inFolder(files: Record<string, string>, work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The import map that the arguments hand over. */
function mapOf(
  args: readonly string[],
): { imports: Record<string, string>; scopes: Record<string, Record<string, string>> } {
  return JSON.parse(decodeURIComponent(args[args.indexOf("--import-map") + 1]!.replace("data:application/json,", "")));
}

Deno.test("importArguments() holds this project's notebooks to its lock", async () => {
  deepStrictEqual(await importArguments(fileURLToPath(new URL("notebooks", ROOT))), [
    "--config",
    CONFIG,
    "--lock",
    LOCK,
  ]);
});

Deno.test("importArguments() leaves the lock alone for a notebook of no project", async () => {
  await inFolder({}, async (folder) => {
    deepStrictEqual(await importArguments(folder), ["--config", CONFIG, "--no-lock"]);
  });
});

Deno.test("importArguments() adds the library to a project of the notebook's own, whether its map is in a file or not", async () => {
  const map = '"imports": { "bare": "./bare.ts" }';
  for (
    const files of [{ "deno.json": `{ ${map} }` }, {
      "deno.json": '{ "importMap": "map.json" }',
      "map.json": `{ ${map} }`,
    }]
  ) {
    await inFolder(files as Record<string, string>, async (folder) => {
      const { imports, scopes } = mapOf(await importArguments(folder));
      deepStrictEqual(imports, {
        bare: `file://${folder}/bare.ts`,
        levada: new URL("mod.ts", ROOT).href,
        "levada/testing": new URL("lib/testing/mod.ts", ROOT).href,
      });
      deepStrictEqual(Object.keys(scopes), [ROOT.href]);
      ok(scopes[ROOT.href]!.zod!.startsWith("npm:zod@"));
    });
  }
});

Deno.test("a notebook of another project imports the library, and a package that the library loads when it is used", async () => {
  await inFolder({ "deno.json": "{}" }, async (folder) => {
    await using bench = await EngineBench.open({ directory: folder });
    const { value, traceback } = await bench.run(
      `import { chart } from "levada";\n(await chart({ marks: [] }).html()).includes("<svg")`,
    );
    deepStrictEqual(traceback, []);
    strictEqual(value, "true");
  });
});

import { deepStrictEqual } from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url).pathname;

Deno.test("a project of one's own, with Deno's default options, checks what it takes from Levada", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const config = { importMap: `${ROOT}imports.json`, unstable: ["net", "no-legacy-abort", "npm-lazy-caching"] };
    await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(config));
    const code = `import { serving } from "levada";\nimport { testBench } from "levada/testing";\n` +
      `const fn = serving("own");\nfn.setTopology("flow").to("double", (n: number) => 2 * n).respond();\n` +
      `export default fn;\nexport const bench = testBench(fn);\n`;
    await Deno.writeTextFile(`${folder}/own.ts`, code);
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "own.ts"],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    deepStrictEqual([success, new TextDecoder().decode(stderr)], [true, ""]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

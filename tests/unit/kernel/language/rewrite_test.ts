import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { positionAt } from "../../../../kernel/language/positions.ts";
import { CellSyntaxError, rewriteCell } from "../../../../kernel/language/rewrite.ts";

const OPTIONS = { directory: "file:///nb%20x/", engine: "E" };

async function rewrite(code: string): Promise<string> {
  return (await rewriteCell(code, OPTIONS)).code.trim();
}

Deno.test("rewriteCell() hands the last expression to the engine, with and without a semicolon", async () => {
  strictEqual(await rewrite("a + b"), "await E.result((a + b));");
  strictEqual(await rewrite("a + b;;"), "await E.result((a + b));\n;");
  strictEqual(await rewrite("a, b // both"), "await E.result((a, b));");
  strictEqual(await rewrite("'text'"), 'await E.result(("text"));');
  strictEqual(await rewrite("f(); const x = 1"), "f();\nvar x = 1;");
  strictEqual(await rewrite("if (a) { b }"), "if (a) {\n\tb;\n}");
  strictEqual(await rewrite(""), "");
});

Deno.test("rewriteCell() hands the last expression to the engine also where a cell imports only types", async () => {
  strictEqual(await rewrite('import type { A } from "a";\na'), "await E.result((a));\n;");
  strictEqual(
    await rewrite('import { type A } from "a";\na').then((code) => code.includes("await E.result((a));")),
    true,
  );
  strictEqual(await rewrite('a;\nimport type { A } from "a"'), "a;\n;");
});

Deno.test("rewriteCell() takes a lone object literal for a value and a block for a block", async () => {
  match(await rewrite("{ a: 1 } // note"), /^await E\.result\(\(\(\{ a: 1 \}\)\)\);/);
  match(await rewrite("{}"), /^await E\.result\(\(\(\{\}\)\)\);/);
  strictEqual(await rewrite("{ let a = 1 }"), "{\n\tlet a = 1;\n}");
  strictEqual(await rewrite("{ f(); }"), "{\n\tf();\n}");
});

Deno.test("rewriteCell() turns imports into bindings", async () => {
  strictEqual(
    await rewrite(`import d, { e as f, "g-h" as i } from "./x.ts"`),
    `var {default:d,e:f,"g-h":i}=await import("file:///nb%20x/x.ts");`,
  );
  strictEqual(await rewrite(`import d, * as n from "npm:n@1"`), `var n=await import("npm:n@1"),{default:d}=n;`);
  strictEqual(await rewrite(`import "../x.ts"`), `await import("file:///x.ts");`);
  strictEqual(
    await rewrite(`import j from "./j.json" with { type: "json" }`),
    `var {default:j}=await import("file:///nb%20x/j.json",{with:{type:"json"}});`,
  );
  strictEqual(
    await rewrite(`import type { T } from "./t.ts"; import { type U, v } from "u"`),
    `var {v:v}=await import("u");`,
  );
  strictEqual(await rewrite(`const m = import("./x.ts")`), `var m = import("file:///nb%20x/x.ts");`);
  strictEqual(await rewrite("const m = import(name)"), "var m = import(E.resolve(name));");
  strictEqual(await rewrite("const u = import.meta.url"), "var u = E.meta.url;");
});

Deno.test("rewriteCell() drops export", async () => {
  strictEqual(await rewrite("export const a = 1, b = 2"), "var a = 1, b = 2;");
  strictEqual(await rewrite("export default function f() {}"), "function f() {}");
  strictEqual(await rewrite("export default class {}"), "(class {});");
  strictEqual(await rewrite("export { a as b }"), ";");
  strictEqual(await rewrite(`export * from "node:path"`), `await import("node:path");`);
  strictEqual(await rewrite("export default a"), "await E.result((a));");
});

Deno.test("rewriteCell() names what a cell declares", async () => {
  const { declared } = await rewriteCell(
    `import d, { type T, e as f } from "x"; import * as n from "y"; import type U from "z";
const { a, b: [c, ...g], ...h } = v; let i; function j() { const no = 1 } class K {} enum L { M } namespace O { export const p = 1 }
export const q = 1; interface R {} type S = 1; declare const w: number; a.b = 1; const x = <p/>; for (const y of z) {}`,
    OPTIONS,
  );
  deepStrictEqual(declared, ["d", "f", "n", "a", "c", "g", "h", "i", "j", "K", "L", "O", "q", "x"]);
});

Deno.test("rewriteCell() remembers where everything was written", async () => {
  const code = `import { basename } from "node:path";
interface Shape { readonly 幅: number }
const 名 = "日本", shape: Shape = { 幅: 2 };
enum Color { Red }
  console.log(名 as string, shape.幅 satisfies number, marker);
export const last = <T,>(value: T): T => target(value);
marker.end()`;
  const { code: script, origin } = await rewriteCell(code, OPTIONS);
  const trace = (word: string) => origin(positionAt(script, script.lastIndexOf(word)));
  for (const word of ["shape.", "console", "target", "marker.end"]) {
    deepStrictEqual(trace(word), positionAt(code, code.lastIndexOf(word)), word);
  }
  strictEqual(trace("basename")?.line, 0); // rewritten as a whole
  strictEqual(trace('"Red"')?.line, 3);
  const wrapped = await rewriteCell("{ a: target() }", OPTIONS);
  deepStrictEqual(wrapped.origin(positionAt(wrapped.code, wrapped.code.indexOf("target"))), { line: 0, column: 5 });
});

Deno.test("rewriteCell() says where a cell is not TypeScript", async () => {
  for (
    const [code, line, column] of [
      ["let a = 1;\nlet b = ;", 1, 8],
      ["let a = 1;\nlet a = 2", 0, 4],
      ["return 5", 0, 0],
      ["日本 = = 1", 0, 5],
    ] as const
  ) {
    await rejects(rewriteCell(code, OPTIONS), (error) => {
      deepStrictEqual(error instanceof CellSyntaxError && error.position, { line, column }, code);
      return true;
    });
  }
});

Deno.test("rewriteCell() carries JSX pragmas to the next cell", async () => {
  const { jsx } = await rewriteCell("/** @jsx h @jsxFrag F */", OPTIONS);
  const { code } = await rewriteCell("<><a/></>", { ...OPTIONS, jsx });
  match(code, /h\(F, null, .*h\("a", null\)\)/);
  match(
    (await rewriteCell("/** @jsxImportSource npm:preact@10.0.0 */ <a/>", OPTIONS)).code,
    /import\("npm:preact@10\.0\.0\/jsx-runtime"\)/,
  );
});

Deno.test("rewriteCell() rejects huge and broken input with a syntax error only", async () => {
  for (
    const code of [
      "(".repeat(5_000),
      "\u0000",
      "`${".repeat(200),
      "<a>".repeat(900),
      "[".repeat(999),
      "\ud800",
      "//\u2028x y",
    ]
  ) {
    await rejects(rewriteCell(code, OPTIONS), CellSyntaxError);
  }
  strictEqual((await rewriteCell("a;\n".repeat(20_000), OPTIONS)).code.split("\n").length > 19_000, true);
});

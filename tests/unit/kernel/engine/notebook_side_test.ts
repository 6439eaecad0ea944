import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { EngineBench } from "./_bench.ts";

const NOTEBOOK = `const notebook = globalThis[Symbol.for("levada.notebook")];`;

/** What code prints as JSON. */
async function told(bench: EngineBench, code: string): Promise<unknown> {
  const { stdout, traceback } = await bench.run(code, { cellId: "asking" });
  deepStrictEqual(traceback, []);
  return JSON.parse(stdout);
}

Deno.test("cells() tells every run in order, also failed ones and of cells that ran again, and no silent one", async () => {
  await using bench = await EngineBench.open();
  await bench.run("const a = 1;", { cellId: "one" });
  await bench.run(
    "import { z } from 'zod'; interface Shape { n: number }\nfunction f(s: Shape) { return a + s.n; }\nthrow z",
    {
      cellId: "two",
    },
  );
  await bench.run("1", { silent: true, cellId: "three" });
  await bench.run("const a = 2, { b } = { b: a };", { cellId: "one" });
  await bench.run("f(b)");
  const cells = await told(bench, `${NOTEBOOK} console.log(JSON.stringify((await notebook.cells()).slice(0, 4)));`);
  deepStrictEqual(cells, [
    { id: "one", execution: 1, source: "const a = 1;", declared: ["a"], free: [] },
    {
      id: "two",
      execution: 2,
      source:
        "import { z } from 'zod'; interface Shape { n: number }\nfunction f(s: Shape) { return a + s.n; }\nthrow z",
      declared: ["z", "f"],
      free: ["a"],
    },
    { id: "one", execution: 4, source: "const a = 2, { b } = { b: a };", declared: ["a", "b"], free: [] },
    { id: null, execution: 5, source: "f(b)", declared: [], free: ["f", "b"] },
  ]);
});

Deno.test("locate() tells where a function was written, as its cell was when it ran, and what it captured", async () => {
  await using bench = await EngineBench.open();
  await bench.run("const add = (x: number) => (y: number) => x + y;\nconst three = add(3);", { cellId: "one" });
  await bench.run(
    "const each = [1, 2].map((k) => ({ f: <T,>(z: T) => [z, k] }));\nfor (const n of [7]) { var last = () => n; }",
    {
      cellId: "two",
    },
  );
  await bench.run("const add = 0;", { cellId: "one" });
  const code =
    `${NOTEBOOK} console.log(JSON.stringify(await Promise.all([three, each[1].f, last].map(notebook.locate))));`;
  deepStrictEqual(await told(bench, code), [
    { cell: "one", execution: 1, file: null, line: 0, column: 27, captured: { x: 3 } },
    { cell: "two", execution: 2, file: null, line: 0, column: 37, captured: { k: 2 } },
    { cell: "two", execution: 2, file: null, line: 1, column: 34, captured: { n: 7 } },
  ]);
});

Deno.test("locate() gives what was captured itself, not a copy, and the innermost of a name", async () => {
  await using bench = await EngineBench.open();
  await bench.run(
    "const one = { n: 1 };\nfunction outer(x: object) { { const y = x; { const x = one; return () => [x, y]; } } }",
  );
  const code = `${NOTEBOOK} const { captured } = await notebook.locate(outer(console));
console.log(JSON.stringify([captured.x === one, captured.y === console]));`;
  deepStrictEqual(await told(bench, code), [true, true]);
});

Deno.test("locate() names the file of a function that no cell wrote, and refuses what has no source", async () => {
  await using bench = await EngineBench.open();
  const file = import.meta.resolve("../../../support/thenable.ts");
  const code = `${NOTEBOOK} import * as all from "${file}";
const { file, cell, captured } = await notebook.locate(Object.values(all)[0]);
const refused = await Promise.all([parseInt, (() => 1).bind(1), 5].map((fn) => notebook.locate(fn).catch((error) => error.message)));
console.log(JSON.stringify([file, cell, captured, refused]));`;
  deepStrictEqual(await told(bench, code), [file, null, {}, [
    'Cannot locate function "parseInt": it has no source, being native or bound',
    'Cannot locate function "bound ": it has no source, being native or bound',
    "Cannot locate a function: this is number",
  ]]);
});

Deno.test("cells() begins anew with the process whose variables it tells of", async () => {
  await using bench = await EngineBench.open();
  await bench.run("const a = 1;");
  await bench.run("Deno.exit(3)");
  const code = `${NOTEBOOK} console.log(JSON.stringify((await notebook.cells()).length));`;
  strictEqual(await told(bench, code), 1);
});

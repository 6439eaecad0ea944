import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { EngineBench, textOf } from "./_bench.ts";

Deno.test("run() shows the last expression and keeps names for the next cell", async () => {
  await using bench = await EngineBench.open();
  strictEqual((await bench.run("const x: number = 5; x * 2")).value, "10");
  strictEqual((await bench.run("x + 1;")).value, "6");
  deepStrictEqual((await bench.run("let y = x")).outputs, []);
  strictEqual((await bench.run("await Promise.resolve(y)")).value, "5");
  strictEqual((await bench.run("{ a: y }")).value, "{ a: 5 }");
  strictEqual((await bench.run("{ let y = 1; y }")).value, undefined);
  deepStrictEqual((await bench.run("undefined")).outputs, []);
  deepStrictEqual((await bench.run("7", { silent: true })).outputs, []);
});

Deno.test("run() hands outputs on in the order in which they happened", async () => {
  await using bench = await EngineBench.open();
  const { outputs } = await bench.run(`
console.log("one");
process.stdout.write("two\\n");
Deno.stdout.writeSync(new TextEncoder().encode("three\\n"));
console.error("four");
await Deno.jupyter.display(Deno.jupyter.html\`<b>five</b>\`, { display_id: "d" });
console.log("six");
await Deno.jupyter.display({ "text/plain": "seven" }, { raw: true, update: true, display_id: "d" });
await Deno.jupyter.broadcast("clear_output", { wait: true });
await Deno.jupyter.broadcast("comm_open", { comm_id: "c" });
8`);
  const execution = "run-1";
  deepStrictEqual(outputs, [
    { execution, kind: "stream", name: "stdout", text: "one\ntwo\nthree\n" },
    { execution, kind: "stream", name: "stderr", text: "four\n" },
    {
      execution,
      kind: "display",
      data: { "text/html": "<b>five</b>", "text/plain": "<b>five</b>" },
      metadata: {},
      displayId: "d",
    },
    { execution, kind: "stream", name: "stdout", text: "six\n" },
    { execution, kind: "update", data: { "text/plain": "seven" }, metadata: {}, displayId: "d" },
    { execution, kind: "clear", wait: true },
    { execution, kind: "message", type: "comm_open", content: { comm_id: "c" }, metadata: {} },
    { execution, kind: "result", data: { "text/plain": "8" }, metadata: {} },
  ]);
});

Deno.test("run() brings 100,000 lines before it settles, whole and in few messages", async () => {
  await using bench = await EngineBench.open();
  const { stdout, outputs } = await bench.run("for (let i = 0; i < 100_000; i++) console.log(`line ${i}`)");
  strictEqual(stdout, Array.from({ length: 100_000 }, (_, i) => `line ${i}\n`).join(""));
  ok(outputs.length < 50, `${outputs.length} messages`);
});

Deno.test("run() keeps the order of what a busy cell is asked for and what it sends by itself", async () => {
  await using bench = await EngineBench.open();
  const { stdout } = await bench.run(`
const busy = (ms: number) => { const start = performance.now(); while (performance.now() - start < ms); };
for (let i = 0; i < 400; i++) {
  for (let j = 0; j < 50; j++) console.log(i * 50 + j);
  busy(2);
}`);
  strictEqual(stdout, Array.from({ length: 20_000 }, (_, i) => `${i}\n`).join(""));
});

Deno.test("run() fails a cell that shows what JSON cannot hold, and keeps its other outputs", async () => {
  await using bench = await EngineBench.open();
  const { stdout, outcome } = await bench.run(`
console.log("before");
await Deno.jupyter.display({ "application/json": 1n }, { raw: true });`);
  deepStrictEqual([stdout, outcome.status], ["before\n", "error"]);
  strictEqual((await bench.run("console.log('after')")).stdout, "after\n");
});

Deno.test("run() makes a cell wait for a session that is slow to take its outputs", async () => {
  await using bench = await EngineBench.open();
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  let first = true;
  bench.onOutput = () => {
    if (!first) return;
    first = false;
    queueMicrotask(() => open());
    return gate;
  };
  const { value, stdout } = await bench.run(`
const line = "x".repeat(999);
for (let i = 0; i < 20_000; i++) console.log(line);
"done"`);
  strictEqual(value, '"done"');
  strictEqual(stdout.length, 20_000 * 1_000);
});

Deno.test("run() brings what a subprocess writes to the inherited pipe before it settles", async () => {
  await using bench = await EngineBench.open();
  const { stdout, value } = await bench.run(
    `await new Deno.Command(Deno.execPath(), { args: ["eval", "console.log('raw ü'); console.error('raw error')"], stdin: "null",
       stdout: "inherit", stderr: "inherit" }).output(); 3`,
  );
  strictEqual(stdout, "raw ü\n");
  strictEqual(value, "3");
});

Deno.test("output() of a timer belongs to the cell that started it", async () => {
  await using bench = await EngineBench.open();
  await bench.run(`
const { promise: printed, resolve } = Promise.withResolvers();
setTimeout(() => { console.log("late"); resolve(); }, 5); 1`);
  const { outputs } = await bench.run(`await printed; console.log("now")`);
  deepStrictEqual(outputs.map((each) => each.kind === "stream" ? [each.execution, each.text] : []), [
    ["run-1", "late\n"],
    ["run-2", "now\n"],
  ]);
});

Deno.test("run() reports what nobody catches as text of the cell that threw it", async () => {
  await using bench = await EngineBench.open();
  await bench.run(`var go;
const gate = new Promise((resolve) => go = resolve);
gate.then(() => {
  throw new RangeError("lost");
}); 1`);
  const { outcome, outputs } = await bench.run(`go();
setTimeout(() => { throw new Error("timer") });
await new Promise((resolve) => setTimeout(resolve, 20))`);
  strictEqual(outcome.status, "ok");
  strictEqual(
    textOf(outputs.filter((each) => each.execution === "run-1"), "stderr"),
    "Uncaught (in promise) RangeError: lost\n    at <cell> (cell [1]:4:9)\n",
  );
  match(textOf(outputs.filter((each) => each.execution === "run-2"), "stderr"), /^Uncaught Error: timer\n/);
});

Deno.test("run() names the cell's line and column of an error, and marks it", async () => {
  await using bench = await EngineBench.open();
  await bench.run(`function load(path: string) {
  const 名 = "日本語";
  return 名.length + null!.size;
}`);
  const { outcome, traceback, outputs } = await bench.run(`type Path = string;\nload("a")`);
  deepStrictEqual(traceback, [
    "TypeError: Cannot read properties of null (reading 'size')",
    "3 |   return 名.length + null!.size;",
    "                               ^",
    "    at load (cell [1]:3:27)",
    "    at cell [2]:2:1",
  ]);
  deepStrictEqual(outputs.map((each) => each.kind), ["error"]);
  strictEqual(outcome.status === "error" && outcome.failure.name, "TypeError");
});

Deno.test("run() tells the causes of an error, and values that are none", async () => {
  await using bench = await EngineBench.open();
  const { traceback } = await bench.run(
    `throw new Error("outer", { cause: new AggregateError([new RangeError("inner")], "many") })`,
  );
  deepStrictEqual(traceback.filter((line) => /Error:/.test(line) && !line.includes("|")), [
    "Error: outer",
    "Caused by AggregateError: many",
    "Caused by RangeError: inner",
  ]);
  strictEqual((await bench.run("throw null")).traceback[0], "Uncaught: null");
  strictEqual((await bench.run("throw 'text'")).traceback[0], 'Uncaught: "text"');
  strictEqual((await bench.run("throw { a: 1 }")).traceback[0], "Uncaught: { a: 1 }");
});

Deno.test("run() survives errors whose properties throw", async () => {
  await using bench = await EngineBench.open();
  const { traceback } = await bench.run(
    `class Bad extends Error { override get message(): string { throw new Error("no") } }; throw new Bad()`,
  );
  match(traceback[0] as string, /its message cannot be read: Error: no/);
  strictEqual((await bench.run("1")).value, "1");
});

Deno.test("run() marks a syntax error, also one that only V8 finds", async () => {
  await using bench = await EngineBench.open();
  deepStrictEqual((await bench.run("let a = 1;\nlet b = ;")).traceback, [
    "SyntaxError: Unexpected token",
    "2 | let b = ;",
    "            ^",
  ]);
  const { traceback } = await bench.run("/(?<a>x)(?<a>y)/");
  match(traceback[0] as string, /Duplicate capture group name/);
  strictEqual(traceback[1], "1 | /(?<a>x)(?<a>y)/");
});

Deno.test("run() runs TypeScript that is more than types", async () => {
  await using bench = await EngineBench.open();
  strictEqual((await bench.run("enum Size { S = 1, M = S << 2 }; Size.M")).value, "4");
  strictEqual((await bench.run("enum Size { L }; Object.keys(Size).join()")).value, '"0,L"');
  strictEqual((await bench.run("namespace N { export const z = 1 }; N.z")).value, "1");
  strictEqual(
    (await bench.run("class P { constructor(private readonly v: number) {} }; new P(3)")).value,
    "P { v: 3 }",
  );
  strictEqual((await bench.run("<number> 5")).value, "5");
  strictEqual(
    (await bench.run("/** @jsx h */\nconst h = (...all: unknown[]) => all; <p id={1}>x</p>")).value,
    '[ "p", { id: 1 }, "x" ]',
  );
  strictEqual((await bench.run("<br/>")).value, '[ "br", null ]');
});

Deno.test("run() runs decorators as the language has them", async () => {
  await using bench = await EngineBench.open();
  const { value } = await bench.run(`const seen: string[] = [];
function note(_value: unknown, { kind, name }: ClassMethodDecoratorContext | ClassDecoratorContext) {
  seen.push(\`\${kind} \${String(name)}\`);
}
@note class Store { @note load(): number { return 1 } }
seen.join()`);
  strictEqual(value, '"method load,class Store"');
});

Deno.test("run() lets every kind of declaration follow every other", async () => {
  await using bench = await EngineBench.open();
  const kinds = [
    "const w = 1",
    "function w() {}",
    "class w {}",
    "let w = 2",
    "enum w { A }",
    "var w = 3",
    "import w from 'node:path'",
  ];
  for (const kind of [...kinds, ...kinds.toReversed()]) strictEqual((await bench.run(kind)).outcome.status, "ok", kind);
  strictEqual((await bench.run("let w: number | undefined; w === undefined")).value, "true");
  strictEqual((await bench.run("undeclared = 1")).outcome.status, "error");
});

Deno.test("run() resolves imports from the notebook's folder", async () => {
  const directory = await Deno.makeTempDir({ prefix: "a note #1 " });
  try {
    await Deno.writeTextFile(`${directory}/deno.json`, `{ "imports": { "bare": "./bare.ts", "levada": "./bare.ts" } }`);
    await Deno.writeTextFile(`${directory}/bare.ts`, "export const bare: string = 'bare';\nexport default 1;");
    await Deno.writeTextFile(`${directory}/data.json`, `{ "n": 2 }`);
    await using bench = await EngineBench.open({ directory });
    const { value } = await bench.run(`import one, { bare as b, type Missing } from "bare";
import * as all from "./bare.ts";
import data from "./data.json" with { type: "json" };
import type { Nothing } from "./nowhere.ts";
import { basename } from "node:path";
import "npm:zod@4.6.7";
const name = "./bare" + ".ts";
const late = await import(name);
[one, b, all.bare, data.n, basename("/a/c"), late.default, import.meta.dirname === ${
      JSON.stringify(directory)
    }].join()`);
    strictEqual(value, '"1,bare,bare,2,c,1,true"');
    const { traceback } = await bench.run(`import "./missing.ts"`);
    match(traceback[0] as string, /Module not found.*missing\.ts/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("interrupt() ends a loop and keeps the variables", async () => {
  await using bench = await EngineBench.open();
  const { traceback } = await bench.interrupt(`var kept = 42; console.log("in"); while (true) {}`);
  match(traceback[0] as string, /^Interrupted/);
  strictEqual((await bench.run("kept")).value, "42");
  const later = await bench.interrupt(
    `await new Promise((resolve) => setTimeout(resolve, 5)); console.log("in"); for (;;) kept++;`,
  );
  match(later.traceback[0] as string, /^Interrupted/);
  strictEqual((await bench.run("kept > 42")).value, "true");
});

Deno.test("interrupt() ends a waiting cell, aborts its signal and drops its late result", async () => {
  await using bench = await EngineBench.open();
  const { traceback } = await bench.interrupt(`
var wake;
levada.signal.addEventListener("abort", () => console.log("aborted"));
console.log("in");
await new Promise((resolve) => wake = resolve);
"late"`);
  match(traceback[0] as string, /^Interrupted/);
  const { outputs } = await bench.run("wake(); await null; levada.signal.aborted");
  deepStrictEqual(outputs.map((each) => each.kind === "result" ? each.data["text/plain"] : each.kind), ["false"]);
  strictEqual(textOf(bench.outputs, "stdout"), "in\naborted\n");
});

Deno.test("interrupt() does nothing between cells", async () => {
  await using bench = await EngineBench.open();
  await bench.engine.interrupt();
  strictEqual((await bench.run("1")).value, "1");
});

Deno.test("prompt() and confirm() ask the person and wait", async () => {
  await using bench = await EngineBench.open();
  bench.answer = (prompt) => Promise.resolve(prompt.startsWith("sure") ? "y" : "Ana");
  strictEqual(
    (await bench.run(`console.log("before"); [prompt("name?"), confirm("sure?")].join()`)).value,
    '"Ana,true"',
  );
  deepStrictEqual(bench.questions, ["name? ", "sure? [y/N] "]);
  bench.answer = () => Promise.resolve(undefined);
  strictEqual((await bench.run(`prompt("name?")`)).value, "null");
});

Deno.test("interrupt() ends a question", async () => {
  await using bench = await EngineBench.open();
  bench.answer = () => {
    void bench.engine.interrupt();
    return new Promise(() => {});
  };
  match((await bench.run(`var n = 1; prompt("name?")`)).traceback[0] as string, /^Interrupted/);
  strictEqual((await bench.run("n")).value, "1");
});

Deno.test("interrupt() of a cell that ends by itself in that moment never ends the next one: it has its value, or is told that the process died", async () => {
  await using bench = await EngineBench.open();
  bench.answer = () => {
    void bench.engine.interrupt();
    return new Promise(() => {});
  };
  for (let round = 0; round < 20; round++) {
    // the process is deaf about as long as the kernel waits before it has V8 end the cell, which has ended by then or has not
    const deafMs = 8 + round / 4;
    await bench.run(`var n = ${round};
try {
  prompt("name?");
} catch {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${deafMs});
}`);
    const { value, stderr, traceback } = await bench.run("n");
    // V8 cannot take a termination back: once in some hundred such moments it meets Deno's own code, and the process is lost
    if (value !== String(round)) match(`${stderr}${traceback.join("\n")}`, /variables are gone/);
  }
});

Deno.test("run() tells of an engine that a cell has ended, and goes on with an empty one", async () => {
  await using bench = await EngineBench.open();
  const { traceback, stdout } = await bench.run(`var x = 1; console.log("last words"); Deno.exit(3)`);
  match(traceback[0] as string, /^EngineDied: .*exit code 3.*variables are gone/);
  strictEqual(stdout, "last words\n");
  strictEqual((await bench.run("typeof x")).value, '"undefined"');
});

Deno.test("run() does not wait for a process that an ended engine has left behind", async () => {
  await using bench = await EngineBench.open();
  const { traceback, stdout } = await bench.run(`
const child = new Deno.Command(Deno.execPath(), { args: ["eval", "setTimeout(() => {}, 60_000)"], stdin: "null" }).spawn();
console.log(child.pid);
Deno.exit(5);`);
  match(traceback[0] as string, /exit code 5/);
  kill(stdout);
});

Deno.test("run() tells the next cell of an engine that ended between two", async () => {
  await using bench = await EngineBench.open();
  const { stdout } = await bench.run("var x = 1; console.log(Deno.pid)");
  kill(stdout);
  const { stderr, traceback } = await bench.run("typeof x"); // its end is noticed before this run, or during it
  match([stderr, ...traceback].join(), /signal SIGKILL.*variables are gone/);
  strictEqual((await bench.run("typeof x")).value, '"undefined"');
});

Deno.test("restart() starts an empty engine", async () => {
  await using bench = await EngineBench.open();
  await bench.run("var x = 1");
  await bench.engine.restart();
  strictEqual((await bench.run("typeof x")).value, '"undefined"');
});

Deno.test("run() tells the cell who it is", async () => {
  await using bench = await EngineBench.open();
  strictEqual(
    (await bench.run(`globalThis[Symbol.for("levada.cell")]`, { cellId: "c1" })).value,
    '{ id: "c1", execution: 1 }',
  );
  await bench.run("1", { cellId: "c1" });
  strictEqual((await bench.run(`globalThis[Symbol.for("levada.cells")].get("c1")`, { cellId: "c2" })).value, "2");
  strictEqual((await bench.run("const levada = 5; levada")).value, "5");
});

Deno.test("openEngine() says why an engine does not start", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${directory}/deno.json`, "{ not json");
    const failure = await EngineBench.open({ directory }).then(() => undefined, (error: Error) => error.message);
    match(failure as string, /Cannot start the engine process: /);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

/** Kills a process that a cell has told of. Number 0 would be the test's own process group. */
function kill(told: string): void {
  match(told, /^[1-9]\d*\n$/);
  Deno.kill(Number(told), "SIGKILL");
}

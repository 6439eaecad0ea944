import { deepStrictEqual, match } from "node:assert/strict";
import { answersOf, type CellCode, othersIn } from "../../../support/leave_notebook.ts";

const START = `import { serving } from "levada"; const fn = serving("f"); const graph = fn.setTopology("flow");`;

/** What no text tells: the notebook has another value than the declaration makes. */
const OTHERS: readonly [about: string, cells: readonly CellCode[], names: readonly string[]][] = [
  [
    "what changed behind another name, in a function, by a loop's variable, by Object's and Reflect's functions",
    [
      "const list = [1], rows = [{ n: 1 }], sorted = [3, 1], made: any = {}, set: any = {}, kept = [1]; const alias = list;",
      "function sort(some: number[]) { some.sort(); }",
      "alias.push(2); sort(sorted); for (const row of rows) row.n *= 10;",
      "Object.defineProperty(made, 'a', { value: 1 }); Reflect.set(set, 'b', 2);",
      `${START} graph.to("s", () => [list, rows, sorted, made, set, kept]).respond();`,
    ],
    ["list", "rows", "sorted", "made", "set"],
  ],
  [
    "registries that cells fill, and models that cells fit",
    [
      "class Reg { static all: string[] = []; static add(name: string) { Reg.all.push(name); } }",
      "class Model { total = 0; fit(n: number) { this.total += n; return this; } predict(n: number) { return n + this.total; } }",
      "const model = new Model(), fitted = new Model().fit(7);",
      "const registry: Record<string, () => number> = {}; function register(name: string) { registry[name] = () => 1; }",
      "Reg.add('x'); model.fit(5); const counts = { n: 1, to(n: number) { this.n = n; } }; counts.to(5);",
      `class Base { static subs: string[] = []; static note(name: string) { this.subs.push(name); } }
class One extends Base { static { Base.note("one"); } }`,
      "class Two extends Base { static { Base.note('two'); } }",
      `${START} graph.to("s", () => [Reg.all, model.predict(1), fitted, registry, counts.n, Two.subs]).respond();`,
    ],
    ["Reg", "model", "counts", "Base"],
  ],
  [
    "what comes of chance, of the time, or of a file that is not there",
    [
      "const chance = Math.random(), at = Date.now(), same = Math.max(1, 2);",
      `${START} graph.to("s", () => [chance, at, same]).respond();`,
    ],
    ["chance", "at"],
  ],
];

for (const [about, cells, names] of OTHERS) {
  Deno.test(`bundleCode() refuses ${about}`, async () => {
    const [head, ...faults] = await othersIn(...cells);
    match(head!, /^Cannot take function "f" out of its notebook: \d+ faults?$/);
    deepStrictEqual(faults.map((fault) => /^ {2}"(\w+)" of cell \[\d+\] is another value/.exec(fault)?.[1]), names);
    match(faults[0]!, /Run cell \[1\] again, and declare "\w+" as what it shall be, in one expression; /);
  });
}

/** What code that leaves changes itself is its state: it begins anew, however often it ran in the notebook. */
const STATE: readonly CellCode[] = [
  "let count = 0; const next = () => ++count; const memo = new Map<number, number>(), weak = new WeakMap();",
  "let model: { by: number } | undefined; async function load() { return model ??= { by: 3 }; }",
  `class Step { static runs = 0; calls = 0; go(n: number) { Step.runs++; return n + ++this.calls; } }
const step = new Step();
function square(n: number) {
  if (!memo.has(n)) memo.set(n, n * n);
  return memo.get(n)!;
}
const seen: number[] = []; function keep(list: number[], n: number) { list.push(n); return list.length; }`,
  "await load(); model; square(3); next(); console.log(memo, seen);",
  `${START} graph.to("s", async (n: number) => [square(n) * (await load()).by, step.go(n), keep(seen, n), weak.has(step)]).respond();
{
  await using server = await fn.toMockServer();
  await server.test("/", 4);
}`,
];

Deno.test("bundleCode() takes what the code changes itself, and begins it anew", async () => {
  deepStrictEqual(await othersIn(...STATE), []);
});

Deno.test("bundleCode() takes values of every kind that are the same", async () => {
  const { inside, outside } = await answersOf(
    [5],
    `import { z } from "zod"; const Row = z.object({ n: z.number() }); Row.parse({ n: 1 });
const data = { when: new Date(5), of: new Set([1]), by: new Map([["a", [1n, -0, NaN, undefined]]]), at: Float32Array.of(1, 2), is: /a/g };
const ring: { self?: unknown } = {}, lines = Array.from({ length: 3 }, (_, n) => n), nothing = () => {};
const deep: unknown = Array.from({ length: 20_000 }).reduce((inner) => ({ inner }), 1);
const failed = new Error("no"), big = new Uint8Array(1_000_000), { a, ...rest } = { a: 1, b: { c: 2 } };`,
    `${START} graph.to("t", () => [Row, data, ring, lines, nothing, typeof deep, failed, big.length, a, rest].length).respond();`,
  );
  deepStrictEqual([inside, outside], [[10], [10]]);
});

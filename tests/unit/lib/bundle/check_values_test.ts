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
    "what functions filled that were handed it, where steps hand it on too: objects, maps, numbers",
    [
      `const weights: Record<string, number> = {}, words = new Map<string, number>(), numbers = new Float32Array(3), base: any = {};
function train(w: Record<string, number>) { w.spam = 0.9; } function load(v: typeof words) { v.set("x", 1); } function fit(n: Float32Array) { n.fill(2); }`,
      "train(weights); load(words); fit(numbers); const { assign } = Object; assign(base, { b: 2 });",
      `const predict = (w: typeof weights, word: string) => w[word] ?? 0.5, look = (v: typeof words, word: string) => v.get(word), dot = (n: Float32Array) => n[0];
${START} graph.to("s", (word: string) => [predict(weights, word), look(words, word), dot(numbers), ((o: object) => Object.keys(o))(base)]).respond();`,
    ],
    ["weights", "words", "numbers", "base"],
  ],
  [
    "what cells changed, and the steps only seem to: a local of that name, a comment",
    [
      "const list: number[] = [], rows = [1], alias = [list, rows]; list.push(1);",
      "alias[1].push(2);",
      `${START} function other() { const list: number[] = []; list.push(1); return list; }
/** never rows.push(…) here */ graph.to("s", () => [list, rows, other()]).to("t", (x: unknown) => { /* rows.push(1) */ return x; }).respond();`,
    ],
    ["list", "rows"],
  ],
  [
    "models whose weights lie in private fields and in closures, registers of packages, dates, a regular expression's place",
    [
      `class Model { #w = 0; fit(n: number) { this.#w = n; } predict(n: number) { return n * this.#w; } } class Deep extends Model {}
const make = () => { let w = 0; return { fit(n: number) { w = n; }, predict: (n: number) => n * w }; };
const model = new Deep(), made = make(), day = new Date(0), query = new URLSearchParams("a=1"), found = /a/g;`,
      "class Words extends Map<string, number> { extra = 1; } const words = new Words(); function fill(some: Words) { some.extra = 7; }",
      "model.fit(5); made.fit(5); day.setFullYear(2000); query.append('b', '2'); found.exec('aa'); fill(words);",
      `${START} graph.to("s", (n: number) => [model.predict(n), made.predict(n), day, query.get("b"), found.lastIndex, words.extra]).respond();`,
    ],
    ["model", "made", "day", "query", "found", "words"],
  ],
  [
    "models of classes with decorators: fields, private ones, accessors, statics, what a decorator counts",
    [
      `function noted(..._: any[]) {} function counted(run: any, _: unknown) { let calls = 0; return function (this: any, n: number) { return run.call(this, n) + ++calls; }; }
class Field { w = 1; @noted fit(n: number) { this.w = n; } } class Private { #w = 1; @noted fit(n: number) { this.#w = n; } get w() { return this.#w; } }
class Accessor { @noted accessor w = 1; } @noted class Static { static w = 1; ask() { return Static.w; } } class Counted { @counted run(n: number) { return n; } }
const field = new Field(), hidden = new Private(), storing = new Accessor(), counting = new Counted();
function fit() { storing.w = 5; Static.w++; }`,
      "field.fit(5); hidden.fit(5); fit(); counting.run(1);",
      `${START} graph.to("s", (n: number) => { if (n < 0) fit(); return [field.w, hidden.w, storing.w, new Static().ask(), counting.run(1)]; }).respond();`,
    ],
    ["Static", "Counted", "field", "hidden", "storing"],
  ],
  [
    "what a function that leaves changed when a cell called it, and getters that count",
    [
      "let model: { k: number } | null = null, hits = 0; async function load() { model = { k: 4 }; } const counter = { get n() { return ++hits; } };",
      "await load(); counter.n;",
      `${START} graph.to("s", async (n: number) => { if (n === 99) await load(); return [model?.k ?? null, counter.n]; }).respond();`,
    ],
    ["model", "hits"],
  ],
  [
    "data bases in memory that cells filled, listeners that they added, keys and blobs of chance",
    [
      `import { DatabaseSync } from "node:sqlite"; import { EventEmitter } from "node:events";
const db = new DatabaseSync(":memory:"), bus = new EventEmitter(), blob = new Blob([String(Math.random())]);
const key = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
const fileOf = (name: string) => { const form = new FormData(); form.set("f", new Blob(["a"]), name); return form.get("f") as any; };
const file = fileOf(String(Math.random()));`,
      "class CryptoKey { id = 1; } class File { id = 2; } const own = [new CryptoKey(), new File()];", // a cell's own, of these names
      "db.exec('create table t (n)'); bus.on('x', () => {});",
      `${START} graph.to("s", () => [db.prepare("select * from t").all(), bus.listenerCount("x"), blob.size, key, file.name, own[0]!.id]).respond();`,
    ],
    ["db", "bus", "blob", "key", "file"],
  ],
  [
    "other functions of the code that leaves: put in place by one of it, by another name, into a prototype",
    [
      `let act = (x: number): number => Math.max(0, x); function use(name: string) { if (name === "double") act = (x) => x * 2; return act; }
const hooks: ((n: number) => number)[] = [(n) => n + 1]; class Model { ask() { return 1; } } const model = new Model();`,
      "const again = hooks; use('double'); again[0] = (n) => n + 100; Object.getPrototypeOf(model).ask = () => 2;",
      `${START} graph.to("s", (n: number) => [use("none") === act, act(n), hooks[0]!(n), model.ask()]).respond();`,
    ],
    ["act", "hooks", "Model"],
  ],
  [
    "other functions whose names differ in digits alone: of what they call, of properties, of private ones, of parameters, beside a name that is renumbered",
    [
      `import * as random from "./tests/support/random.ts"; const randomFrom = (n: number) => n, randomFrom3 = (n: number) => -n;
const model1 = (n: number) => n + 1, model2 = (n: number) => n * 100, w = { layer1: 1, layer2: 50 };
let call = (n: number) => model1(n), log = (n: number) => Math.log2(n), layer = (n: number) => n * w.layer1, own = (n: number) => randomFrom(n), pick = (n1: number, n2: number) => n1;
class Shelf { static by1 = 1; static by2 = 2; ask = () => Shelf.by1; turn(k: number) { if (k === 2) this.ask = () => Shelf.by2; return this.ask(); } }
class Deep { #w1 = 1; #w2 = 2; ask = () => this.#w1; turn(k: number) { if (k === 2) this.ask = () => this.#w2; return this.ask(); } } const deep = new Deep(), shelf = new Shelf();
function use(k: number) { if (k === 2) { call = (n) => model2(n); log = (n) => Math.log10(n); layer = (n) => n * w.layer2; own = (n) => randomFrom3(n); pick = (n1, n2) => n2; } }`,
      "use(2); deep.turn(2); shelf.turn(2);",
      `${START} graph.to("s", (n: number) => { use(n); return [call(n), log(n), layer(n), own(n), pick(n, 2), deep.turn(n), shelf.turn(n), random.randomFrom(1)()]; }).respond();`,
    ],
    ["call", "log", "layer", "own", "pick", "deep", "shelf"],
  ],
  [
    "state of the steps that cells change behind globalThis, self, eval and Function",
    [
      "const one = new Map<number, number>(), two = new Map(one), three = new Map(one), four = new Map(one), five = new Map(one);",
      "(globalThis as any).one.set(1, 1); (self as any).two.set(1, 1);",
      `eval("three.set(1, 1)"); new Function("four.set(1, 1)")();`,
      `${START} graph.to("s", (n: number) => [one, two, three, four, five].map((memo) => memo.set(n, n).size)).respond();
{
  await using server = await fn.toMockServer();
  await server.test("/", 4);
}`,
    ],
    ["one", "two", "three", "four"],
  ],
  [
    "what comes of chance, of the time, or of a file that is not there",
    [
      "const chance = Math.random(), at = Date.now(), same = Math.max(1, 2), weights = [Math.random()];",
      "Deno.env.set('NO_SUCH_RATE', '7');",
      ["rates", "const rates = { a: Number(Deno.env.get('NO_SUCH_RATE') ?? 1) };"],
      `const dot = (some: number[]) => some[0]; ${START} graph.to("s", () => [chance, at, same, dot(weights), rates.a]).respond();`,
    ],
    ["chance", "at", "weights", "rates"],
  ],
];

for (const [about, cells, names] of OTHERS) {
  Deno.test(`bundleCode() refuses ${about}`, async () => {
    const [head, ...faults] = await othersIn(...cells);
    match(head!, /^Cannot take function "f" out of its notebook: \d+ faults?$/);
    deepStrictEqual(faults.map((fault) => /^ {2}"(\w+)" of cell \[\d+\] is another value/.exec(fault)?.[1]), names);
    match(
      faults[0]!,
      /(?:Run cell \[1\] again|cell \[\d+\] uses it), .*declare "\w+" as what it shall be, in one expression/,
    );
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
  "model; console.log(memo, seen);",
  `${START} graph.to("s", async (n: number) => [next(), square(n) * (await load()).by, step.go(n), keep(seen, n), weak.has(step)]).respond();
{
  await using server = await fn.toMockServer();
  await server.test("/", 4);
}`,
];

Deno.test("bundleCode() refuses what nobody can look into, where cells use it", async () => {
  const [, ...faults] = await othersIn(
    "const ids = (function* () { for (let at = 0;; at++) yield at; })(), key = {}, weak = new WeakMap<object, number>(), unused = new WeakMap();",
    "ids.next(); weak.set(key, 5);",
    `${START} graph.to("s", () => [ids.next().value, weak.get(key), unused.has(key)]).respond();`,
  );
  match(
    faults.join("\n"),
    /^ {2}"ids" of cell \[1\] holds a Generator, .*\n {2}"weak" of cell \[1\] holds a WeakMap, into which nobody/,
  );
  deepStrictEqual(faults.length, 2);
});

Deno.test("bundleCode() takes streams of the library for things, which cells may use, and its tables for data", async () => {
  const cells = (change: string) => [
    `import { memoryTable, openStream } from "levada"; const notes = await openStream("memory://notes"), prices = memoryTable([{ id: 1 }], { key: "id" });`,
    `await notes.publish([{ body: 1 }]); ${change}`,
    `${START} graph.to("s", async (n: number) => { if (n < 0) await notes.publish([{ body: n }]); return prices.get("1")!.id; }).respond();`,
  ];
  deepStrictEqual(await othersIn(...cells("prices.get('1');")), []);
  match(
    (await othersIn(...cells("prices.put('2', { id: 2 });"))).join("\n"),
    /: 1 fault\n {2}"prices" of cell \[1\] is another value/,
  );
});

Deno.test("bundleCode() takes things of the system that cells only ask, or that hold nothing", async () => {
  const { inside, outside } = await answersOf(
    ["a"],
    `import { DatabaseSync } from "node:sqlite"; import { EventEmitter } from "node:events";
const open = () => { const db = new DatabaseSync(":memory:"); db.exec("create table t (k, v); insert into t values ('a', 1)"); return db; };
const db = open(), get = db.prepare("select v from t where k = ?"), bus = new EventEmitter(), blob = new Blob(["abc"]);
const key = await crypto.subtle.importKey("raw", new TextEncoder().encode("s"), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
const text = new TextEncoder(), money = new Intl.NumberFormat("en"), stop = new AbortController(), { signal } = stop, clock = performance;`,
    `get.get("a"); bus.emit("x"); await blob.text(); await crypto.subtle.sign("HMAC", key, text.encode("a"));
money.format(1); signal.aborted; clock.now();`,
    `${START} graph.to("s", async (k: string) => [get.get(k)!.v, bus.listenerCount("x"), await blob.text(), money.format(text.encode(k).length),
  new Uint8Array(await crypto.subtle.sign("HMAC", key, text.encode(k)))[0], signal.aborted, typeof clock.now()]).respond();`,
  );
  deepStrictEqual(inside, outside);
});

Deno.test("bundleCode() refuses signals that cells have aborted, and targets of events to which they listen", async () => {
  const cells = (change: string) => [
    `const stop = new AbortController(), { signal } = stop, bus = new EventTarget(); class Own extends EventTarget {} const own = new Own();`,
    change,
    `${START} graph.to("s", (n: number) => { bus.dispatchEvent(new Event("x")); own.dispatchEvent(new Event("x")); return signal.aborted ? stop.signal.reason : n; }).respond();`,
  ];
  deepStrictEqual(await othersIn(...cells("signal.aborted; bus.dispatchEvent(new Event('y'));")), []);
  deepStrictEqual(
    await othersIn(...cells("const on = () => {}; bus.addEventListener('x', on); bus.removeEventListener('x', on);")),
    [],
  );
  for (
    const [change, name] of [
      ["stop.abort('enough');", "stop"],
      ["signal.addEventListener('abort', () => console.log(1));", "stop"],
      ["Object.assign(signal, { onabort: () => console.log(1) });", "stop"],
      ["bus.addEventListener('x', () => console.log(1));", "bus"],
      ["own.addEventListener('x', () => console.log(1));", "own"],
    ] as const
  ) {
    match(
      (await othersIn(...cells(change))).join("\n"),
      new RegExp(`"${name}" of cell \\[1\\] is another value`),
      change,
    );
  }
});

Deno.test("bundleCode() takes functions for the same, however the bundler writes them", async () => {
  const { inside, outside } = await answersOf(
    [3],
    `enum Kind { One = 1, Two } const n1 = 1, name = "n";
const is = (kind: Kind) => kind === Kind.Two, same = (kind: number) => kind === 2, none = () => undefined, nothing = () => void 0;
const by = <T,>(value: T) => (other: T) => ({ value, other })!, table = { is, same, none, nothing, one: by(1), text: \`a\${1_000}b\`, run: function (this: any, k?: number) { return k! as number; } };
class Base { static made = 0; readonly #k = 0x10; constructor(readonly name: string = "x") { Base.made; } get k() { return this.#k; } static of() { return new Base(); } async *all() { yield 1; } }
class Deep extends Base { ask(n1: number, ...rest: number[]) { const [a, { b } = { b: 2 }] = [n1]; label: for (;;) { break label; } return a + b + rest.length + (this?.k ?? 0); } }
function over(a: string): string; function over(a: number): number; function over(a: any) { switch (a) { case 1: return "1"; default: return /a/g.test(a); } }
const load = async () => (await import("node:path")).basename("/a/b") + typeof import.meta.url;
const deep = new Deep(), all = [load, over, deep, Base, Deep, ...Object.values(table)];`,
    "all.length; const mine = [...all]; is(Kind.One); deep.ask(1); over(1); table.run(1); console.log(mine);",
    `{ const n1 = 2; void n1; } ${START} graph.to("s", async (n: number) => [all.length, is(n), same(n), none() ?? nothing() ?? null, deep.ask(n1), table.one(n), table.run(n), over(n), name, await load()]).respond();`,
  );
  deepStrictEqual(inside, outside);
});

Deno.test("bundleCode() takes classes with decorators, which kernel and bundler write in different ways, that cells have tried", async () => {
  const { inside, outside } = await answersOf(
    [5],
    `function twice(run: any, _: unknown) { return function (this: any, ...given: any[]) { return 2 * run.apply(this, given); }; } function noted(..._: any[]) {}
function more(_: unknown, __: unknown) { return (value: number) => value + 1; } const make = (w: number) => { class Held { @twice run(n: number) { return n * w; } } return new Held(); };
class Base { @more by = 2; } @noted class Model extends Base { @noted static made = 0; #w = 1; @noted accessor rate = 3; @twice run(n: number) { return n * this.by * this.rate + this.#w; } @noted get w() { return this.#w - Model.made; } @noted static of() { return new Model(); } }
const model = Model.of(), held = make(3);`,
    "model.run(1); model.w; held.run(1); Model.made; const mine = [Model, Base]; console.log(mine);",
    `${START} graph.to("s", (n: number) => [model.run(n), model.w, Model.made, held.run(n)]).respond();`,
  );
  deepStrictEqual([inside, outside], [[[92, 1, 0, 30]], [[92, 1, 0, 30]]]);
});

Deno.test("bundleCode() takes models that cells only ask: what they hold is the same", async () => {
  const { inside, outside } = await answersOf(
    [5],
    `class Model { #w = 2; predict(n: number) { return n * this.#w; } }
const make = (w: number) => ({ predict: (n: number) => n * w }); const model = new Model(), made = make(3), ready = Promise.resolve(model);`,
    "model.predict(1); made.predict(2); await ready;",
    `${START} graph.to("s", async (n: number) => [model.predict(n), made.predict(n), (await ready).predict(n)]).respond();`,
  );
  deepStrictEqual([inside, outside], [[[10, 15, 10]], [[10, 15, 10]]]);
});

Deno.test("bundleCode() refuses state of steps that cells change themselves: nobody knows what shall leave", async () => {
  const [head, ...faults] = await othersIn(...STATE.slice(0, 3), "await load(); square(3); next();", ...STATE.slice(3));
  match(head!, /: 3 faults$/);
  match(faults.join("\n"), /^ {2}"count" of cell \[1\][^]*"memo" of cell [^]*"model" of cell/);
  match(
    faults[1]!,
    /^ {2}"memo" of cell \[1\] is another value in the notebook than its declaration makes, and not by the steps' runs alone: cell \[\d+\] uses it, and what it did there would be lost\. If that was a trial, /,
  );
});

Deno.test("bundleCode() takes many instances of a class, and what takes its time to be there", async () => {
  deepStrictEqual(
    await othersIn(
      "class Doc { constructor(readonly id: number, readonly text: string) {} }",
      "const docs = Array.from({ length: 25_000 }, (_, n) => new Doc(n, `text ${n}`)), ready = new Promise((done) => setTimeout(done, 3_000, 5));",
      "await ready;",
      `${START} graph.to("s", async (n: number) => [docs[n]!.text, await ready]).respond();`,
    ),
    [],
  );
});

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

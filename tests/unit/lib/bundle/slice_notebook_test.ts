import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { serving } from "../../../../mod.ts";
import { answersOf, type CellCode, codeIn, refusalIn } from "../../../support/leave_notebook.ts";

const START = `import { serving } from "levada"; const fn = serving("f"); const graph = fn.setTopology("flow");`;

/** What leaves answers as it did in the notebook: `[what it is about, cells, body, answer]`. */
const LEAVING: readonly [about: string, cells: readonly CellCode[], body: unknown, answer: unknown][] = [
  [
    "what steps use, transitively, from the cells as they ran last, in whatever order",
    [
      "const rate = 2;",
      "function priced(n: number) { return withTax(n * rate); }",
      `import { serving } from "levada"; const fn = serving("f"); fn.setTopology("flow").to("price", priced).respond();`,
      ["helpers", "function withTax(n: number) { return n + 1; }"],
      ["helpers", "const unused = 1;\nfunction withTax(n: number) { return n + 10; }"],
    ],
    4,
    18,
  ],
  [
    "names that were declared again, as something else",
    [
      "const scale = 5;",
      "import { join } from 'node:path'; const label = join('a', 'b');",
      "class label { static of(n: number) { return 'n' + n; } }",
      "enum scale { Ten = 10 }",
      `${START} graph.to("s", (n: number) => label.of(n * scale.Ten)).respond();`,
    ],
    3,
    "n30",
  ],
  [
    "closures: what factories, loops and blocks gave to functions, and functions among that",
    [
      "const twice = (n: number) => 2 * n;",
      "const adder = (by: number, then: (n: number) => number) => (n: number) => then(n + by);",
      `${START}
for (const [index, by] of [10, 20].entries()) {
  const inner = { by: [by] };
  if (index === 0) graph.to("add", adder(by, twice)).to("more", (n: number) => n + inner.by[0]).to("last", adder(1, (n) => -n)).respond();
}`,
    ],
    1,
    -33,
  ],
  [
    "functions of a factory that call themselves and each other",
    [
      `const make = () => {
  const fact = (n: number): number => n < 2 ? 1 : n * fact(n - 1);
  const even = (n: number): boolean => n === 0 || odd(n - 1), odd = (n: number): boolean => n !== 0 && even(n - 1);
  return { fact, even };
};`,
      `${START} graph.to("fact", make().fact).to("even", make().even).respond();`,
    ],
    3,
    true,
  ],
  [
    "class hierarchies across cells, whose order was another when they ran again",
    [
      ["base", "class Base { static unit = 'cm'; tell(n: number) { return n + Base.unit; } }"],
      "class Middle extends Base { override tell(n: number) { return super.tell(n + 1); } }",
      ["base", "class Base { static unit = 'cm'; tell(n: number) { return n + Base.unit; } }"],
      "class Last extends Middle { do(n: number) { return this.tell(n); } }",
      `${START} graph.to("last", Last).respond();`,
    ],
    1,
    "2cm",
  ],
  [
    "default parameters, destructuring, enums, and a constant that is awaited",
    [
      "enum Size { Small = 1, Large = Small << 3 }",
      "const { a, list: [first, ...others], ...rest } = await Promise.resolve({ a: 1, list: [2, 3, 4], b: 5 });",
      "const base = a + first, more = others.length + rest.b;",
      `${START} graph.to("sum", ({ n, by = base + more }: { n: number; by?: number }) => n + by + Size.Large).respond();`,
    ],
    { n: 100 },
    100 + 3 + 7 + 8,
  ],
  [
    "decorators, in a cell whose functions have no place of their own",
    [
      "function named(prefix: string) { return (value: unknown, context: ClassDecoratorContext) => { Object.assign(value as object, { tag: prefix + context.name }); }; }",
      `@named("the ") class Step { do(n: number) { return Object(Step).tag + n; } }
${START} graph.to("step", Step).to("end", (text: string) => text + "!").respond();`,
    ],
    1,
    "the Step1!",
  ],
  [
    "imports and types that only types use stay out of the way",
    [
      `import { Buffer } from "node:buffer"; import nothing from "npm:is-no-package-that-there-is-1"; `.slice(0, 36),
      `import type { InferRequest } from "levada"; interface Row { n: number } type Rows = Row[];`,
      `const heavy = { text: "not to leave" };`,
      `${START} graph.to("s", (rows: Rows, ..._: (Buffer | InferRequest | typeof heavy)[]) => rows.length).respond();`,
    ],
    [{ n: 1 }, { n: 2 }],
    2,
  ],
  [
    "methods, mutual calls, state of a step's own, and a name that the module itself would use",
    [
      "let count = 0;\nconst code = { next(n: number) { return n + ++count; } };",
      "const even = (n: number): boolean => n === 0 || odd(n - 1);\nconst odd = (n: number): boolean => n !== 0 && even(n - 1);",
      "class ServingFunction { static two = 2; }",
      `${START} graph.to("next", code.next).to("even", (n: number) => [n, even(n), ServingFunction.two]).respond();`,
    ],
    3,
    [4, true, 2],
  ],
  [
    "schemas with all that they check, tables, parameters, and packages",
    [
      "import { z } from 'zod';\nconst Reply = z.object({ price: z.number(), of: z.string() });",
      `import { serving } from "levada"; const fn = serving("f").setParam("vat", 0.5);
fn.addTable("goods", [{ name: "tea", price: 4 }], { key: "name" });
const priced = (name: string, context) => ({ price: context.table("goods").get(name).price * (1 + context.param("vat")), of: name, secret: 1 });
fn.setTopology("flow", { input: z.string().refine((name) => name !== "coffee"), output: Reply }).to("price", priced).respond();`,
    ],
    "tea",
    { price: 6, of: "tea" },
  ],
  [
    "methods with what is their class's or object's alone: private names, super, this, and those that wait or give one by one",
    [
      "class Rate { static #by = 3; static of(n: number) { return n * Rate.#by; } }\nclass More extends Rate { static override of(n: number) { return super.of(n) + 1; } }",
      "class Sum { total = 4; add = (n: number) => n + this.total; twice(n: number) { return 2 * n; } }\nclass Last extends Sum { override twice(n: number) { return super.twice(n) + 1; } }\nconst sum = new Last();",
      "const ways = { async wait(n: number) { return await n; }, async *each(n: number) { await null; yield n; yield -n; } };",
      `import { collector } from "levada"; ${START}
graph.to("a", Rate.of).to("b", More.of).to("c", sum.add).to("d", sum.twice).to("e", ways.wait).to("f", ways.each).to("g", collector()).respond();`,
    ],
    1,
    [29, -29],
  ],
  [
    "namespaces, also in pieces, also of functions and classes; enums in pieces; names for what is in them",
    [
      "namespace Geo { export const radius = 6; export namespace In { export const far = (n: number) => n * radius; } }\nnamespace Geo { export const name = 'geo'; }",
      "namespace Short { export import I = Geo.In; export const six = I.far(1); }\nimport far = Geo.In.far;",
      "function half(n: number) { return n / half.by; }\nnamespace half { export const by = 2; }\nenum Level { Low = 1 }\nenum Level { High = 1 << 3 }",
      `${START} graph.to("s", (n: number) => [Short.six, far(n), Geo.name, half(n), Level.Low, Level.High, Level[8]]).respond();`,
    ],
    2,
    [6, 12, "geo", 1, 1, 8, "High"],
  ],
  [
    "modules that are imported for their effects alone, before all others",
    [
      "import './tests/support/sets_global.ts';",
      `${START} graph.to("s", (n: number) => [n, (globalThis as any).setByImport]).respond();`,
    ],
    1,
    [1, "here"],
  ],
  [
    "generators, labels, template tags, symbols as keys, `using`, static blocks, getters, names of globals",
    [
      "function* upTo(n: number) { outer: for (let i = 0; ; i++) { for (;;) { if (i === n) break outer; yield i; continue outer; } } }\nconst outer = 'unused';",
      "const KEY = Symbol('k'); const keyed = { [KEY]: 1, get both() { return this[KEY] * 2; } };\nconst tag = (parts: TemplateStringsArray, ...values: unknown[]) => parts.raw.join('|') + values;",
      "using held = { n: 3, [Symbol.dispose]() {} };\nclass Table { static names = new Map<string, number>(); static { for (const name of ['a', 'b']) this.names.set(name, Table.names.size); } }",
      "const alert = (n: number) => n * 100;\nconst later = async function* (n: number) { yield* upTo(n); };\nasync function sum(n: number) { let all = 0; for await (const one of later(n)) all += one; return all; }",
      `${START} graph.to("s", async (n: number) => [await sum(n), keyed.both, tag\`a\\n\${n}b\`, held.n, [...Table.names], alert(n)]).respond();`,
    ],
    4,
    [6, 2, "a\\n|b4", 3, [["a", 0], ["b", 1]], 400],
  ],
  [
    "JSX, with what an earlier cell said of it",
    [
      "/** @jsx h */\nconst h = (tag: string, props: object, ...inner: unknown[]) => [tag, props, ...inner];",
      "const Row = (n: number) => <b n={n}>{n}</b>;",
      `${START} graph.to("row", (n: number) => Row(n)).respond();`,
    ],
    1,
    ["b", { n: 1 }, 1],
  ],
  [
    "what something that is called at once uses later, before it; imports with what they say of themselves",
    [
      ["late", "const table = { a: 2 };"],
      "const look = (key: 'a') => table[key]; const both = (key: 'a') => look(key) * 2;",
      'import config from "./deno.json" with { type: "json" };',
      "const four = both('a');",
      ["late", "const table = { a: 2 };"],
      "const eight = four * 2;",
      `${START} graph.to("s", (n: number) => [n, four, eight, config.name]).respond();`,
    ],
    1,
    [1, 4, 8, "levada"],
  ],
  [
    "text as it stands: strings that go on in the next line, templates",
    [`${START} { const by = 2; graph.to("s", (n: number) => {
  return "a\\
b" + n;
}).to("t", (text: string) => \`\${text}
  c\${by}\`).respond(); }`],
    1,
    "ab1\n  c2",
  ],
  [
    "values of inner scopes to the letter: -0, a field named __proto__",
    [
      `${START} { const nought = -0, odd = JSON.parse('{"__proto__":{"a":1},"b":2}'); graph.to("s", (n: number) => [n, Object.is(nought, -0), Object.keys(odd)]).respond(); }`,
    ],
    1,
    [1, true, ["__proto__", "b"]],
  ],
  [
    "closures that share what they hold, by the name of what they are in; a factory's argument that a cell names, by that",
    [
      "const make = () => { const seen: number[] = []; let sum = 0; return { add: (n: number) => { seen.push(n); sum += n; return n; }, count: () => [seen.length, sum] }; }; const made = make();",
      "const state = { n: 0 }; const reader = (s: { n: number }) => (count: number[]) => [...count, s.n];",
      `${START} graph.to("n", (n: number) => { state.n++; return n; }).to("add", made.add).to("count", made.count).to("read", reader(state)).respond();`,
    ],
    5,
    [1, 5, 1],
  ],
  [
    "classes of a factory, with the class that they extend",
    [
      "class Top { base = 10; do(n: number): number { return n + this.base; } }\nclass Base { do() { return 'another'; } }",
      "const mixin = (Base: typeof Top, by: number) => class extends Base { override do(n: number) { return super.do(n) * by; } };",
      `${START} graph.to("s", mixin(Top, 3)).respond();`,
    ],
    1,
    33,
  ],
  [
    "objects of inner scopes that are only read: in loops, by methods, by fields",
    [
      `const scorer = (weights: Record<string, number>, stop: string[], rows: { n: number }[]) => (word: string) => {
  let sum = 0;
  for (const row of rows) sum += row.n;
  const list = stop.filter((one) => one !== word);
  return [weights[word] ?? 0, stop.includes(word), sum, list.length, rows.some(({ n }) => n === 2)];
};`,
      `${START} graph.to("s", scorer({ a: 1 }, ["a", "b"], [{ n: 1 }, { n: 2 }])).respond();`,
    ],
    "a",
    [1, true, 3, 1, true],
  ],
  [
    "what a file beside the notebook exports, by a name of a cell or by none",
    [
      `import * as random from "./tests/support/random.ts";
import { Thenable } from "./tests/support/thenable.ts";
const { xml } = await import("./tests/support/xml.ts");`,
      `${START} graph.to("kind", (await import("./lib/kind_of.ts")).kindOf)
  .to("s", (kind: string) => [typeof Thenable, Object.keys(random).length > 0, kind]).respond();`,
    ],
    1,
    ["function", true, "number"],
  ],
];

for (const [about, cells, body, answer] of LEAVING) {
  Deno.test(`code() takes ${about}`, async () => {
    const { text, inside, outside } = await answersOf([body], ...cells);
    deepStrictEqual([inside, outside], [[answer], [answer]], text);
  });
}

Deno.test("code() takes nothing else: no plots, no tests, no data that was loaded", async () => {
  const { text } = await codeIn(
    `import { table } from "levada"; import { basename } from "node:path"; const apiKey = "credential"; const data = await Deno.readTextFile("deno.json");`,
    `/** Doubles. */\nconst double = (n: number) => 2 * n; // fine\nfunction testIt() { return [data, apiKey, basename("a"), table]; }`,
    `${START} graph.to("double", double).respond(); await (await fn.toMockServer()).test("/", 1);`,
  );
  strictEqual(
    text.slice(0, text.indexOf("export default")),
    `import { ServingFunction } from "levada";

// cell [2]
/** Doubles. */
const double = (n: number) => 2 * n;

`,
  );
});

Deno.test("code() writes what an import says of itself", async () => {
  const { text } = await codeIn(
    'import config from "./deno.json" with { type: "json" };',
    `${START} graph.to("s", () => config.name).respond();`,
  );
  match(text, /^import config from "\.\/deno\.json" with \{ type: "json" \};$/m);
});

const REFUSED: readonly [about: string, cells: readonly CellCode[], fault: RegExp][] = [
  [
    "a captured value that is no JSON",
    [`${START} { const when = new Date(0); graph.to("s", (n: number) => [n, when]).respond(); }`],
    /^ {2}step "s": it captured "when" from the scope around it in cell \[1\], which is no JSON: when\[0\] \(Date\)\. Declare it at the top/,
  ],
  [
    "a captured variable that the step changes",
    [`${START} { let sum = 0; graph.to("s", (n: number) => sum += n).respond(); }`],
    /^ {2}step "s": it changes "sum" of the scope around it in cell \[1\]\. Keep what changes in the step/,
  ],
  [
    "what trial runs have put into what a closure holds",
    [
      "const dedupe = () => { const seen: string[] = []; return (id: string) => seen.includes(id) ? 'again' : (seen.push(id), 'new'); };",
      `${START} graph.to("d", dedupe()).respond(); { await using server = await fn.toMockServer(); await server.test("/", "customer-4711"); }`,
    ],
    /^ {2}step "d": it captured "seen" of the scope around it in cell \[1\], and may have changed it, or hands it on: .*in a class, or in context\.state$/,
  ],
  [
    "closures that share what one of them changes, and have no name",
    [
      "const make = () => { const seen: number[] = []; let sum = 0; return [(n: number) => { seen.push(n); sum += n; return n; }, () => seen.length, () => sum] as const; };",
      `${START} { const [add, count, sum] = make(); graph.to("add", add).to("count", count).to("sum", sum).respond(); }`,
    ],
    /^ {2}step "add": it captured "seen" [^]*\n {2}step "add": it changes "sum"[^]*\n {2}step "count": it captured "seen" [^]*\n {2}step "sum": it captured "sum" of the scope around it in cell \[1\], which another function there changes/,
  ],
  [
    "values of the environment, in closures, in what the graph is made with, in tables; and texts that are secrets by their form",
    [
      `Deno.env.set("SHOP_KEY", "sk-live-very-secret"); Deno.env.set("SHOP_MODE", "production"); Deno.env.set("SHOP_PASSWORD", "tulips in may"); Deno.env.set("SHOP_PLAN", "Plan9-tariff");
const asking = (key: string) => (said: string) => said + key.length; ${START}`,
      `fn.setParam("shop", { greets: "It is " + Deno.env.get("SHOP_PASSWORD") }); fn.addTable("keys", [{ id: 1, value: Deno.env.get("SHOP_KEY") }], { key: "id" });
graph.to("ask", asking(Deno.env.get("SHOP_KEY")!)).to("mode", asking(Deno.env.get("SHOP_MODE")!)).to("plan", asking(Deno.env.get("SHOP_PLAN")!))
  .to("form", asking("https://me:hunter2@shop.example")).respond();`,
    ],
    /^ {2}step "ask": it captured "key" of the scope around it in cell \[1\], which has the value of the environment's SHOP_KEY\. Read it where the step runs: Deno\.env\.get\("SHOP_KEY"\) in the step[^]*\n {2}step "plan": .*SHOP_PLAN[^]*\n {2}step "form": it captured "key" .* has a secret written out[^]*\n {2}what the graph is made with has the value of the environment's SHOP_PASSWORD[^]*\n {2}table "keys" has the value of the environment's SHOP_KEY/,
  ],
  [
    "one name of a pattern that another cell declares anew",
    ["const { a, b } = { a: 1, b: 2 };", "const b = 30;", `${START} graph.to("s", () => [a, b]).respond();`],
    /^ {2}step "s": cell \[1\] declares "b" together with "a", and cell \[2\] declares "b" anew\. Name one of them otherwise, or declare/,
  ],
  [
    "a variable that was changed after its declaration",
    ["let rate = 1;", "rate = 2;", `${START} graph.to("s", (n: number) => n * rate).respond();`],
    /^ {2}"rate" of cell \[1\] was changed after its declaration, by cell \[2\]\. Declare it as what it shall be/,
  ],
  [
    "an object that got another field after its declaration",
    ["const settings = { n: 1 };", "settings.n = 2;", `${START} graph.to("s", () => settings).respond();`],
    /^ {2}"settings" of cell \[1\] was changed after its declaration, by cell \[2\]/,
  ],
  [
    "a variable that a function that stays behind changes",
    [
      "let model: string; function load() { model = 'm'; }",
      `${START} graph.to("s", () => model).respond();`,
      "load();",
    ],
    /^ {2}"model" of cell \[1\] was changed after its declaration, by cell \[1\]/,
  ],
  [
    "a declaration that changed, where the graph was not built again",
    [
      ["steps", "function step(n: number) { return n; }"],
      `${START} graph.to("s", step).respond();`,
      ["steps", "function step(n: number) { return -n; }"],
    ],
    /^ {2}step "s": it holds "step" as cell \[1\] declared it, and cell \[3\] has declared that anew since\. Run the cell that builds the graph again/,
  ],
  [
    "the same of an arrow function",
    [
      ["steps", "const step = (n: number) => n;"],
      `${START} graph.to("s", step).respond();`,
      ["steps", "const step = (n: number) => -n;"],
    ],
    /^ {2}step "s": it holds "step" as cell \[1\] declared it, and cell \[3\] has declared that anew since/,
  ],
  [
    "a global that a cell made without a declaration at its top level",
    [
      "for (var hoisted of [1]) { (globalThis as any).put = hoisted; }",
      `${START} graph.to("s", () => [hoisted, put]).respond();`,
    ],
    /^ {2}step "s": it uses "hoisted", which no cell declares.*\n {2}step "s": it uses "put", which no cell declares/,
  ],
  [
    "a constant that was computed of what changed since",
    [
      ["a", "const a = 1;"],
      "const b = a + 1;",
      ["a", "const a = 10;"],
      `${START} graph.to("s", (n: number) => n + b).respond();`,
    ],
    /^ {2}step "s": "b" in cell \[2\] was made of "a" before cell \[3\] declared that anew\. Run cell \[2\] again/,
  ],
  [
    "a name that its cell does not declare any more",
    [
      ["a", "const gone = 1;"],
      `${START} graph.to("s", (n: number) => n + gone).respond();`,
      ["a", "const other = 1;"],
    ],
    /^ {2}step "s": it uses "gone", which cell \[1\] declared when it ran before, and does not any more\. Declare it/,
  ],
  [
    "a name that no cell declares",
    [`${START} graph.to("s", (n: number) => n + nowhere).respond();`],
    /^ {2}step "s": it uses "nowhere", which no cell declares\. Declare it at the top level of a cell/,
  ],
  [
    "`this` of a cell or of an object without a name, and code that is text",
    [
      "const self = () => this; class Sum { total = 4; add = (n: number) => n + this.total; }\nconst run = (code: string) => eval(code);",
      `${START} graph.to("s", (n: number) => [self(), run("n")]).to("t", new Sum().add).respond();`,
    ],
    /^ {2}step "s": "self" in cell \[1\] uses "this" of what stands around it.*\n {2}step "s": "run" in cell \[1\] uses "eval".*Write the code out\n {2}step "t": it uses "this"/,
  ],
  [
    "what only the kernel has",
    [`${START} graph.to("s", () => levada.cell).respond();`],
    /^ {2}step "s": it uses "levada", which no cell declares/,
  ],
  [
    "a function that is bound",
    [`${START} graph.to("s", (function (n: number) { return n; }).bind(1)).respond();`],
    /^ {2}step "s": it uses "bound ", whose source nobody knows: .*native or bound\. Use a function of a cell/,
  ],
];

for (const [about, cells, fault] of REFUSED) {
  Deno.test(`code() refuses ${about}`, async () => {
    const [head, ...faults] = await refusalIn(...cells);
    match(head!, /^Cannot take function "f" out of its notebook: \d faults?$/);
    match(faults.join("\n"), fault);
  });
}

Deno.test("code() outside of Levada's kernel says what there is instead", async () => {
  const fn = serving("f");
  fn.setTopology("flow").to("s", (n: number) => n).respond();
  await rejects(fn.code(), {
    name: "BundleError",
    message: `Cannot take function "f" out of its notebook: 1 fault
  nobody knows the cells here: this is no notebook, or one in another kernel than Levada's. Run the notebook in Levada's kernel, put the function into a .ts module, or say \`levada bundle NOTEBOOK\``,
  });
});

Deno.test("code() tells every fault at once", async () => {
  const [head] = await refusalIn(
    `let a = 1; a = 2; ${START} graph.to("s", () => a).to("t", () => nowhere).to("u", () => neither).respond();`,
  );
  strictEqual(head, 'Cannot take function "f" out of its notebook: 3 faults');
});

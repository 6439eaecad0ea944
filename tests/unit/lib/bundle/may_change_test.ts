import { strictEqual } from "node:assert/strict";
import { parseCell } from "../../../../lib/bundle/cell_code.ts";
import { mayChange } from "../../../../lib/bundle/may_change.ts";
import type { AnyNode } from "../../../../lib/scope/declared_names.ts";

const VALUE = {
  list: [1, 2],
  rows: [{ n: 1 }],
  by: { a: 1 },
  n: 1,
  words: new Map([["a", 1]]),
  objects: new Map([["a", {}]]),
};

const READING = [
  "o.n + 1",
  "o.list[0]",
  "o.list.includes(n)",
  "o.list.map((x) => x + 1)",
  "o.list.find(f)",
  "o.rows.every((row) => row.n)",
  "o.rows.map((row) => row.n).length",
  "o.rows.some(({ n }) => n > 1)",
  "`${o}`",
  "typeof o",
  "k[o.n]",
  "JSON.stringify(o)",
  "Object.keys(o)",
  "[...o.list]",
  "({ ...o })",
  "o.words.get(key)",
  "o.words.has(key) ? o.n : 0",
  "o.by[key] ?? 0",
  "() => { for (const x of o.rows) sum += x.n; }",
  "() => { const list = o.list; return list.length; }",
  "() => { const { n, list } = o; return n; }",
  "f(o.n, o.by.a)",
  "(o) => o.push(1)",
  "() => { const o = []; o.push(1); return o; }",
  "other.o.push(1)",
  "(await o).n",
  "o?.list?.length",
];

const CHANGING = [
  "o = 1",
  "o.n = 1",
  "o.n++",
  "delete o.n",
  "[o.n] = [1]",
  "o.list.push(1)",
  "o.list['push'](1)",
  "o.list[push](1)",
  "f(o)",
  "new F(o)",
  "f(o.list)",
  "() => o",
  "({ a: o })",
  "[o]",
  "a = o",
  "o.rows.map(f)",
  "o.rows.map((row) => row)",
  "o.rows.forEach((row) => row.n++)",
  "o.rows.forEach((row) => f(row))",
  "o.rows.find((row) => row.n).n = 2",
  "delete o.rows.find((row) => row.n).n",
  "o.objects.get(key).n = 2",
  "o.unknown.get(key)",
  "() => { for (const row of o.rows) row.n++; }",
  "() => { const list = o.list; list.push(1); }",
  "(o.list).sort()",
  "(n ? o : p).n = 1",
  "Object.assign(o, p)",
  "Reflect.set(o, 'a', 1)",
  "o.call(1)",
  "o`a`",
];

function changes(code: string): boolean {
  return mayChange(parseCell(`(async () => (${code}))`) as unknown as AnyNode, "o", VALUE);
}

for (const code of READING) {
  Deno.test(`mayChange() knows that this reads: ${code}`, () => strictEqual(changes(code), false));
}
for (const code of CHANGING) {
  Deno.test(`mayChange() takes this for a change: ${code}`, () => strictEqual(changes(code), true));
}

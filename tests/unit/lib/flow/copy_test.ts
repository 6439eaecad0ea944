import { deepStrictEqual, notStrictEqual, strictEqual, throws } from "node:assert/strict";
import { copyData } from "../../../../lib/flow/copy.ts";

Deno.test("copyData() copies data of every kind, and shares nothing that can change", () => {
  const data = {
    list: [1, { a: null }],
    date: new Date(5),
    map: new Map([["k", [1]]]),
    set: new Set([1]),
    floats: new Float32Array([1, 2]),
    none: undefined,
    bare: Object.assign(Object.create(null), { x: 1 }),
  };
  const copy = copyData(data);
  deepStrictEqual(copy, data);
  notStrictEqual(copy.list[1], data.list[1]);
  notStrictEqual(copy.map.get("k"), data.map.get("k"));
  notStrictEqual(copy.floats.buffer, data.floats.buffer);
});

Deno.test("copyData() keeps loops and shared parts as they are", () => {
  const loop: { self?: unknown; twice?: unknown[] } = {};
  loop.self = loop;
  const shared = [1];
  loop.twice = [shared, shared];
  const copy = copyData(loop);
  strictEqual(copy.self, copy);
  strictEqual(copy.twice![0], copy.twice![1]);
});

Deno.test("copyData() refuses class instances and functions, naming where they stand", () => {
  throws(() => copyData({ a: [{ b: new URL("http://x/") }] }), {
    name: "CopyError",
    message: /body\.a\[0\]\.b is a URL/,
  });
  throws(() => copyData({ f: () => 1 }), /body\.f is a function/);
});

Deno.test("copyData() cannot be led into a prototype", () => {
  const copy = copyData(JSON.parse(`{"__proto__":{"polluted":true}}`));
  strictEqual(({} as { polluted?: boolean }).polluted, undefined);
  strictEqual((copy as { polluted?: boolean }).polluted, undefined);
});

Deno.test("copyData() refuses data that is nested too deeply, and does not exhaust the stack", () => {
  let deep: unknown = 1;
  for (let level = 0; level < 1_000_000; level++) deep = [deep];
  throws(() => copyData(deep), { name: "CopyError", message: /nested too deeply/ });
});

Deno.test("copyData() copies a field called __proto__ as a field", () => {
  const body = JSON.parse(`{"__proto__":{"isAdmin":true}}`);
  const copied = copyData(body);
  deepStrictEqual(JSON.stringify(copied), JSON.stringify(body));
  deepStrictEqual(Object.getPrototypeOf(copied) === Object.prototype, true);
});

Deno.test("copyData() copies what a set holds", () => {
  const data = { set: new Set([{ n: 1 }]) };
  const copy = copyData(data);
  deepStrictEqual(copy, data);
  notStrictEqual([...copy.set][0], [...data.set][0]);
});

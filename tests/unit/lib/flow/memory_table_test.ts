import { deepStrictEqual, throws } from "node:assert/strict";
import { memoryTable } from "../../../../lib/flow/memory_table.ts";

Deno.test("memoryTable() takes rows of an object, a map, or a list with a key", () => {
  const row = { n: 1, at: new Date(0) };
  for (
    const table of [
      memoryTable({ a: row }),
      memoryTable(new Map([["a", row]])),
      memoryTable([{ k: "b" }, { k: 7, ...row }], { key: "k" }),
    ]
  ) {
    deepStrictEqual(table.get("a") ?? table.get("7"), table.size === 1 ? row : { k: 7, ...row });
  }
  deepStrictEqual(memoryTable().size, 0);
});

Deno.test("MemoryTable keeps rows of its own: changing what was put in or got changes nothing", () => {
  const row = { list: [1] };
  const table = memoryTable({ a: row });
  row.list.push(2);
  (table.get("a") as typeof row).list.push(3);
  table.put("b", row);
  row.list.push(4);
  deepStrictEqual([table.get("a"), table.get("b")], [{ list: [1] }, { list: [1, 2] }]);
  const copy = table.copy();
  table.delete("a");
  table.delete("never");
  deepStrictEqual([table.get("a"), copy.get("a"), table.size], [undefined, { list: [1] }, 1]);
});

Deno.test("MemoryTable.get() finds no key that is only inherited", () => {
  deepStrictEqual([memoryTable().get("__proto__"), memoryTable({}).get("toString")], [undefined, undefined]);
});

Deno.test("memoryTable() refuses rows and keys that are none", () => {
  for (const row of [null, 5, "text", [1]]) {
    throws(
      () => memoryTable({ a: row as never }),
      /Cannot put the row of key "a" into a table: it is .*, not an object/,
    );
  }
  throws(() => memoryTable({ a: { made: new URL("a:b") } }), /row of key "a" into a table: it is not data/);
  throws(() => memoryTable([{ k: 1 }]), /which field of a row is its key\? Say \{ key: "field" \}/);
  throws(() => memoryTable([{ k: NaN }], { key: "k" }), /Cannot make a table by field "k": its key is NaN/);
  throws(() => memoryTable([{}, null as never], { key: "toString" }), /its key is undefined/);
  throws(() => memoryTable({ a: {} }, { key: "k" }), /the rows are an object, which has a key for each already/);
});

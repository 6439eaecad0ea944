import { deepStrictEqual, throws } from "node:assert/strict";
import { itemsOf } from "../../../../../lib/deploy/cluster/items_of.ts";

Deno.test("itemsOf() gives the objects of a list, none of one that is empty, and refuses what is no list of objects", () => {
  const object = { metadata: { name: "a", resourceVersion: "1" } };
  deepStrictEqual(itemsOf("list", { items: [object] }), [object]);
  for (const list of [{}, { items: null }, { items: [] }]) deepStrictEqual(itemsOf("list", list), []);
  for (const items of [1, "a", {}, [null], [1], [{}], [{ metadata: null }], [{ metadata: { name: 1 } }]]) {
    throws(() => itemsOf("list", { items }), { name: "ClusterError", message: /^Cannot list: the answer is no list/ });
  }
});

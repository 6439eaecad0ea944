import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { openItem } from "../../../../lib/stores/data_item.ts";

Deno.test("MemoryItem keeps bytes under a name", async () => {
  const item = openItem("memory://memory_item_test/a");
  const bytes = new Uint8Array([1, 2, 3]);
  await item.put(bytes);
  bytes[0] = 9;
  deepStrictEqual(await item.get(), new Uint8Array([1, 2, 3]));
  deepStrictEqual(await item.get({ from: 1, to: 9 }), new Uint8Array([2, 3]));
  (await item.get())[0] = 9;
  deepStrictEqual(await Array.fromAsync(await item.stream()), [new Uint8Array([1, 2, 3])]);
  const before = await item.stat();
  await item.put("other");
  strictEqual(before.version === (await item.stat()).version, false);
});

Deno.test("MemoryItem has directories where names begin alike", async () => {
  await openItem("memory://memory_item_test/d/one").put("1");
  await openItem("memory://memory_item_test/d/e/two").put("2");
  deepStrictEqual((await Array.fromAsync(openItem("memory://memory_item_test/d").list())).sort(), ["e/", "one"]);
  strictEqual((await openItem("memory://memory_item_test/d").stat()).kind, "directory");
});

Deno.test("MemoryItem says where nothing is", async () => {
  const item = openItem("memory://memory_item_test/nothing");
  for (const act of [() => item.get(), () => item.stat(), () => item.stream(), () => Array.fromAsync(item.list())]) {
    await rejects(act, { name: "StoreError", reason: "missing" });
  }
});

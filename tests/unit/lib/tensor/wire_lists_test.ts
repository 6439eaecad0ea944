import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { wireLists } from "../../../../lib/tensor/wire_lists.ts";

Deno.test("wireLists() gives typed arrays as lists wherever they stand, and the rest as it is", () => {
  const row = new Float32Array([0.5]);
  deepStrictEqual(wireLists({ a: { b: [row, [row]] }, c: new BigUint64Array([1n, 2n ** 60n]), d: 1 }), {
    a: { b: [[0.5], [[0.5]]] },
    c: [1, 2n ** 60n],
    d: 1,
  });
  const looped: Record<string, unknown> = { row };
  looped.self = looped;
  deepStrictEqual((wireLists(looped) as { row: unknown }).row, [0.5]);
  const others = [new Uint8Array(2), { a: [1, "x", null] }, new Date(0), new DataView(new ArrayBuffer(1)), undefined];
  for (const other of others) strictEqual(wireLists(other), other);
});

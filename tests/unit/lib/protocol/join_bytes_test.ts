import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { joinBytes } from "../../../../lib/protocol/join_bytes.ts";

Deno.test("joinBytes() puts pieces one behind another, and leaves a single one as it is", () => {
  const [a, b] = [new Uint8Array([1, 2]), new Uint8Array([3])];
  deepStrictEqual(joinBytes([a, new Uint8Array(), b]), new Uint8Array([1, 2, 3]));
  deepStrictEqual(joinBytes([]), new Uint8Array());
  strictEqual(joinBytes([a]), a);
});

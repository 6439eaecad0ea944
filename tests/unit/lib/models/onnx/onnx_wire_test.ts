import { deepStrictEqual, throws } from "node:assert/strict";
import {
  join,
  readFields,
  readPacked,
  readText,
  writeField,
  writeNumber,
} from "../../../../../lib/models/onnx/onnx_wire.ts";

Deno.test("readFields() reads what writeField() and writeNumber() write", () => {
  const bytes = join([writeNumber(1, 300), writeField(2, "é"), writeField(900, [writeNumber(3, 2 ** 40)])]);
  const [number, text, message, ...more] = [...readFields(bytes)];
  deepStrictEqual([number!.field, number!.value, number!.bytes], [1, 300, undefined]);
  deepStrictEqual([text!.field, readText(text!.bytes)], [2, "é"]);
  deepStrictEqual(message!.field, 900);
  deepStrictEqual([...readFields(message!.bytes!)].map(({ field, value }) => [field, value]), [[3, 2 ** 40]]);
  deepStrictEqual(more, []);
  deepStrictEqual(join([...readFields(bytes)].map(({ whole }) => whole)), bytes);
});

Deno.test("readFields() passes over numbers of fixed width", () => {
  const bytes = Uint8Array.from([0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x15, 1, 2, 3, 4, 0x18, 5]);
  deepStrictEqual([...readFields(bytes)].map(({ field }) => field), [1, 2, 3]);
});

Deno.test("readPacked() reads signed numbers of 64 bits", () => {
  deepStrictEqual(readPacked(Uint8Array.from([0, 0x96, 0x01, ...new Uint8Array(9).fill(0xff), 1])), [0n, 150n, -1n]);
});

for (
  const [bytes, message] of [
    [[0x08], /end within a number/],
    [[0x08, 0x80], /end within a number/],
    [[0x08, ...new Uint8Array(11).fill(0x80)], /a number that has no end/],
    [[0x12, 5, 1], /says that it has 5 bytes where 1 are left/],
    [[0x12, ...new Uint8Array(9).fill(0xff), 1], /says that it has \d+ bytes where 0 are left/],
    [[0x09, 1, 2], /says that it has 8 bytes where 2 are left/],
    [[0x0b], /byte 0 begins a field of type 3/],
    [[0x00], /byte 0 begins a field without a number/],
  ] as const
) {
  Deno.test(`readFields() refuses ${bytes.slice(0, 3)}… (${bytes.length} bytes)`, () => {
    throws(() => [...readFields(Uint8Array.from(bytes))], { name: "RangeError", message });
  });
}

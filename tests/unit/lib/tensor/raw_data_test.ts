import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { ShapeError } from "../../../../lib/errors.ts";
import type { Datatype, TensorData } from "../../../../lib/tensor/datatype.ts";
import { decodeRaw, encodeRaw } from "../../../../lib/tensor/raw_data.ts";

const VALUES: Readonly<Record<Datatype, TensorData>> = {
  BOOL: new Uint8Array([1, 0]),
  UINT8: new Uint8Array([0, 255]),
  UINT16: new Uint16Array([0, 65_535]),
  UINT32: new Uint32Array([0, 2 ** 32 - 1]),
  UINT64: new BigUint64Array([0n, 2n ** 64n - 1n]),
  INT8: new Int8Array([-128, 127]),
  INT16: new Int16Array([-32_768, 32_767]),
  INT32: new Int32Array([-(2 ** 31), 2 ** 31 - 1]),
  INT64: new BigInt64Array([-(2n ** 63n), 2n ** 63n - 1n]),
  FP16: new Uint16Array([0x3c00, 0x7e00]),
  BF16: new Uint16Array([0x3f80, 0x7fc0]),
  FP32: new Float32Array([0.5, NaN]),
  FP64: new Float64Array([-0, Infinity]),
  BYTES: ["", "ü€𝄞", new Uint8Array([0xff, 0]), "x".repeat(100), "\ufeffmark"],
};

Deno.test("decodeRaw() reads what encodeRaw() writes, wherever it lies", () => {
  for (const [datatype, data] of Object.entries(VALUES) as [Datatype, TensorData][]) {
    const bytes = encodeRaw(data);
    for (let offset = 0; offset < 9; offset++) {
      const moved = new Uint8Array(bytes.length + 16);
      moved.set(bytes, offset);
      const read = decodeRaw(moved.subarray(offset, offset + bytes.length), {
        name: "x",
        datatype,
        count: data.length,
      });
      deepStrictEqual(read, data, `${datatype} at ${offset}`);
    }
  }
});

Deno.test("decodeRaw() copies nothing that lies as the datatype needs", () => {
  const bytes = new Uint8Array(32);
  const read = decodeRaw(bytes.subarray(8, 24), { name: "x", datatype: "FP64", count: 2 }) as Float64Array;
  strictEqual(read.buffer, bytes.buffer);
  strictEqual(encodeRaw(read).buffer, bytes.buffer);
});

Deno.test("decodeRaw() takes no more and no fewer bytes than the shape says", () => {
  for (const [datatype, data] of Object.entries(VALUES) as [Datatype, TensorData][]) {
    const bytes = encodeRaw(data);
    for (const wrong of [bytes.subarray(1), bytes.subarray(0, -1), new Uint8Array([...bytes, 0]), new Uint8Array()]) {
      throws(() => decodeRaw(wrong, { name: "image", datatype, count: data.length }), (error: Error) => {
        strictEqual(error instanceof ShapeError, true, `${datatype}: ${error}`);
        strictEqual(error.message.startsWith(`Cannot read "image" as ${datatype}: `), true, error.message);
        return true;
      });
    }
    const most = { name: "x", datatype, count: Number.MAX_SAFE_INTEGER };
    throws(() => decodeRaw(bytes, most), ShapeError); // before anything is made for so many
  }
  deepStrictEqual(decodeRaw(new Uint8Array(), { name: "x", datatype: "BYTES", count: 0 }), []);
  deepStrictEqual(decodeRaw(new Uint8Array(), { name: "x", datatype: "FP32", count: 0 }), new Float32Array());
});

Deno.test("decodeRaw() refuses lengths of BYTES that lie", () => {
  const lie = new Uint8Array([2, 0, 0, 0, 65, 66, 255, 255, 255, 255]);
  throws(
    () => decodeRaw(lie, { name: "t", datatype: "BYTES", count: 2 }),
    { message: 'Cannot read "t" as BYTES: its value 1 of 2 goes beyond the end' },
  );
});

Deno.test("decodeRaw() takes 0 and 1 alone as BOOL", () => {
  throws(
    () => decodeRaw(new Uint8Array([1, 2]), { name: "flags", datatype: "BOOL", count: 2 }),
    { message: 'Cannot read "flags" as BOOL: its value 1 is 2, neither 0 nor 1' },
  );
});

Deno.test("encodeRaw() writes texts of every length and letter as UTF-8", () => {
  const letters = [
    "",
    "a",
    "\0",
    "\x7f",
    "é",
    "\u07ff",
    "\u0800",
    "€",
    "\uffff",
    "😀",
  ];
  const texts = letters.flatMap((letter) =>
    [0, 1, 61, 62, 63, 64, 65, 200].flatMap((length) => ["a".repeat(length) + letter, letter + "a".repeat(length)])
  );
  const bytes = encodeRaw([...texts, new Uint8Array([0xff])]);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const text of texts) {
    const expected = new TextEncoder().encode(text);
    strictEqual(view.getUint32(at, true), expected.length, JSON.stringify(text));
    deepStrictEqual(bytes.slice(at + 4, at += 4 + expected.length), expected);
  }
  deepStrictEqual(bytes.slice(at), new Uint8Array([1, 0, 0, 0, 0xff]));
  for (const half of ["\ud83d", "\ude00", "\ude00\ud83d", `${"a".repeat(70)}\ud83d`, "\ud83da"]) {
    throws(() => encodeRaw(["a", half]), /Cannot write a value of BYTES: its letter \\u(d83d|de00) at \d+ is half of/);
  }
});

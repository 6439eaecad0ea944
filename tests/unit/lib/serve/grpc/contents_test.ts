import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { ShapeError } from "../../../../../lib/errors.ts";
import { readContents, type TypedDatatype, writeContents } from "../../../../../lib/serve/grpc/contents.ts";
import { loadWire } from "../../../../../lib/serve/grpc/wire.ts";
import type { TensorData } from "../../../../../lib/tensor/datatype.ts";

const WIRE = await loadWire();

/** What Google's protobuf writes for two values of each datatype. */
const GOLDEN: Readonly<Record<TypedDatatype, readonly [hex: string, data: TensorData]>> = {
  BOOL: ["0a020100", new Uint8Array([1, 0])],
  INT8: ["120b80ffffffffffffffff017f", new Int8Array([-128, 127])],
  INT16: ["120d8080feffffffffffff01ffff01", new Int16Array([-32_768, 32_767])],
  INT32: ["120f80808080f8ffffffff01ffffffff07", new Int32Array([-(2 ** 31), 2 ** 31 - 1])],
  INT64: ["1a1380808080808080808001ffffffffffffffff7f", new BigInt64Array([-(2n ** 63n), 2n ** 63n - 1n])],
  UINT8: ["220300ff01", new Uint8Array([0, 255])],
  UINT16: ["220400ffff03", new Uint16Array([0, 65_535])],
  UINT32: ["220600ffffffff0f", new Uint32Array([0, 2 ** 32 - 1])],
  UINT64: ["2a0b00ffffffffffffffffff01", new BigUint64Array([0n, 2n ** 64n - 1n])],
  FP32: ["32080000003f000080bf", new Float32Array([0.5, -1])],
  FP64: ["3a10000000000000e0bf9c7500883ce4377e", new Float64Array([-0.5, 1e300])],
  BYTES: ["42004201ff", ["", new Uint8Array([0xff])]],
};
const CASES = Object.entries(GOLDEN) as [TypedDatatype, readonly [string, TensorData]][];

const fromHex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const toHex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

function read(bytes: Uint8Array, datatype: string, count: number): TensorData {
  return readContents(new WIRE.BinaryReader(bytes), { name: "x", datatype: datatype as TypedDatatype, count });
}

Deno.test("readContents() reads what Google's protobuf writes, and writeContents() writes the same", () => {
  for (const [datatype, [hex, data]] of CASES) {
    deepStrictEqual(read(fromHex(hex), datatype, 2), data, datatype);
    const writer = new WIRE.BinaryWriter();
    writeContents(writer, datatype, data);
    strictEqual(toHex(writer.finish()), hex, datatype);
  }
  throws(
    () => writeContents(new WIRE.BinaryWriter(), "BYTES", ["a", "x\ud83d"]),
    /Cannot write a value of BYTES: its letter \\ud83d at 1 is half of a surrogate pair/,
  );
});

Deno.test("readContents() reads values that come one by one, or in several packets", () => {
  deepStrictEqual(read(fromHex("350000003f35000080bf"), "FP32", 2), new Float32Array([0.5, -1]));
  deepStrictEqual(read(fromHex("32040000003f3204000080bf"), "FP32", 2), new Float32Array([0.5, -1]));
  deepStrictEqual(read(fromHex("180518ffffffffffffffffff01"), "INT64", 2), new BigInt64Array([5n, -1n]));
  deepStrictEqual(read(fromHex("08010a0100"), "BOOL", 2), new Uint8Array([1, 0]));
});

Deno.test("readContents() takes as many values as the shape says", () => {
  for (const [datatype, [hex]] of CASES) {
    const bytes = fromHex(hex);
    for (const count of [0, 1, 3, 1_000_000_000, Number.MAX_SAFE_INTEGER]) {
      throws(() => read(bytes, datatype, count), (error: Error) => {
        strictEqual(error instanceof ShapeError, true, `${datatype} ${count}: ${error}`);
        strictEqual(error.message.startsWith(`Cannot read "x" as ${datatype}: its shape needs ${count} values`), true);
        return true;
      });
    }
  }
  for (const [datatype] of CASES) strictEqual(read(new Uint8Array(), datatype, 0).length, 0);
});

Deno.test("readContents() refuses values of another datatype, or out of range", () => {
  for (const [datatype, [hex]] of CASES) {
    const other = datatype === "FP64" ? "FP32" : "FP64";
    throws(() => read(fromHex(hex), other, 1), {
      name: "TypeError",
      message: `Cannot read "x" as ${other}: its contents are of another datatype`,
    });
  }
  throws(
    () => read(fromHex("10ff01"), "INT8", 1),
    /Cannot read "x" as INT8: its value 0 is 255, which is out of range/,
  );
  throws(() => read(fromHex("20808004"), "UINT16", 1), /UINT16: its value 0 is 65536, which is out of range/);
  throws(() => read(new Uint8Array(), "FP16", 0), /Cannot read "x": FP16 has no typed contents; send it raw/);
});

Deno.test("readContents() refuses whatever is cut off, and any bytes without harm", () => {
  for (const [datatype, [hex]] of CASES) {
    const bytes = fromHex(hex);
    for (let end = 0; end < bytes.length; end++) throws(() => read(bytes.subarray(0, end), datatype, 2), Error);
  }
  let seed = 1;
  for (let round = 0; round < 5_000; round++) {
    const bytes = Uint8Array.from({ length: round % 40 }, () => (seed = seed * 48_271 % 0x7fffffff) & 0xff);
    for (const [datatype] of CASES) {
      try {
        read(bytes, datatype, round % 5);
      } catch (error) {
        strictEqual(error instanceof Error, true);
      }
    }
  }
});

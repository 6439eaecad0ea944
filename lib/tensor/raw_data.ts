/** A tensor's values as bytes, as the binary extension and gRPC send them: row-major, the least byte of each value first. */

import { ShapeError } from "../errors.ts";
import { type Datatype, type TensorData, VALUE_BYTES } from "./datatype.ts";
import { textOrBytes } from "./text_or_bytes.ts";
import { wholeText } from "./whole_text.ts";

const LENGTH_BYTES = 4; // before each value of BYTES

/** What is known of a tensor before its values are read. */
export interface RawTensor {
  /** What the tensor is called in errors. */
  readonly name: string;
  readonly datatype: Datatype;
  /** How many values its shape says. */
  readonly count: number;
}

/**
 * Reads the values of a tensor from its bytes: without a copy where they lie as the datatype needs, else by one.
 *
 * @example
 * ```ts
 * import { deepStrictEqual, throws } from "node:assert/strict";
 * import { decodeRaw } from "./raw_data.ts";
 *
 * const tensor = { name: "x", datatype: "UINT16", count: 2 } as const;
 * deepStrictEqual(decodeRaw(new Uint8Array([1, 0, 0, 1]), tensor), new Uint16Array([1, 256]));
 * throws(() => decodeRaw(new Uint8Array(3), tensor), /Cannot read "x" as UINT16: its 2 values need 4 bytes, and there are 3/);
 * ```
 *
 * @throws {ShapeError} If there are not as many values as the shape says, or the lengths of BYTES do not fit.
 * @throws {TypeError} If a byte of BOOL is neither 0 nor 1.
 */
export function decodeRaw(bytes: Uint8Array, tensor: RawTensor): TensorData {
  const { name, datatype, count } = tensor;
  if (datatype === "BYTES") return decodeItems(bytes, tensor);
  const size = VALUE_BYTES[datatype];
  if (bytes.length !== count * size) {
    throw new ShapeError(
      `Cannot read "${name}" as ${datatype}: its ${count} values need ${
        count * size
      } bytes, and there are ${bytes.length}`,
    );
  }
  if (datatype === "BOOL") checkBooleans(bytes, name);
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return viewOf(datatype, { buffer: buffer as ArrayBuffer, byteOffset, count });
}

/**
 * Writes the values of a tensor as bytes: a view, but for BYTES.
 *
 * @throws {TypeError} If a text has half a character.
 */
export function encodeRaw(data: TensorData): Uint8Array {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let total = 0;
  for (const item of data) total += LENGTH_BYTES + (typeof item === "string" ? bytesOf(item) : item.length);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const item of data) {
    const start = at + LENGTH_BYTES;
    const length = typeof item === "string" ? write(item, bytes, start) : item.length;
    if (typeof item !== "string") bytes.set(item, start);
    view.setUint32(at, length, true);
    at = start + length;
  }
  return bytes;
}

const UTF8 = new TextEncoder();
const SHORT = 64; // below it a loop is faster than the encoder

/** How many bytes a text has in UTF-8, which has none for half a surrogate pair. */
function bytesOf(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x80) bytes += 1;
    else if (code < 0x800) bytes += 2;
    else if ((code & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) {
      bytes += 4;
      index += 1;
    } else {
      if ((code & 0xf800) === 0xd800) wholeText(text, "write a value of BYTES");
      bytes += 3;
    }
  }
  return bytes;
}

function write(text: string, bytes: Uint8Array, start: number): number {
  if (text.length <= SHORT) {
    let index = 0;
    for (let code = 0; index < text.length && (code = text.charCodeAt(index)) < 0x80; index++) {
      bytes[start + index] = code;
    }
    if (index === text.length) return index;
  }
  return UTF8.encodeInto(text, bytes.subarray(start)).written;
}

function decodeItems(bytes: Uint8Array, { name, count }: RawTensor): (string | Uint8Array)[] {
  if (count * LENGTH_BYTES > bytes.length) {
    throw new ShapeError(
      `Cannot read "${name}" as BYTES: its ${count} values need ${
        count * LENGTH_BYTES
      } bytes for their lengths alone, and there are ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const items: (string | Uint8Array)[] = new Array(count);
  let at = 0;
  for (let index = 0; index < count; index++) {
    const end = at + LENGTH_BYTES > bytes.length ? Infinity : at + LENGTH_BYTES + view.getUint32(at, true);
    if (end > bytes.length) {
      throw new ShapeError(`Cannot read "${name}" as BYTES: its value ${index} of ${count} goes beyond the end`);
    }
    items[index] = textOrBytes(bytes.subarray(at + LENGTH_BYTES, end));
    at = end;
  }
  if (at !== bytes.length) {
    throw new ShapeError(
      `Cannot read "${name}" as BYTES: behind its ${count} values are ${bytes.length - at} bytes more`,
    );
  }
  return items;
}

function checkBooleans(bytes: Uint8Array, name: string): void {
  for (let index = 0; index < bytes.length; index++) {
    if (bytes[index]! > 1) {
      throw new TypeError(`Cannot read "${name}" as BOOL: its value ${index} is ${bytes[index]}, neither 0 nor 1`);
    }
  }
}

interface Place {
  readonly buffer: ArrayBuffer;
  readonly byteOffset: number;
  readonly count: number;
}

function viewOf(datatype: Exclude<Datatype, "BYTES">, { buffer, byteOffset, count }: Place): TensorData {
  switch (datatype) {
    case "BOOL":
    case "UINT8":
      return new Uint8Array(buffer, byteOffset, count);
    case "INT8":
      return new Int8Array(buffer, byteOffset, count);
    case "UINT16":
    case "FP16":
    case "BF16":
      return new Uint16Array(buffer, byteOffset, count);
    case "INT16":
      return new Int16Array(buffer, byteOffset, count);
    case "UINT32":
      return new Uint32Array(buffer, byteOffset, count);
    case "INT32":
      return new Int32Array(buffer, byteOffset, count);
    case "UINT64":
      return new BigUint64Array(buffer, byteOffset, count);
    case "INT64":
      return new BigInt64Array(buffer, byteOffset, count);
    case "FP32":
      return new Float32Array(buffer, byteOffset, count);
    case "FP64":
      return new Float64Array(buffer, byteOffset, count);
  }
}

/** A tensor's values in the typed lists of gRPC: one list a kind, several datatypes share one. */

import { ShapeError } from "../../errors.ts";
import { type Datatype, type TensorData, VALUE_BYTES } from "../../tensor/datatype.ts";
import { encodeRaw, type RawTensor } from "../../tensor/raw_data.ts";
import { textOrBytes } from "../../tensor/text_or_bytes.ts";
import { readMessage } from "./read_message.ts";
import type { WireReader, WireWriter } from "./wire.ts";
import { wholeText } from "../../tensor/whole_text.ts";

/** A datatype that has a typed list. */
export type TypedDatatype = Exclude<Datatype, "FP16" | "BF16">;

interface List {
  /** The field of its list. */
  readonly field: number;
  /** How one value comes: as a varint, in 4 or 8 bytes, or behind its length. */
  readonly type: 0 | 1 | 2 | 5;
}

/** Where each datatype's values are; FP16 and BF16 have no list. */
const LISTS: Readonly<Record<TypedDatatype, List>> = {
  BOOL: { field: 1, type: 0 },
  INT8: { field: 2, type: 0 },
  INT16: { field: 2, type: 0 },
  INT32: { field: 2, type: 0 },
  INT64: { field: 3, type: 0 },
  UINT8: { field: 4, type: 0 },
  UINT16: { field: 4, type: 0 },
  UINT32: { field: 4, type: 0 },
  UINT64: { field: 5, type: 0 },
  FP32: { field: 6, type: 5 },
  FP64: { field: 7, type: 1 },
  BYTES: { field: 8, type: 2 },
};
const LAST_LIST = 8;

/** Tells whether values of a datatype can be sent in a typed list. */
export function isTyped(datatype: Datatype): datatype is TypedDatatype {
  return Object.hasOwn(LISTS, datatype);
}

/**
 * Reads the values of one tensor from its contents.
 *
 * @throws {ShapeError} If there are not as many as the shape says; nothing is made for more values than the bytes can hold.
 * @throws {TypeError} If there are values of another kind, or one is out of the datatype's range.
 */
export function readContents(reader: WireReader, { name, datatype, count }: RawTensor): TensorData {
  if (!isTyped(datatype)) throw new TypeError(`Cannot read "${name}": ${datatype} has no typed contents; send it raw`);
  const { field, type } = LISTS[datatype];
  if (count > reader.len) throw wrongCount({ name, datatype, count }, `${reader.len} bytes`); // each takes one at least
  const values = new Values({ name, datatype, count });
  readMessage(reader, (tag) => {
    if (tag === field * 8 + type) values.take(reader);
    else if (tag === field * 8 + 2) values.takePacked(reader);
    else if (tag < 8 * (LAST_LIST + 1)) {
      throw new TypeError(`Cannot read "${name}" as ${datatype}: its contents are of another datatype`);
    } else return false;
    return true;
  });
  return values.data();
}

/** Writes the values of a tensor as its contents. */
export function writeContents(writer: WireWriter, datatype: TypedDatatype, data: TensorData): void {
  const { field, type } = LISTS[datatype];
  if (!ArrayBuffer.isView(data)) {
    const encoder = new TextEncoder();
    for (const item of data) writer.tag(field, 2).bytes(typeof item === "string" ? encoder.encode(whole(item)) : item);
  } else if (data.length > 0) {
    writer.tag(field, 2);
    if (type !== 0 || datatype === "BOOL") { // they lie as they are sent
      writer.bytes(encodeRaw(data));
      return;
    }
    writer.fork();
    if (data instanceof BigInt64Array) { for (const value of data) writer.int64(value); }
    else if (data instanceof BigUint64Array) { for (const value of data) writer.uint64(value); }
    else if (field === 2) { for (const value of data as Int32Array) writer.int32(value); }
    else for (const value of data as Uint32Array) writer.uint32(value);
    writer.join();
  }
}

function whole(text: string): string {
  return wholeText(text, "write a value of BYTES");
}

/** The values of a tensor as they are read. */
class Values {
  readonly #tensor: RawTensor;
  readonly #data: Filled;
  #length = 0;

  constructor(tensor: RawTensor) {
    this.#tensor = tensor;
    this.#data = emptyData(tensor);
  }

  /** Takes one value. */
  take(reader: WireReader): void {
    const { name, datatype, count } = this.#tensor;
    if (this.#length === count) throw wrongCount(this.#tensor, "more");
    const value = readValue(reader, datatype);
    const index = this.#length++;
    this.#data[index] = value as never;
    if (Array.isArray(this.#data) || Object.is(this.#data[index], value) || datatype === "FP32") return;
    throw new TypeError(`Cannot read "${name}" as ${datatype}: its value ${index} is ${value}, which is out of range`);
  }

  /** Takes several values that came as one field. */
  takePacked(reader: WireReader): void {
    const { datatype, count } = this.#tensor;
    const data = this.#data;
    if (data instanceof Float32Array || data instanceof Float64Array) {
      const bytes = reader.bytes();
      const size = VALUE_BYTES[datatype];
      if (bytes.length % size !== 0) throw wrongCount(this.#tensor, `${bytes.length} bytes, which are no whole number`);
      if (this.#length + bytes.length / size > count) throw wrongCount(this.#tensor, "more");
      encodeRaw(data).set(bytes, this.#length * size);
      this.#length += bytes.length / size;
      return;
    }
    const length = reader.uint32();
    const end = reader.pos + length;
    if (end > reader.len) throw new RangeError("a field goes beyond the end of its message");
    while (reader.pos < end) this.take(reader);
    if (reader.pos !== end) throw new RangeError("a field goes beyond the end of its message");
  }

  data(): TensorData {
    if (this.#length !== this.#tensor.count) throw wrongCount(this.#tensor, String(this.#length));
    return this.#data;
  }
}

type Filled = Exclude<TensorData, readonly unknown[]> | (string | Uint8Array)[];

function emptyData({ datatype, count }: RawTensor): Filled {
  switch (datatype) {
    case "BOOL":
    case "UINT8":
      return new Uint8Array(count);
    case "INT8":
      return new Int8Array(count);
    case "INT16":
      return new Int16Array(count);
    case "INT32":
      return new Int32Array(count);
    case "INT64":
      return new BigInt64Array(count);
    case "UINT16":
      return new Uint16Array(count);
    case "UINT32":
      return new Uint32Array(count);
    case "UINT64":
      return new BigUint64Array(count);
    case "FP32":
      return new Float32Array(count);
    case "FP64":
      return new Float64Array(count);
    default:
      return [];
  }
}

function readValue(reader: WireReader, datatype: Datatype): number | bigint | string | Uint8Array {
  switch (datatype) {
    case "BOOL":
      return reader.bool() ? 1 : 0;
    case "INT64":
      return BigInt(reader.int64());
    case "UINT64":
      return BigInt(reader.uint64());
    case "UINT8":
    case "UINT16":
    case "UINT32":
      return reader.uint32();
    case "FP32":
      return reader.float();
    case "FP64":
      return reader.double();
    case "BYTES":
      return textOrBytes(reader.bytes());
    default:
      return reader.int32();
  }
}

function wrongCount({ name, datatype, count }: RawTensor, found: string): ShapeError {
  return new ShapeError(
    `Cannot read "${name}" as ${datatype}: its shape needs ${count} values, and its contents have ${found}`,
  );
}

/** The wire format of protocol buffers, as much as ONNX files need: fields are read in place and written from parts. */

/** One field of a message. */
export interface WireField {
  readonly field: number;
  /** The value of a number; where the field has bytes, how many. Larger than numbers hold exactly: not exact. */
  readonly value: number;
  /** The bytes of text, a message or packed numbers, as a view; undefined for numbers. */
  readonly bytes: Uint8Array | undefined;
  /** The whole field with its tag, as a view. */
  readonly whole: Uint8Array;
}

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH = 2;
const FIXED_32 = 5;
const LONGEST_VARINT = 10; // bytes of a number of 64 bits

/**
 * Reads the fields of a message, one after another.
 *
 * @throws {RangeError} If the bytes are no message: they end within a field, or a field is of no known type.
 */
export function* readFields(bytes: Uint8Array): Generator<WireField, void, undefined> {
  let at = 0;
  function varint(): number {
    let [value, factor] = [0, 1];
    for (let count = 0; count < LONGEST_VARINT; count++) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError("they end within a number");
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw new RangeError(`byte ${at} is in a number that has no end`);
  }
  while (at < bytes.length) {
    const start = at;
    const tag = varint();
    const [field, type] = [Math.floor(tag / 8), tag % 8];
    if (field === 0) throw new RangeError(`byte ${start} begins a field without a number`);
    const [value, size] = type === VARINT
      ? [varint(), 0]
      : type === FIXED_64
      ? [8, 8]
      : type === FIXED_32
      ? [4, 4]
      : type === LENGTH
      ? repeat(varint())
      : refuseType(type, start);
    if (size > bytes.length - at) {
      throw new RangeError(`a field says that it has ${size} bytes where ${bytes.length - at} are left`);
    }
    at += size;
    yield {
      field,
      value,
      bytes: type === LENGTH ? bytes.subarray(at - size, at) : undefined,
      whole: bytes.subarray(start, at),
    };
  }
}

function repeat(size: number): [value: number, size: number] {
  return [size, size];
}

function refuseType(type: number, start: number): never {
  throw new RangeError(`byte ${start} begins a field of type ${type}, which is none`);
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** Reads text; what is not UTF-8 becomes replacement characters. */
export function readText(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? "" : DECODER.decode(bytes);
}

/** Reads whole numbers of 64 bits that are packed into one field. */
export function readPacked(bytes: Uint8Array): bigint[] {
  const values: bigint[] = [];
  let [value, shift] = [0n, 0n];
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte < 0x80) {
      values.push(BigInt.asIntN(64, value));
      [value, shift] = [0n, 0n];
    }
  }
  return values;
}

/** Writes a field that holds text, bytes, or a message made of fields. */
export function writeField(field: number, content: string | Uint8Array | readonly Uint8Array[]): Uint8Array {
  const parts = typeof content === "string"
    ? [ENCODER.encode(content)]
    : content instanceof Uint8Array
    ? [content]
    : content;
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  return join([varintOf(field * 8 + LENGTH), varintOf(size), ...parts]);
}

/** Writes a field that holds a whole number of 0 or more. */
export function writeNumber(field: number, value: number): Uint8Array {
  return join([varintOf(field * 8 + VARINT), varintOf(value)]);
}

/** Puts bytes together. */
export function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function varintOf(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push(rest % 128 + 0x80);
  return Uint8Array.from([...bytes, rest]);
}

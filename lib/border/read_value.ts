import { isDatatype, type TensorData } from "../tensor/datatype.ts";
import { decodeRaw } from "../tensor/raw_data.ts";
import { countOf } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { TensorReply } from "../tensor/tensor_reply.ts";
import { DEEPEST, MOST_DIGITS } from "./levada_json.ts";

/**
 * Reads a text of the type `LEVADA_JSON`: what `writeValue` wrote.
 *
 * @example
 * ```ts
 * import { deepStrictEqual, throws } from "node:assert/strict";
 * import { readValue } from "./read_value.ts";
 *
 * deepStrictEqual(readValue('{"at":{"$date":"1970-01-01T00:00:00.000Z"},"n":[{"$number":"NaN"}]}'), { at: new Date(0), n: [NaN] });
 * throws(() => readValue('{"at":{"$hour":5}}'), /it has "\$hour", which is none of Levada's words, or a newer one's/);
 * ```
 *
 * @throws {SyntaxError} If it is no JSON.
 * @throws {TypeError} If a word in it is not known, or does not hold what it should.
 */
export function readValue(text: string): unknown {
  return read(JSON.parse(text), 0);
}

function read(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth >= DEEPEST) throw new TypeError(`its lists and objects are more than ${DEEPEST} levels deep`);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const item: unknown = value[index];
      if (typeof item === "object") value[index] = read(item, depth + 1);
    }
    return value;
  }
  const keys = Object.keys(value);
  const [word] = keys;
  if (keys.length !== 1 || !word!.startsWith("$")) return fields(value as Record<string, unknown>, depth);
  const reader = WORDS.get(word!);
  if (reader === undefined) {
    throw new TypeError(
      `it has ${JSON.stringify(word!.slice(0, 40))}, which is none of Levada's words, or a newer one's`,
    );
  }
  try {
    return reader((value as Record<string, unknown>)[word!], depth + 1);
  } catch (error) {
    if (error instanceof WordError || !(error instanceof Error)) throw error;
    throw new WordError(`its "${word}" cannot be read: ${error.message}`, { cause: error });
  }
}

class WordError extends TypeError {}

function fields(value: Record<string, unknown>, depth: number): Record<string, unknown> {
  for (const key in value) {
    const item = value[key];
    if (typeof item !== "object" || item === null) continue;
    const is = read(item, depth + 1);
    if (is !== item) {
      Object.defineProperty(value, key, { value: is, writable: true, enumerable: true, configurable: true }); // `__proto__` is a name
    }
  }
  return value;
}

type Reader = (given: unknown, depth: number) => unknown;

const NUMBERS: ReadonlyMap<string, number> = new Map(
  [NaN, Infinity, -Infinity].map((number) => [String(number), number]),
);

const READERS: Readonly<Record<string, Reader>> = {
  $object: (given, depth) => fields(objectOf(given), depth),
  $date(given) {
    const date = new Date(given === null ? NaN : textOf(given));
    if (given !== null && Number.isNaN(date.getTime())) throw new TypeError("it is no time");
    return date;
  },
  $number(given) {
    const number = NUMBERS.get(textOf(given));
    if (number === undefined) throw new TypeError("it is neither NaN, Infinity nor -Infinity");
    return number;
  },
  $bigint(given) {
    const digits = textOf(given);
    if (!/^-?[0-9]+$/.test(digits) || digits.length > MOST_DIGITS) {
      throw new TypeError(`it is no integer of at most ${MOST_DIGITS} digits`);
    }
    return BigInt(digits);
  },
  $undefined: () => undefined,
  $map(given, depth) {
    return new Map(
      listOf(given).map((pair) => {
        const { length, 0: key, 1: value } = listOf(pair);
        if (length !== 2) throw new TypeError("it is no list of pairs");
        return [read(key, depth + 2), read(value, depth + 2)];
      }),
    );
  },
  $set: (given, depth) => new Set(listOf(given).map((item) => read(item, depth + 1))),
  $ArrayBuffer: (given) => Uint8Array.fromBase64(textOf(given)).buffer,
  $DataView: (given) => new DataView(Uint8Array.fromBase64(textOf(given)).buffer),
  $tensor: (given, depth) => tensorOf(objectOf(given), depth + 1),
  $reply(given, depth) {
    const { model_name, model_version, id, parameters, outputs } = objectOf(given);
    return new TensorReply({
      model_name: textOf(model_name),
      ...(model_version === undefined ? {} : { model_version: textOf(model_version) }),
      id: textOf(id),
      ...(parameters === undefined ? {} : { parameters: read(parameters, depth + 1) as Record<string, unknown> }),
      outputs: listOf(outputs).map((output) => {
        const tensor = read(output, depth + 2);
        if (!(tensor instanceof Tensor)) throw new TypeError("an output of it is no tensor");
        return tensor;
      }),
    });
  },
};

/** Where the bytes of typed arrays are read; Float16Array where the engine has it. */
const ARRAYS = [
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float16Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
].flatMap((name): [string, Reader][] => {
  const Made = (globalThis as unknown as Record<string, new (bytes: ArrayBuffer) => unknown>)[name];
  return Made === undefined ? [] : [[`$${name}`, (given) => new Made(Uint8Array.fromBase64(textOf(given)).buffer)]];
});

const WORDS: ReadonlyMap<string, Reader> = new Map([...Object.entries(READERS), ...ARRAYS]);

function tensorOf({ name, datatype, shape, data, parameters }: Record<string, unknown>, depth: number): Tensor {
  const told = textOf(name);
  if (!isDatatype(datatype)) throw new TypeError("its datatype is none");
  const count = countOf(shape, told);
  const values = datatype === "BYTES"
    ? listOf(data).map((item) => itemOf(read(item, depth + 1)))
    : decodeRaw(Uint8Array.fromBase64(textOf(data)), { name: told, datatype, count });
  return new Tensor(told, {
    datatype,
    shape: shape as number[],
    data: values as TensorData,
    ...(parameters === undefined ? {} : { parameters: objectOf(read(parameters, depth + 1)) }),
  });
}

function itemOf(item: unknown): string | Uint8Array {
  if (typeof item === "string" || item instanceof Uint8Array) return item;
  throw new TypeError("an item of it is neither text nor bytes");
}

function textOf(given: unknown): string {
  if (typeof given === "string") return given;
  throw new TypeError("it holds no text");
}

function listOf(given: unknown): unknown[] {
  if (Array.isArray(given)) return given;
  throw new TypeError("it holds no list");
}

function objectOf(given: unknown): Record<string, unknown> {
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return given as Record<string, unknown>;
  throw new TypeError("it holds no object");
}

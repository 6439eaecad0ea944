import { TensorReply } from "../tensor/tensor_reply.ts";
import { isObject } from "../protocol/request_body.ts";

/** What one answer has another way than another: the first place where they differ. */
export interface AnswerDifference {
  /** `outputs[0][3]`; empty where the whole differs. */
  readonly place: string;
  readonly one: unknown;
  readonly other: unknown;
}

/**
 * The first difference of two models' answers; undefined where they are the same: numbers within the tolerance, everything else exactly.
 * Of replies the outputs count, not their names, ids and times; of tensors name, shape and values, not the datatype. What JSON writes in
 * its own way (a Date) is compared as that.
 *
 * @param tolerance Of numbers: absolute up to 1, relative beyond. 0 or more. What is infinite is near to nothing else.
 * @throws {TypeError} If what is in one of them shows nothing that could be compared, such as a generator.
 */
export function answerDifference(one: unknown, other: unknown, tolerance: number): AnswerDifference | undefined {
  return difference(comparable(one), comparable(other), { place: "", tolerance });
}

interface Where {
  readonly place: string;
  readonly tolerance: number;
}

/** What counts of an answer. */
export function comparable(answer: unknown): unknown {
  if (answer instanceof TensorReply) {
    const tensors = answer.outputs.map((tensor) => [tensor.name, { shape: tensor.shape, data: tensor.values() }]);
    return { outputs: Object.fromEntries(tensors) };
  }
  return isObject(answer) && Object.hasOwn(answer, "outputs") ? { outputs: answer.outputs } : answer;
}

function difference(one: unknown, other: unknown, where: Where): AnswerDifference | undefined {
  const [a, b] = [plainOf(one), plainOf(other)];
  if (isNumber(a) && isNumber(b)) {
    return isNear(a, b, where.tolerance) ? undefined : { place: where.place, one: a, other: b };
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return { place: `${where.place}.length`, one: a.length, other: b.length };
    for (let index = 0; index < a.length; index++) {
      const found = difference(a[index], b[index], { ...where, place: `${where.place}[${index}]` });
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isObject(a) || !isObject(b)) return Object.is(a, b) ? undefined : { place: where.place, one: a, other: b };
  if (a === b) return undefined;
  for (const value of [a, b]) {
    if (isOpaque(value)) throw new TypeError(`Cannot compare ${where.place || "its root"}: ${opaqueName(value)}`);
  }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const place = where.place === "" ? key : `${where.place}.${key}`;
    const found = difference(field(a, key), field(b, key), { ...where, place });
    if (found !== undefined) return found;
  }
  return undefined;
}

function field(value: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function isNear(a: number | bigint, b: number | bigint, tolerance: number): boolean {
  if (typeof a === "bigint" && typeof b === "bigint") return a === b;
  const [x, y] = [Number(a), Number(b)];
  if (Object.is(x, y) || x === y) return true;
  if (!Number.isFinite(x) || !Number.isFinite(y)) return false; // no distance, and any tolerance of the infinite is infinite
  return Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(x), Math.abs(y));
}

/** A value as lists and objects with fields, one level deep. */
export function plainOf(value: unknown): unknown {
  if (value instanceof ArrayBuffer) return Array.from(new Uint8Array(value));
  if (value instanceof DataView) return Array.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array);
  if (value instanceof Map || value instanceof Set) return [...value];
  if (value instanceof Error) return { ...value, name: value.name, message: value.message };
  return isObject(value) && typeof value.toJSON === "function" ? value.toJSON() : value;
}

/** Whether an object is more than its own fields, of which it has none: a generator, a promise, a class with private fields. */
export function isOpaque(value: Record<string, unknown>): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype !== null && prototype !== Object.prototype && Object.keys(value).length === 0;
}

function opaqueName(value: object): string {
  const name = Object.prototype.toString.call(value).slice("[object ".length, -1);
  return `it is a ${name === "Object" ? value.constructor?.name ?? name : name}, which shows no values`;
}

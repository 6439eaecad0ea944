/** Tensors as the open inference protocol writes them, for those who describe the wire: schemas. */

import { isDeepStrictEqual } from "node:util";
import { Tensor } from "./tensor.ts";

const FIELDS = ["inputs", "outputs"]; // where requests and replies have tensors

/**
 * A tensor, a list with tensors, or a body with them in `inputs` or `outputs`, with `{ name, datatype, shape, data, parameters }` in place
 * of each: `data` is a flat list, made when it is asked for, of numbers, booleans and text, and of bigints beyond 2^53. Anything else as it is.
 */
export function wireForm(value: unknown): unknown {
  if (value instanceof Tensor) return wireTensor(value);
  if (Array.isArray(value)) return hasTensors(value) ? value.map((item) => wireForm(item)) : value;
  const fields = fieldsWithTensors(value);
  if (fields.length === 0) return value;
  const body = value as Readonly<Record<string, unknown>>;
  return { ...body, ...Object.fromEntries(fields.map((field) => [field, wireForm(body[field])])) };
}

/** What a schema read of `wireForm(given)`, with the tensors back where it changed nothing of what it read; it may have read less. */
export function withTensors(read: unknown, given: unknown): unknown {
  if (given instanceof Tensor) return isUnchanged(read, given) ? given : read;
  if (Array.isArray(given)) {
    if (!Array.isArray(read) || read.length !== given.length || !hasTensors(given)) return read;
    return read.map((item, index) => withTensors(item, given[index]));
  }
  if (typeof read !== "object" || read === null) return read;
  const [body, from] = [read as Readonly<Record<string, unknown>>, given as Readonly<Record<string, unknown>>];
  const fields = fieldsWithTensors(given).filter((field) => Object.hasOwn(read, field));
  if (fields.length === 0) return read;
  return { ...body, ...Object.fromEntries(fields.map((field) => [field, withTensors(body[field], from[field])])) };
}

function wireTensor(tensor: Tensor): object {
  const { name, datatype, shape, parameters } = tensor;
  let list: unknown[] | undefined;
  return {
    name,
    datatype,
    shape,
    get data() {
      return list ??= tensor.values();
    },
    ...(parameters === undefined ? {} : { parameters }),
  };
}

function isUnchanged(read: unknown, tensor: Tensor): boolean {
  if (typeof read !== "object" || read === null || Array.isArray(read)) return false;
  const wire = wireTensor(tensor) as Readonly<Record<string, unknown>>;
  return Object.entries(read).every(([field, value]) =>
    Object.hasOwn(wire, field) && isDeepStrictEqual(value, wire[field])
  );
}

function hasTensors(list: readonly unknown[]): boolean {
  return list.some((item) => item instanceof Tensor);
}

function fieldsWithTensors(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  const body = value as Readonly<Record<string, unknown>>;
  return FIELDS.filter((field) => Array.isArray(body[field]) && hasTensors(body[field]));
}

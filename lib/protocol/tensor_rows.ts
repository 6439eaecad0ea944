/** Tensors as rows, and rows as tensors: between models and routers that know the one, and callers that speak of the other. */

import { ShapeError } from "../errors.ts";
import { isDatatype } from "../tensor/datatype.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { TensorSpec } from "../tensor/tensor_spec.ts";
import { isObject } from "./request_body.ts";

/** What rows are called that nobody gave a name. */
export const UNNAMED = "output";

/**
 * The rows of tensors: of one tensor its nested values; of several an object for each row, with the tensors' names as keys. A tensor
 * without dimensions is one row.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { Tensor } from "../tensor/tensor.ts";
 * import { rowsOf } from "./tensor_rows.ts";
 *
 * const [x, y] = [Tensor.from("x", [[1, 2], [3, 4]]), Tensor.from("y", ["a", "b"])];
 * deepStrictEqual(rowsOf([x]), [[1, 2], [3, 4]]);
 * deepStrictEqual(rowsOf([x, y]), [{ x: [1, 2], y: "a" }, { x: [3, 4], y: "b" }]);
 * ```
 *
 * @throws {ShapeError} If several tensors have different numbers of rows.
 */
export function rowsOf(tensors: readonly Tensor[]): unknown[] {
  const [first] = tensors;
  if (first === undefined) return [];
  if (tensors.length === 1) return listOf(first);
  const columns = tensors.map(listOf);
  const count = columns[0]!.length;
  const other = columns.findIndex((column) => column.length !== count);
  if (other >= 0) {
    throw new ShapeError(
      `Cannot read "${first.name}" and "${tensors[other]!.name}" as rows: there are ${count} and ${
        columns[other]!.length
      }`,
    );
  }
  return columns[0]!.map((_, row) =>
    Object.fromEntries(tensors.map(({ name }, column) => [name, columns[column]![row]]))
  );
}

/**
 * The tensors of what a model gives: of rows, of an object with a list for each name, of tensors as they are. Lists of objects become one
 * tensor for each key.
 *
 * @param declared What the model says that it gives: names, datatypes, and shapes where one dimension more is told than the rows have
 * (`[-1, 1]` for a list of numbers). Default: by the values, under the name `output`.
 * @throws {ShapeError} If a tensor's lists are ragged.
 * @throws {TypeError} If rows differ in their keys, a declared output is missing, or a value is not of the datatype.
 */
export function tensorsOf(given: unknown, declared: readonly TensorSpec[] = []): Tensor[] {
  if (given instanceof Tensor) return [given];
  if (Array.isArray(given) && given.length > 0 && given.every((item) => item instanceof Tensor)) return given;
  const columns = columnsOf(given);
  if (columns !== undefined) return namedTensors(columns, declared);
  if (declared.length > 1) {
    throw new TypeError(
      `Cannot answer with ${namesOf(declared)}: rows without names were given; give objects with these keys`,
    );
  }
  return [tensorOf(declared[0]?.name ?? UNNAMED, given, declared[0])];
}

function listOf(tensor: Tensor): unknown[] {
  const nested = tensor.nested();
  return tensor.shape.length === 0 ? [nested] : nested as unknown[];
}

/** Values by name, where they have names; undefined where they have none. */
function columnsOf(given: unknown): Map<string, unknown> | undefined {
  if (isPlain(given)) return new Map(Object.entries(given));
  if (!Array.isArray(given) || !given.some(isPlain)) return undefined;
  const names = Object.keys(given.find(isPlain)!);
  const columns = new Map(names.map((name) => [name, [] as unknown[]]));
  given.forEach((row: unknown, index) => {
    if (!isPlain(row)) throw new TypeError(`Cannot answer with tensors: row ${index} is no object, and others are`);
    const keys = Object.keys(row);
    if (keys.length !== names.length || !names.every((name) => Object.hasOwn(row, name))) {
      throw new TypeError(
        `Cannot answer with tensors: row ${index} has ${keys.join(", ") || "no keys"}, and row 0 ${names.join(", ")}`,
      );
    }
    for (const name of names) columns.get(name)!.push(row[name]);
  });
  return columns;
}

function namedTensors(columns: ReadonlyMap<string, unknown>, declared: readonly TensorSpec[]): Tensor[] {
  const missing = declared.filter(({ name }) => !columns.has(name));
  if (missing.length > 0) {
    throw new TypeError(
      `Cannot answer with ${namesOf(declared)}: ${namesOf(missing)} ${missing.length === 1 ? "is" : "are"} not among ${
        [...columns.keys()].join(", ")
      }`,
    );
  }
  const known = declared.map((spec) => tensorOf(spec.name, columns.get(spec.name), spec));
  const others = [...columns].filter(([name]) => !declared.some((spec) => spec.name === name));
  return [...known, ...others.map(([name, values]) => tensorOf(name, values))];
}

function tensorOf(name: string, values: unknown, spec?: TensorSpec): Tensor {
  if (values instanceof Tensor) return values.named(name);
  const isSingle = !Array.isArray(values) && !ArrayBuffer.isView(values);
  const datatype = spec !== undefined && isDatatype(spec.datatype) ? spec.datatype : undefined;
  const tensor = Tensor.from(name, isSingle ? [values] : values, datatype);
  const shape = spec === undefined ? undefined : fittedShape(tensor.shape, spec.shape);
  return shape === undefined ? tensor : new Tensor(name, { datatype: tensor.datatype, shape, data: tensor.data });
}

/** The declared shape with its free dimension filled in, where the values are nested otherwise; undefined where that is not one shape. */
function fittedShape(shape: readonly number[], declared: readonly (number | string)[]): number[] | undefined {
  if (declared.length === shape.length || declared.length === 0) return undefined;
  const free = declared.filter((size) => typeof size === "string" || size < 0).length;
  const fixed = declared.reduce<number>(
    (product, size) => typeof size === "number" && size >= 0 ? product * size : product,
    1,
  );
  const count = shape.reduce((product, size) => product * size, 1);
  if (free > 1 || fixed === 0 || count % fixed !== 0 || (free === 0 && count !== fixed)) return undefined;
  return declared.map((size) => typeof size === "number" && size >= 0 ? size : count / fixed);
}

/** Tells whether a value is an object that stands for a row: no list, no typed array, no tensor. */
function isPlain(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !(value instanceof Tensor);
}

function namesOf(specs: readonly TensorSpec[]): string {
  return specs.map(({ name }) => name).join(", ");
}

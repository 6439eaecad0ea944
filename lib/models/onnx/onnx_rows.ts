import { ShapeError } from "../../errors.ts";
import type { TensorInfo } from "../../protocol/reply.ts";
import { isObject } from "../../protocol/request_body.ts";
import type { Datatype } from "../../tensor/datatype.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { readWide } from "../wide_integers.ts";

/**
 * Makes the tensors that a model takes from rows: lists for a model of one input, `[[1, 2], [3, 4]]`; objects by the names of the inputs
 * else, `[{ age: 5, name: "Ada" }]`. Where an input takes rows of one value, the value alone will do.
 *
 * @throws {ShapeError} If rows are ragged, or name other inputs than the model takes.
 * @throws {TypeError} If a value is not of its input's datatype.
 */
export function tensorsOfRows(inputs: readonly TensorInfo[], rows: readonly unknown[]): Tensor[] {
  const [first] = inputs;
  if (first !== undefined && inputs.length === 1 && !rows.every(isObject)) {
    return [tensorOfColumn(first, { place: "inputs", values: rows })];
  }
  const columns = new Map(inputs.map(({ name }) => [name, [] as unknown[]]));
  rows.forEach((row, index) => {
    if (!isObject(row)) {
      throw new ShapeError(
        `Cannot read inputs[${index}]: it is no object with the model's inputs ${[...columns.keys()].join(", ")}`,
      );
    }
    const strange = Object.keys(row).find((name) => !columns.has(name));
    const missing = inputs.find(({ name }) => !Object.hasOwn(row, name));
    if (strange === undefined && missing === undefined) {
      for (const [name, values] of columns) values.push(row[name]);
      return;
    }
    const state = missing === undefined ? `it has "${strange}"` : `it has no "${missing.name}"`;
    throw new ShapeError(
      `Cannot read inputs[${index}]: the model takes ${[...columns.keys()].join(", ")}, and ${state}`,
    );
  });
  return inputs.map((info) => tensorOfColumn(info, { place: info.name, values: columns.get(info.name)! }));
}

/**
 * Makes a tensor for an input from nested lists. Integers of 64 bits may be text, `"9007199254740993"`.
 *
 * @throws {ShapeError} If the lists are ragged.
 * @throws {TypeError} If a value is not of the input's datatype.
 */
export function tensorOfColumn(
  info: TensorInfo,
  { place, values }: { readonly place: string; readonly values: unknown },
): Tensor {
  const { datatype, shape, data } = Tensor.from(place, readWide(values, info.datatype), info.datatype as Datatype);
  return new Tensor(info.name, { datatype, shape: completed(shape, info.shape), data });
}

/** What lists cannot say: `[]` is no rows of any width; and of rows of one value only the values are there. */
function completed(shape: readonly number[], taken: readonly number[]): readonly number[] {
  if (shape.length !== 1 || taken.length < 2) return shape;
  if (shape[0] === 0) return [0, ...taken.slice(1).map((size) => Math.max(0, size))];
  return taken.length === 2 && taken[1] === 1 ? [shape[0]!, 1] : shape;
}

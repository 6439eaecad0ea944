import { ShapeError } from "../errors.ts";
import { MOST_DIMENSIONS } from "./nested.ts";

const MOST_BEFORE_ZERO = 65_536; // lists that an empty tensor may be nested in: its bytes do not bound them

/**
 * How many values a tensor of a shape has.
 *
 * @example
 * ```ts
 * import { strictEqual, throws } from "node:assert/strict";
 * import { countOf } from "./shape.ts";
 *
 * strictEqual(countOf([2, 3], "x"), 6);
 * strictEqual(countOf([], "x"), 1);
 * throws(() => countOf([2 ** 40, 2 ** 40], "x"), /more values than can be counted/);
 * ```
 *
 * @param name What the tensor is called in errors.
 * @throws {ShapeError} If a size is no whole number of 0 or more, or nothing could hold so many values or dimensions.
 */
export function countOf(shape: unknown, name: string): number {
  if (!Array.isArray(shape)) throw new ShapeError(`Cannot read "${name}": its shape is no list of sizes`);
  if (shape.length > MOST_DIMENSIONS) {
    throw new ShapeError(
      `Cannot read "${name}": its shape has ${shape.length} dimensions, and at most ${MOST_DIMENSIONS} are taken`,
    );
  }
  let count = 1;
  for (let index = 0; index < shape.length; index++) {
    const size: unknown = shape[index];
    if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) throw wrongSize(name, size);
    if (size === 0 && count > MOST_BEFORE_ZERO) {
      throw new ShapeError(`Cannot read "${name}" as shape [${shape}]: it is empty and holds ${count} lists`);
    }
    count *= size;
    if (!Number.isSafeInteger(count)) {
      throw new ShapeError(`Cannot read "${name}" as shape [${shape}]: these are more values than can be counted`);
    }
  }
  return count;
}

function wrongSize(name: string, size: unknown): ShapeError {
  const found = typeof size === "number" || typeof size === "string" ? JSON.stringify(size).slice(0, 40) : typeof size;
  return new ShapeError(`Cannot read "${name}": its shape has the size ${found}, and sizes are whole numbers from 0`);
}

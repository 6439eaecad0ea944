import { ShapeError } from "../errors.ts";

/** Values in one row, and the shape in which they were nested. */
export interface Flat {
  readonly shape: readonly number[];
  readonly values: readonly unknown[];
}

/** How many dimensions a tensor may have: no model takes more, and a hostile list must not exhaust the stack. */
export const MOST_DIMENSIONS = 32;

/**
 * Takes nested lists apart.
 *
 * @param name What the lists are called in errors.
 * @throws {ShapeError} If lists of one depth differ in length, or lists and values stand side by side.
 */
export function flatten(name: string, nested: unknown): Flat {
  const shape: number[] = [];
  for (let at = nested; Array.isArray(at); at = at[0]) {
    shape.push(at.length);
    if (shape.length > MOST_DIMENSIONS) {
      throw new ShapeError(`Cannot read "${name}" as a tensor: its lists are more than ${MOST_DIMENSIONS} deep`);
    }
    if (at.length === 0) break;
  }
  return { shape, values: flattenAs(shape, { name, nested }) };
}

/**
 * Takes lists apart that are nested as a shape says. What it makes is not larger than what it was given, whatever the shape says.
 *
 * @throws {ShapeError} If they are nested otherwise, naming where: `x[1] has 3`.
 */
export function flattenAs(
  shape: readonly number[],
  { name, nested }: { readonly name: string; readonly nested: unknown },
): unknown[] {
  const values: unknown[] = [];
  const path: number[] = [];
  const last = shape.length - 1;
  function refuse(state: string, index?: number): never {
    const place = [...path, ...(index === undefined ? [] : [index])].map((step) => `[${step}]`).join("");
    throw new ShapeError(`Cannot read "${name}" as shape [${shape}]: ${name}${place} ${state}`);
  }
  function collect(list: unknown, depth: number): void {
    if (!Array.isArray(list)) return refuse("is no list");
    if (list.length !== shape[depth]) refuse(`has ${list.length}`);
    if (depth === last) {
      for (let index = 0; index < list.length; index++) {
        const value = list[index];
        if (Array.isArray(value)) refuse("is a list", index);
        values.push(value);
      }
      return;
    }
    for (let index = 0; index < list.length; index++) {
      path.push(index);
      collect(list[index], depth + 1);
      path.pop();
    }
  }
  if (shape.length > 0) collect(nested, 0);
  else if (Array.isArray(nested)) refuse("is a list");
  else values.push(nested);
  return values;
}

/** Nests values by a shape: `nest([1, 2, 3, 4], [2, 2])` is `[[1, 2], [3, 4]]`. */
export function nest(values: readonly unknown[], shape: readonly number[]): unknown {
  if (shape.length === 1) return values;
  if (shape.length === 0) return values[0];
  let next = 0;
  const last = shape.length - 1;
  function level(depth: number): unknown[] {
    const size = shape[depth]!;
    if (depth === last) return values.slice(next, next += size);
    const list: unknown[] = new Array(size);
    for (let index = 0; index < size; index++) list[index] = level(depth + 1);
    return list;
  }
  return level(0);
}

/** Where in nested lists a flat index stands: `inputs[1][3]`. */
export function placeOf(name: string, shape: readonly number[], index: number): string {
  let rest = index;
  const steps = shape.toReversed().map((size) => {
    const step = rest % size;
    rest = Math.floor(rest / size);
    return `[${step}]`;
  });
  return name + steps.toReversed().join("");
}

import { ShapeError } from "../errors.ts";

/** Values in one row, and the shape in which they were nested. */
export interface Flat {
  readonly shape: readonly number[];
  readonly values: readonly unknown[];
}

const DEEPEST = 32; // no model takes more dimensions, and a hostile list must not exhaust the stack

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
    if (shape.length > DEEPEST) {
      throw new ShapeError(`Cannot read "${name}" as a tensor: its lists are more than ${DEEPEST} deep`);
    }
    if (at.length === 0) break;
  }
  const values: unknown[] = [];
  collect(nested, { name, shape, depth: 0, path: name, values });
  return { shape, values };
}

interface Walk {
  readonly name: string;
  readonly shape: readonly number[];
  readonly depth: number;
  readonly path: string;
  readonly values: unknown[];
}

function collect(nested: unknown, walk: Walk): void {
  const { name, shape, depth, path, values } = walk;
  if (depth === shape.length) {
    if (Array.isArray(nested)) throw ragged(name, shape, `${path} is a list`);
    values.push(nested);
    return;
  }
  if (!Array.isArray(nested)) throw ragged(name, shape, `${path} is no list`);
  if (nested.length !== shape[depth]) throw ragged(name, shape, `${path} has ${nested.length}`);
  for (let index = 0; index < nested.length; index++) {
    collect(nested[index], { ...walk, depth: depth + 1, path: `${path}[${index}]` });
  }
}

function ragged(name: string, shape: readonly number[], state: string): ShapeError {
  return new ShapeError(`Cannot read "${name}" as shape [${shape}]: ${state}`);
}

/** Nests values by a shape: `nest([1, 2, 3, 4], [2, 2])` is `[[1, 2], [3, 4]]`. */
export function nest(values: readonly unknown[], shape: readonly number[]): unknown {
  let next = 0;
  function level(depth: number): unknown {
    if (depth === shape.length) return values[next++];
    return Array.from({ length: shape[depth]! }, () => level(depth + 1));
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

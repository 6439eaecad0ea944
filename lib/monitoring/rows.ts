import { rowsOf } from "../protocol/tensor_rows.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Rows of which some may be taken, without looking at the others. */
export interface Rows {
  readonly count: number;
  /** How many values each has, as far as that is known without looking: 1 at least. */
  readonly width: number;
  /** The rows at these places. */
  take(places: readonly number[]): unknown[];
}

/** The rows in what a model got or gave: a list, a typed array, tensors with one number of rows; undefined where there are none. */
export function rowsIn(given: unknown): Rows | undefined {
  if (Array.isArray(given)) {
    return given.length > 0 && given.every((item) => item instanceof Tensor) ? tensorRows(given) : listRows(given);
  }
  return ArrayBuffer.isView(given) && !(given instanceof DataView) ? listRows(given as Uint8Array) : undefined;
}

function listRows(list: ArrayLike<unknown>): Rows {
  return { count: list.length, width: 1, take: (places) => places.map((place) => list[place]) };
}

function tensorRows(tensors: readonly Tensor[]): Rows | undefined {
  const count = tensors[0]!.shape[0] ?? 1;
  if (tensors.some(({ shape }) => (shape[0] ?? 1) !== count)) return undefined;
  const width = tensors.reduce((sum, { shape }) => sum + product(shape.slice(1)), 0);
  return {
    count,
    width: Math.max(1, width),
    take: (places) => places.flatMap((place) => rowsOf(tensors.map((tensor) => rowOf(tensor, place)))),
  };
}

/** One row of a tensor, as a tensor of one row. */
function rowOf({ name, datatype, shape, data }: Tensor, place: number): Tensor {
  const [, ...inner] = shape;
  const size = product(inner);
  const part = (data as Uint8Array).slice(place * size, (place + 1) * size);
  return new Tensor(name, { datatype, shape: [1, ...inner], data: part });
}

function product(lengths: readonly number[]): number {
  return lengths.reduce((all, length) => all * length, 1);
}

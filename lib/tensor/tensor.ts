import { ShapeError } from "../errors.ts";
import { type Datatype, decodeData, encodeData, isDatatype, type TensorData } from "./datatype.ts";
import { inferValues } from "./infer_values.ts";
import { nest, placeOf } from "./nested.ts";
import { countOf } from "./shape.ts";

/** What a tensor is made of. */
export interface TensorInit {
  /** `FP32`, `INT64`, `BYTES`, as the open inference protocol names them. */
  readonly datatype: Datatype;
  /** Sizes, each 0 or more; none for a single value. */
  readonly shape: readonly number[];
  /** As many values as the shape says, row-major. */
  readonly data: TensorData;
  /** What else is said of it. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Values of one datatype in a shape, with a name: what handlers find as `inputs` of a request of the open inference protocol, however it
 * came, and what models give.
 *
 * @example From nested lists and back
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { Tensor } from "levada";
 *
 * const tensor = Tensor.from("x", [[1, 2], [3, 4]], "FP32");
 * deepStrictEqual([tensor.shape, tensor.data], [[2, 2], new Float32Array([1, 2, 3, 4])]);
 * deepStrictEqual(tensor.nested(), [[1, 2], [3, 4]]);
 * ```
 */
export class Tensor {
  /** What the model calls it. */
  readonly name: string;
  /** The kind of its values. */
  readonly datatype: Datatype;
  /** Sizes, each 0 or more; none for a single value. */
  readonly shape: readonly number[];
  /**
   * The values, row-major. BOOL and UINT8: `Uint8Array`; other integers: the typed array of their width; FP16 and BF16: the bits, a
   * `Uint16Array`; FP32 and FP64: `Float32Array`, `Float64Array`; BYTES: a list of text, or bytes where they are not valid UTF-8. It may
   * be a view on the request's bytes. `values` gives plain values.
   */
  readonly data: TensorData;
  /** What else is said of it; undefined where nothing is. */
  readonly parameters: Readonly<Record<string, unknown>> | undefined;

  /**
   * Takes the data as it is, without a copy.
   *
   * @throws {ShapeError} If the shape is none, or there are not as many values as it says.
   * @throws {TypeError} If the data is of another datatype.
   */
  constructor(name: string, { datatype, shape, data, parameters }: TensorInit) {
    const count = countOf(shape, name);
    if (!isDataOf(datatype, data)) throw new TypeError(`Cannot read "${name}" as ${datatype}: ${found(data)}`);
    if (data.length !== count) {
      throw new ShapeError(
        `Cannot read "${name}" as shape [${shape}], which needs ${count} values: its data has ${data.length}`,
      );
    }
    this.name = name;
    this.datatype = datatype;
    this.shape = shape;
    this.data = data;
    this.parameters = parameters;
  }

  /**
   * Makes a tensor from nested lists, a typed array, or a list of typed arrays.
   *
   * @param datatype Default: by the values. Booleans are BOOL, whole numbers INT64 (UINT64 where only that holds them), other numbers FP64,
   * text and bytes BYTES, a typed array its own; FP64 where there are no values.
   * @throws {ShapeError} If the lists are ragged or more than 32 deep.
   * @throws {TypeError} If a value is not of the datatype, or no datatype holds them all.
   */
  static from(name: string, nested: unknown, datatype?: Datatype): Tensor {
    const inferred = inferValues(name, nested, datatype);
    const { shape, values } = inferred;
    const type = datatype ?? inferred.datatype;
    const data = inferred.data !== undefined && isDataOf(type, inferred.data)
      ? inferred.data
      : encodeData(type, values, (index) => placeOf(name, shape, index));
    return new Tensor(name, { datatype: type, shape, data });
  }

  /** The values in one row: numbers, booleans, text; bigints for integers that numbers do not hold exactly. */
  values(): unknown[] {
    return decodeData(this.data, this.datatype);
  }

  /** The values in lists, nested by the shape; a single value where it has no dimensions. */
  nested(): unknown {
    return nest(this.values(), this.shape);
  }

  /** The same under another name. */
  named(name: string): Tensor {
    return new Tensor(name, this);
  }

  /** The same with data of its own, for another branch of a graph. */
  [Symbol.for("levada.copy")](): Tensor {
    const { name, datatype, shape, data, parameters } = this;
    return new Tensor(name, {
      datatype,
      shape: [...shape],
      data: data.slice(),
      parameters: structuredClone(parameters),
    });
  }

  /** As the open inference protocol writes it, its data flat; NaN is null. */
  toJSON(): object {
    const { name, datatype, shape, parameters } = this;
    const data = this.values().map((value) => Number.isNaN(value) ? null : value);
    return { name, datatype, shape, ...(parameters === undefined ? {} : { parameters }), data };
  }
}

// deno-lint-ignore ban-types -- any class
const CLASSES: Readonly<Record<Datatype, Function>> = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Uint16Array,
  BF16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
  BYTES: Array,
};

/** Tells whether data is of the class that a datatype's has. */
export function isDataOf(datatype: Datatype, data: unknown): data is TensorData {
  return isDatatype(datatype) && data instanceof CLASSES[datatype];
}

function found(data: unknown): string {
  if (typeof data !== "object" || data === null) return `its data is ${data === null ? "null" : `a ${typeof data}`}`;
  return `its data is ${Array.isArray(data) ? "a list" : `a ${data.constructor?.name ?? "class instance"}`}`;
}

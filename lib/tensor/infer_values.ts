import type { Datatype, TensorData } from "./datatype.ts";
import { flatten } from "./nested.ts";

/** What nested values are, looked at without being told. */
export interface Inferred {
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** In one row. */
  readonly values: readonly unknown[];
  /** Set where the values are one typed array already. */
  readonly data: TensorData | undefined;
}

const TYPED: readonly (readonly [new (length: number) => TensorData, Datatype])[] = [
  [Float32Array, "FP32"],
  [Float64Array, "FP64"],
  [BigInt64Array, "INT64"],
  [Int32Array, "INT32"],
  [Uint8Array, "UINT8"],
  [Int8Array, "INT8"],
  [Int16Array, "INT16"],
  [Uint16Array, "UINT16"],
  [Uint32Array, "UINT32"],
  [BigUint64Array, "UINT64"],
];

const MOST_SIGNED = 2n ** 63n - 1n;

/**
 * Tells datatype and shape of nested lists, of a typed array, or of a list of typed arrays.
 *
 * @param asked What it will be; then the datatype here is of no use, and values of several kinds are no error. Bytes in lists are one
 * value each where BYTES is asked.
 * @throws {ShapeError} If the lists are ragged or more than 32 deep.
 * @throws {TypeError} If no datatype holds all values.
 */
export function inferValues(name: string, nested: unknown, asked?: Datatype): Inferred {
  const typed = typeOfArray(nested);
  if (typed !== undefined && asked !== "BYTES") {
    const data = nested as TensorData;
    const values: unknown[] = asked === undefined || asked === typed ? [] : Array.from(data as ArrayLike<unknown>);
    return { datatype: typed, shape: [data.length], values, data };
  }
  const rows = Array.isArray(nested) && nested.length > 0 && asked !== "BYTES" ? typeOfArray(nested[0]) : undefined;
  if (rows !== undefined && (rows !== "UINT8" || asked !== undefined)) {
    const lists = (nested as unknown[]).map((row) => ArrayBuffer.isView(row) ? Array.from(row as Uint8Array) : row);
    const { shape, values } = flatten(name, lists);
    return { datatype: asked ?? rows, shape, values, data: undefined };
  }
  const { shape, values } = flatten(name, nested);
  return { datatype: asked ?? datatypeOf(name, values), shape, values, data: undefined };
}

function typeOfArray(value: unknown): Datatype | undefined {
  if (!ArrayBuffer.isView(value)) return undefined;
  return TYPED.find(([Class]) => value instanceof Class)?.[1];
}

/** The datatype that holds all values. */
function datatypeOf(name: string, values: readonly unknown[]): Datatype {
  const kinds = new Set<string>();
  let datatype: Datatype = "INT64";
  let earlier: string | undefined; // mostly all are of one kind
  for (const value of values) {
    const kind = kindOf(value);
    if (kind !== earlier) kinds.add(earlier = kind);
    if (typeof value === "number" && !Number.isSafeInteger(value)) datatype = "FP64";
    else if (typeof value === "bigint" && value > MOST_SIGNED && datatype === "INT64") datatype = "UINT64";
  }
  if (kinds.size === 0) return "FP64";
  const [kind] = kinds;
  if (kinds.size > 1 || kind === undefined || !["number", "text", "boolean"].includes(kind)) {
    throw new TypeError(
      `Cannot make "${name}" a tensor: it has values of kind ${
        [...kinds].join(" and ")
      }; numbers, booleans or text are needed`,
    );
  }
  return kind === "text" ? "BYTES" : kind === "boolean" ? "BOOL" : datatype;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "bigint") return "number";
  if (typeof value === "string" || value instanceof Uint8Array) return "text";
  return typeof value;
}

import type { DuckRuntime, DuckType } from "./duckdb_runtime.ts";

/** What the values of a column look like; `nothing` while all were null. */
export type Shape =
  | { readonly kind: "nothing" | "boolean" | "text" | "time" | "bytes" | "integer" }
  | { readonly kind: "number"; readonly isWhole: boolean }
  | { readonly kind: "list"; readonly item: Shape }
  | { readonly kind: "map"; readonly key: Shape; readonly value: Shape }
  | { readonly kind: "struct"; readonly fields: ReadonlyMap<string, Shape> };

const NOTHING: Shape = { kind: "nothing" };
const BOOLEAN: Shape = { kind: "boolean" };
const WHOLE: Shape = { kind: "number", isWhole: true };
const NUMBER: Shape = { kind: "number", isWhole: false };
const INTEGER: Shape = { kind: "integer" };
const TEXT: Shape = { kind: "text" };
const TIME: Shape = { kind: "time" };
const BYTES: Shape = { kind: "bytes" };
const NOUNS: Readonly<Record<Shape["kind"], string>> = {
  nothing: "null",
  boolean: "true or false",
  text: "a text",
  time: "a time",
  bytes: "bytes",
  integer: "a big integer",
  number: "a number",
  list: "a list",
  map: "a map",
  struct: "an object",
};
const DEEPEST = 100; // levels; a value that holds itself has more

/**
 * The shape of a value.
 *
 * @throws {TypeError} If no column can hold it; the message says what it is, to go on after "field x".
 */
export function shapeOf(value: unknown, depth = 0): Shape {
  if (depth > DEEPEST) throw new TypeError(`has more than ${DEEPEST} levels`);
  if (value === null || value === undefined) return NOTHING;
  switch (typeof value) {
    case "boolean":
      return BOOLEAN;
    case "number":
      return Number.isSafeInteger(value) ? WHOLE : NUMBER;
    case "bigint":
      if (BigInt.asIntN(64, value) !== value) {
        throw new TypeError("is an integer beyond 64 bits; give its column the type HUGEINT or VARCHAR");
      }
      return INTEGER;
    case "string":
      if (!value.isWellFormed()) throw new TypeError("is a text with half a character (a lone surrogate)");
      return TEXT;
    case "object":
      return shapeOfObject(value, depth + 1);
    default:
      throw new TypeError(`is a ${typeof value}`);
  }
}

function shapeOfObject(value: object, depth: number): Shape {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new TypeError("is an invalid date");
    return TIME;
  }
  if (value instanceof Uint8Array) return BYTES;
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
    return { kind: "list", item: shapeOfAll(value as unknown as Iterable<unknown>, depth) };
  }
  if (value instanceof Map) {
    return { kind: "map", key: shapeOfAll(value.keys(), depth), value: shapeOfAll(value.values(), depth) };
  }
  if (Object.prototype.toString.call(value) !== "[object Object]") {
    throw new TypeError(`is a ${value.constructor.name}`);
  }
  const entries = Object.entries(value);
  if (entries.length === 0) throw new TypeError("is an object without fields; give its column the type JSON");
  checkNames(entries.map(([name]) => name));
  return { kind: "struct", fields: new Map(entries.map(([name, item]) => [name, shapeOf(item, depth)])) };
}

function shapeOfAll(items: Iterable<unknown>, depth: number): Shape {
  let shape = NOTHING;
  for (const item of items) shape = joinShapes(shape, shapeOf(item, depth));
  return shape;
}

/**
 * Checks names of columns or fields: DuckDB and Parquet's readers take `a` and `A` for the same.
 *
 * @throws {TypeError} Saying what is wrong with them.
 */
export function checkNames(names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    if (name === "" || name.includes("\0")) {
      throw new TypeError(`has the name ${JSON.stringify(name)}, which no column can have`);
    }
    const lower = name.toLowerCase();
    const other = seen.get(lower);
    if (other !== undefined) throw new TypeError(`has the names "${other}" and "${name}", which are one for a table`);
    seen.set(lower, name);
  }
}

/**
 * The shape that holds the values of both.
 *
 * @throws {TypeError} If there is none; the message goes on after "field x".
 */
export function joinShapes(one: Shape, other: Shape): Shape {
  if (one === other || other.kind === "nothing") return one;
  if (one.kind === "nothing") return other;
  if (one.kind === "number" && other.kind === "number") return NUMBER;
  if (one.kind === "number" && other.kind === "integer" && one.isWhole) return other;
  if (one.kind === "integer" && other.kind === "number" && other.isWhole) return one;
  if (one.kind === "list" && other.kind === "list") return { kind: "list", item: joinShapes(one.item, other.item) };
  if (one.kind === "map" && other.kind === "map") {
    return { kind: "map", key: joinShapes(one.key, other.key), value: joinShapes(one.value, other.value) };
  }
  if (one.kind === "struct" && other.kind === "struct") {
    const fields = new Map(one.fields);
    for (const [name, shape] of other.fields) fields.set(name, joinShapes(fields.get(name) ?? NOTHING, shape));
    checkNames([...fields.keys()]);
    return { kind: "struct", fields };
  }
  if (one.kind !== other.kind) throw new TypeError(`is ${NOUNS[other.kind]} where rows before had ${NOUNS[one.kind]}`);
  return one;
}

/** The shape as it is once it was written: floating numbers stay so. */
export function settled(shape: Shape): Shape {
  switch (shape.kind) {
    case "number":
      return NUMBER;
    case "list":
      return { kind: "list", item: settled(shape.item) };
    case "map":
      return { kind: "map", key: settled(shape.key), value: settled(shape.value) };
    case "struct":
      return { kind: "struct", fields: new Map([...shape.fields].map(([name, item]) => [name, settled(item)])) };
    default:
      return shape;
  }
}

/** The type of a column of that shape. What was always null gets a type that others take in. */
export function typeOf(shape: Shape, runtime: DuckRuntime): DuckType {
  switch (shape.kind) {
    case "nothing":
      return runtime.INTEGER;
    case "boolean":
      return runtime.BOOLEAN;
    case "number":
      return runtime.DOUBLE;
    case "integer":
      return runtime.BIGINT;
    case "text":
      return runtime.VARCHAR;
    case "time":
      return runtime.TIMESTAMPTZ;
    case "bytes":
      return runtime.BLOB;
    case "list":
      return runtime.LIST(typeOf(shape.item, runtime));
    case "map":
      return runtime.MAP(typeOf(shape.key, runtime), typeOf(shape.value, runtime));
    case "struct":
      return runtime.STRUCT(Object.fromEntries([...shape.fields].map(([name, item]) => [name, typeOf(item, runtime)])));
  }
}

/** The value as DuckDB takes it for a column of that shape. */
export function duckValue(value: unknown, shape: Shape, runtime: DuckRuntime): unknown {
  if (value === null || value === undefined) return null;
  switch (shape.kind) {
    case "nothing":
      return null;
    case "integer":
      return BigInt(value as number | bigint);
    case "time":
      return new runtime.DuckDBTimestampTZValue(BigInt((value as Date).getTime()) * 1_000n);
    case "bytes":
      return runtime.blobValue(value as Uint8Array);
    case "list":
      return runtime.listValue(Array.from(value as unknown[], (item) => duckValue(item, shape.item, runtime)));
    case "map":
      return runtime.mapValue(
        Array.from(value as Map<unknown, unknown>, ([key, item]) => ({
          key: duckValue(key, shape.key, runtime),
          value: duckValue(item, shape.value, runtime),
        })),
      );
    case "struct": {
      const fields = value as Record<string, unknown>;
      return runtime.structValue(
        Object.fromEntries(
          [...shape.fields].map(([name, item]) => [
            name,
            duckValue(Object.hasOwn(fields, name) ? fields[name] : null, item, runtime),
          ]),
        ),
      );
    }
    default:
      return value;
  }
}

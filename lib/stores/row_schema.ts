import { jsonLine } from "./json_line.ts";
import { joinShapes, settled, type Shape, shapeOf } from "./column_shape.ts";

/** Learns the columns of rows as they come, and refuses a value that does not fit its column before anything is written. */
export class RowSchema {
  /** The names of the columns. */
  readonly columns: readonly string[];
  readonly #types: ReadonlyMap<string, string>;
  readonly #shapes: Shape[];

  /** `types` are those that are said, by column; the others are learned. */
  constructor(columns: readonly string[], types: ReadonlyMap<string, string>) {
    this.columns = columns;
    this.#types = types;
    this.#shapes = columns.map((name) => shapeOf(types.has(name) ? "" : null));
  }

  /** The type that a column was said to have; undefined where it is learned. */
  typeOf(column: number): string | undefined {
    return this.#types.get(this.columns[column]!);
  }

  /** What a column has held so far. */
  shapeOf(column: number): Shape {
    return this.#shapes[column]!;
  }

  /**
   * Takes a row in: its values as they are written.
   *
   * @throws {TypeError} Naming the field that does not fit.
   */
  take(values: readonly unknown[]): unknown[] {
    const row: unknown[] = [];
    const shapes: Shape[] = [];
    for (const [index, name] of this.columns.entries()) {
      try {
        const type = this.#types.get(name);
        const value = type === undefined ? values[index] : textFor(values[index], type);
        row.push(value);
        shapes.push(joinShapes(this.#shapes[index]!, shapeOf(value)));
      } catch (error) {
        throw new TypeError(`Cannot write the row: field "${name}" ${(error as Error).message}`, { cause: error });
      }
    }
    for (const [index, shape] of shapes.entries()) this.#shapes[index] = shape;
    return row;
  }

  /** The rows so far are being written: their types stay. */
  settle(): void {
    for (const [index, shape] of this.#shapes.entries()) this.#shapes[index] = settled(shape);
  }
}

const WHOLE = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER)$/;

/** A value as the text that is cast to a type; bytes and lists have none. */
function textFor(value: unknown, type: string): unknown {
  if (value === null || value === undefined) return null;
  if (type === "JSON") return jsonLine(value, "write the field");
  if (typeof value === "string") {
    if (WHOLE.test(type) && !/^\s*[+-]?\d+\s*$/.test(value)) {
      throw new TypeError(`is the text ${JSON.stringify(value.slice(0, 50))}, no ${type}`);
    }
    return value;
  }
  if (typeof value === "number" || typeof value === "bigint") {
    if (WHOLE.test(type) && typeof value === "number" && !Number.isInteger(value)) {
      throw new TypeError(`is ${value}, no ${type}`);
    }
    return WHOLE.test(type) ? String(BigInt(value)) : String(value);
  }
  if (typeof value === "boolean") return String(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return `${value.toISOString().slice(0, -1)}+00`;
  if (value instanceof Uint8Array && type === "BLOB") {
    return Array.from(value, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
  }
  if (type === "VARCHAR") return jsonLine(value, "write the field");
  throw new TypeError(`is ${value instanceof Date ? "an invalid date" : typeof value}, no ${type}`);
}

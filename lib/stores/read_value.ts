import type { DuckRuntime, DuckType } from "./duckdb_runtime.ts";

/** What integers of 64 and more bits become. */
export type WideIntegers = "number" | "bigint";

/** How values are read. */
export interface ValueOptions {
  /** The column, for messages. */
  readonly column: string;
  /** Default `number`: a number where it is exact, else a bigint. */
  readonly integers?: WideIntegers | undefined;
}

/** Makes what a step sees of a value that is not null. */
export type ReadValue = (value: unknown) => unknown;

const EXACT_DIGITS = 15; // decimals of so many digits go into a double and come back the same

/**
 * How values of a type are read: dates and times of day in UTC as `Date` (finer than a millisecond is cut off), integers and
 * decimals of up to 15 digits as numbers, longer decimals as text, lists as arrays, structs as objects, maps as `Map`, bytes as
 * `Uint8Array`, and what JavaScript has no value for (UUID, time, interval, bits) as DuckDB's text.
 */
export function readerOf(type: DuckType, runtime: DuckRuntime, options: ValueOptions): ReadValue {
  const id = runtime.DuckDBTypeId;
  const inner = (nested: DuckType | undefined) => orNull(readerOf(nested!, runtime, options));
  switch (type.typeId) {
    case id.BOOLEAN:
    case id.TINYINT:
    case id.SMALLINT:
    case id.INTEGER:
    case id.UTINYINT:
    case id.USMALLINT:
    case id.UINTEGER:
    case id.FLOAT:
    case id.DOUBLE:
    case id.VARCHAR:
    case id.ENUM:
      return same;
    case id.BIGINT:
    case id.UBIGINT:
    case id.HUGEINT:
    case id.UHUGEINT:
    case id.BIGNUM:
      return options.integers === "bigint" ? same : readInteger;
    case id.DECIMAL:
      return type.width! <= EXACT_DIGITS ? (value) => Number(String(value)) : String;
    case id.DATE:
      return (value) => dateOf((value as { days: number }).days * 86_400_000, options.column);
    case id.TIMESTAMP:
    case id.TIMESTAMP_TZ:
      return (value) => dateOf(floor((value as { micros: bigint }).micros, 1_000n), options.column);
    case id.TIMESTAMP_S:
      return (value) => dateOf(Number((value as { seconds: bigint }).seconds) * 1_000, options.column);
    case id.TIMESTAMP_MS:
      return (value) => dateOf(Number((value as { millis: bigint }).millis), options.column);
    case id.TIMESTAMP_NS:
      return (value) => dateOf(floor((value as { nanos: bigint }).nanos, 1_000_000n), options.column);
    case id.BLOB:
      return (value) => new Uint8Array((value as { bytes: Uint8Array }).bytes);
    case id.LIST:
    case id.ARRAY: {
      const read = inner(type.valueType);
      return (value) => (value as { items: unknown[] }).items.map(read);
    }
    case id.STRUCT: {
      const fields = type.entryNames!.map((name, index) => [name, inner(type.entryTypes![index])] as const);
      return (value) => {
        const { entries } = value as { entries: Record<string, unknown> };
        return Object.fromEntries(fields.map(([name, read]) => [name, read(entries[name])]));
      };
    }
    case id.MAP: {
      const [key, item] = [inner(type.keyType), inner(type.valueType)];
      return (value) => {
        const { entries } = value as { entries: { key: unknown; value: unknown }[] };
        return new Map(entries.map((entry) => [key(entry.key), item(entry.value)]));
      };
    }
    case id.UNION: {
      const members = new Map(type.memberTags!.map((tag, index) => [tag, inner(type.memberTypes![index])]));
      return (value) => {
        const { tag, value: item } = value as { tag: string; value: unknown };
        return members.get(tag)!(item);
      };
    }
    default:
      return String;
  }
}

function orNull(read: ReadValue): ReadValue {
  return (value) => value === null || value === undefined ? null : read(value);
}

function same(value: unknown): unknown {
  return value;
}

function readInteger(value: unknown): unknown {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function floor(count: bigint, unit: bigint): number {
  const whole = count / unit;
  return Number(count < 0n && whole * unit !== count ? whole - 1n : whole);
}

function dateOf(ms: number, column: string): Date {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) {
    throw new RangeError(
      `column "${column}" has a time that no Date can hold, near the year ${Math.round(1970 + ms / 31_556_952_000)}`,
    );
  }
  return date;
}

import { z } from "zod";

/** The type of a column, in SQL's words; `DECIMAL(10,2)` has 10 digits, 2 of them behind the point. */
export type ColumnType =
  | "BOOLEAN"
  | "TINYINT"
  | "SMALLINT"
  | "INTEGER"
  | "BIGINT"
  | "HUGEINT"
  | "UTINYINT"
  | "USMALLINT"
  | "UINTEGER"
  | "UBIGINT"
  | "FLOAT"
  | "DOUBLE"
  | "VARCHAR"
  | "DATE"
  | "TIME"
  | "TIMESTAMP"
  | "TIMESTAMPTZ"
  | "UUID"
  | "BLOB"
  | "JSON"
  | `DECIMAL(${number},${number})`;

const NAMES = [
  "BOOLEAN",
  "TINYINT",
  "SMALLINT",
  "INTEGER",
  "BIGINT",
  "HUGEINT",
  "UTINYINT",
  "USMALLINT",
  "UINTEGER",
  "UBIGINT",
  "FLOAT",
  "DOUBLE",
  "VARCHAR",
  "DATE",
  "TIME",
  "TIMESTAMP",
  "TIMESTAMPTZ",
  "UUID",
  "BLOB",
  "JSON",
] as const satisfies readonly ColumnType[];

/** Checks a type; nothing else may reach a query. */
export const COLUMN_TYPE: z.ZodType<ColumnType> = z.custom<ColumnType>(
  (value) => (NAMES as readonly unknown[]).includes(value) || isDecimal(value),
  `is no type of a column; there are ${NAMES.join(", ")} and DECIMAL(digits,digits)`,
);

function isDecimal(value: unknown): boolean {
  const [, width, scale] = /^DECIMAL\((\d{1,2}),(\d{1,2})\)$/.exec(String(value)) ?? [];
  return width !== undefined && Number(width) >= 1 && Number(width) <= 38 && Number(scale) <= Number(width);
}

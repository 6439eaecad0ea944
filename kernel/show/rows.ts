import { table } from "../../lib/draw/table.ts";

type Row = Readonly<Record<string, unknown>>;

const COLUMNS = 30; // more than that is no table to read

/** Whether a value is a list of flat plain objects, which reads best as a table. */
export function isTable(value: object): value is readonly Row[] {
  return Array.isArray(value) && value.length > 0 && value.slice(0, 100).every(isFlat) &&
    new Set(value.slice(0, 100).flatMap((row) => Object.keys(row as Row))).size <= COLUMNS;
}

/** The table of such a list. */
export function tableHtml(rows: readonly Row[]): string {
  return table(rows).html;
}

function isFlat(row: unknown): row is Row {
  if (typeof row !== "object" || row === null || Object.getPrototypeOf(row) !== Object.prototype) return false;
  const descriptors = Object.values(Object.getOwnPropertyDescriptors(row));
  return descriptors.length > 0 &&
    descriptors.every(({ get, value }) =>
      get === undefined && (typeof value !== "object" || value === null || value instanceof Date) &&
      typeof value !== "function"
    );
}

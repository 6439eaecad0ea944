import type { KeyedTable, TableRow } from "../../lib/graph/keyed_table.ts";

/** A table that answers later, as one beyond the network does. */
export function slowTable(
  rows: Readonly<Record<string, TableRow>> = {},
): KeyedTable & { readonly rows: Map<string, TableRow> } {
  const kept = new Map(Object.entries(rows));
  return {
    rows: kept,
    get: (key) => Promise.resolve().then(() => kept.get(key)),
    put: (key, row) => Promise.resolve().then(() => void kept.set(key, row)),
    delete: (key) => Promise.resolve().then(() => void kept.delete(key)),
  };
}

/** Writes a name for SQL so that nothing in it can be read as anything else. */
export function quoteName(name: string): string {
  if (name === "" || name.includes("\0")) {
    throw new TypeError(`Cannot use ${JSON.stringify(name)} as a name in SQL: it is empty or has a zero byte`);
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** Writes a text for SQL, for the few places where a value cannot be bound. */
export function quoteText(text: string): string {
  if (text.includes("\0")) throw new TypeError("Cannot write a text for SQL: it has a zero byte");
  return `'${text.replaceAll("'", "''")}'`;
}

/** Writes a path for DuckDB, which would read `*`, `?` and `[` in it as patterns. */
export function quotePath(path: string): string {
  return quoteText(path.replaceAll(/[*?[]/g, "[$&]"));
}

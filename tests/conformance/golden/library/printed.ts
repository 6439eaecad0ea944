const printed: unknown[] = [];

/** Notes a record, as example 3's printer does. */
export function print(record: unknown): void {
  printed.push(record);
}

/** What was printed since the last call. */
export function takePrinted(): unknown[] {
  return printed.splice(0);
}

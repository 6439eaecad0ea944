/**
 * Writes a record as JSON on one line, whatever is in it: integers of 64 bits as text where they are no exact number, NaN and Infinity as
 * null, bytes by their number alone, what cannot be written as why.
 */
export function recordText(record: object): string {
  try {
    return JSON.stringify(record, writable);
  } catch (error) {
    return JSON.stringify({ ...record, request: {}, resp: undefined, left_out: `what JSON cannot hold: ${error}` });
  }
}

function writable(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Uint8Array) return `<${value.length} bytes>`;
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array);
  return value;
}

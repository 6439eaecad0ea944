/**
 * Writes a record as JSON on one line, whatever is in it: integers of 64 bits as text where they are no exact number, NaN and Infinity as
 * null, bytes by their number alone, what cannot be written as why.
 */
export function recordText(record: object): string {
  try {
    // A function that is asked for each value makes JSON.stringify four times as slow.
    return isPlain(record) ? JSON.stringify(record) : JSON.stringify(record, writable);
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

const MOST_PARTS = 10_000; // looked at: a value may hold itself

/** Whether all that is in a record is what JSON writes by itself; false also where that would be long to tell. */
function isPlain(record: object): boolean {
  const left = [record];
  for (let part = left.pop(), seen = 0; part !== undefined; part = left.pop()) {
    if (++seen > MOST_PARTS || ArrayBuffer.isView(part) || "toJSON" in part) return false;
    const values = Array.isArray(part) ? part : Object.values(part);
    for (const value of values) {
      if (typeof value === "bigint") return false;
      if (typeof value === "object" && value !== null) left.push(value);
    }
  }
  return true;
}

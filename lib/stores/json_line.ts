/** `JSON.rawJSON`, which TypeScript does not know yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/**
 * Writes a value as one line of JSON, without a loss: dates as ISO text, big integers as the digits they are.
 *
 * @param act What cannot be done where it fails: `write the row`.
 * @throws {TypeError} If JSON cannot hold the value, naming the field.
 */
export function jsonLine(value: unknown, act: string): string {
  const text = JSON.stringify(value, function (this: Record<string, unknown>, key, item) {
    const lossy = lossOf(this[key]);
    if (lossy !== undefined) {
      throw new TypeError(`Cannot ${act} as JSON: ${key === "" ? "it" : `field "${key}"`} is ${lossy}`);
    }
    return typeof item === "bigint" ? rawJSON(String(item)) : item;
  });
  if (text === undefined) throw new TypeError(`Cannot ${act} as JSON: it is ${typeof value}`);
  return text;
}

function lossOf(value: unknown): string | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? undefined : String(value);
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  if (typeof value !== "object" || value === null) return undefined;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid date" : undefined;
  if (value instanceof Map || value instanceof Set || ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  return undefined;
}

const MANY_DIGITS = /\d{16}/;

/** Reads a line of JSON; an integer that a number cannot hold exactly becomes a bigint, as it is written. */
export function parseJsonLine(line: string): unknown {
  if (!MANY_DIGITS.test(line)) return JSON.parse(line);
  return JSON.parse(line, (_key, value, context?: { source?: string }) => {
    const source = context?.source;
    const isExact = typeof value !== "number" || source === undefined || Number.isSafeInteger(value) ||
      !/^-?\d+$/.test(source);
    return isExact ? value : BigInt(source);
  });
}

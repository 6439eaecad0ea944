/** What the operators of the recorded handlers do with any operands; JavaScript's own would make text of unlike ones. */

/** What most recorded handlers raise. */
export class ValueError extends Error {
  override readonly name = "ValueError";
}

/** Classes of errors, by the names that cases use. */
export const ERRORS: Readonly<Record<string, new (message: string) => Error>> = { ValueError, TypeError };

/** `a + b`: a sum of numbers, or lists or texts joined. */
export function add(a: unknown, b: unknown): unknown {
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (typeof a === "string" && typeof b === "string") return a + b;
  if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
  throw new TypeError(`Cannot add ${kindOf(a)} and ${kindOf(b)}`);
}

/** `a * n`: a product of numbers, or a list or text repeated. */
export function times(a: unknown, n: number): unknown {
  if (typeof a === "number") return a * n;
  if (typeof a === "string") return a.repeat(n);
  if (Array.isArray(a)) return Array.from({ length: n }, () => a).flat();
  throw new TypeError(`Cannot multiply ${kindOf(a)} by ${n}`);
}

/** A field that must be there. */
export function field(value: unknown, name: string): unknown {
  if (typeof value === "object" && value !== null && Object.hasOwn(value, name)) {
    return (value as Record<string, unknown>)[name];
  }
  throw new TypeError(`Cannot read field "${name}" of ${kindOf(value)}`);
}

/** A number that is one. */
export function number(value: unknown): number {
  if (typeof value === "number") return value;
  throw new TypeError(`Cannot compare ${kindOf(value)} with a number`);
}

/** JSON text with `, ` and `: ` as separators. */
export function jsonText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonText).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${jsonText(item)}`);
  return `{${fields.join(", ")}}`;
}

/** Whether Python's `if` would take it: empty lists, objects and text are false as well. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value) || typeof value === "string") return value.length > 0;
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
}

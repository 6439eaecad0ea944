/**
 * Writes data as an expression that makes the same; undefined for what is no data: lists, plain objects, texts, numbers, truth values.
 */
export function literalOf(value: unknown, depth = 0): string | undefined {
  if (value === null || value === undefined || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    return Object.is(value, -0) ? "-0" : Number.isFinite(value) ? String(value) : undefined;
  }
  if (typeof value !== "object" || depth > 100) return undefined;
  if (Array.isArray(value)) return joined("[", value.map((item) => literalOf(item, depth + 1)), "]");
  if (Object.getPrototypeOf(value) !== Object.prototype || Object.getOwnPropertySymbols(value).length > 0) {
    return undefined;
  }
  const fields = Object.entries(Object.getOwnPropertyDescriptors(value)).map(
    ([key, { value: item, enumerable, get }]) => {
      const text = enumerable === true && get === undefined ? literalOf(item, depth + 1) : undefined;
      const name = key === "__proto__" ? '["__proto__"]' : JSON.stringify(key); // else it is no field
      return text === undefined ? undefined : `${name}: ${text}`;
    },
  );
  return joined("{", fields, "}");
}

function joined(open: string, parts: readonly (string | undefined)[], close: string): string | undefined {
  return parts.includes(undefined) ? undefined : `${open}${parts.join(", ")}${close}`;
}

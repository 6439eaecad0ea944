/** What a value is, in a word: "number", "null", "a list", "a Map". */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined || (typeof value === "number" && !Number.isFinite(value))) {
    return String(value);
  }
  if (typeof value !== "object") return typeof value;
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date && Number.isNaN(value.getTime())) return "an invalid Date";
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  return tag === "Object" ? "object" : `${/^[AEIO]/.test(tag) ? "an" : "a"} ${tag}`;
}

const SHOWN = 50; // letters of a text

/** A value as a message tells it: text and numbers themselves, of everything else what it is. */
export function stateOf(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return kindOf(value);
  return JSON.stringify(value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value);
}

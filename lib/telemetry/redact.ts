import { describeThrown } from "../errors.ts";
import { HIDDEN, isNone, isSecretName, LONGEST_TEXT, redactText } from "../redact_text.ts";

const MOST_DEPTH = 5;
const MOST_ITEMS = 100;

/**
 * A value as a log line may hold it: plain data, bounded in depth and length, with `***` for what is a secret by its name or its form.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { redact } from "./redact.ts";
 *
 * deepStrictEqual(redact({ user: "ann", apiKey: "abc", big: 2n ** 64n }), { user: "ann", apiKey: "***", big: "18446744073709551616" });
 * ```
 */
export function redact(value: unknown): unknown {
  return plain(value, 0);
}

function plain(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case "string":
      return redactText(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
    case "undefined":
      return value;
    case "object":
      return value === null ? null : ofObject(value, depth);
    default:
      return String(value).slice(0, LONGEST_TEXT);
  }
}

function ofObject(value: object, depth: number): unknown {
  try {
    if (value instanceof Error) {
      const { name, message } = describeThrown(value);
      return { name, message: redactText(message) };
    }
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `(${value.byteLength} bytes)`;
    if (depth >= MOST_DEPTH) return "…";
    if (Array.isArray(value)) return value.slice(0, MOST_ITEMS).map((item) => plain(item, depth + 1));
    if (value instanceof Headers || value instanceof Map) return ofEntries(value, depth);
    if (value instanceof Set) return [...value].slice(0, MOST_ITEMS).map((item) => plain(item, depth + 1));
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === "function") return plain(toJSON.call(value, ""), depth + 1);
    return ofEntries(Object.entries(value), depth);
  } catch {
    return "(unreadable)";
  }
}

function ofEntries(entries: Iterable<readonly [unknown, unknown]>, depth: number): Record<string, unknown> {
  const pairs: [string, unknown][] = [];
  for (const [key, value] of entries) {
    if (pairs.length === MOST_ITEMS) break;
    const name = String(key);
    pairs.push([name, isSecretName(name) && !isNone(name, value) ? HIDDEN : plain(value, depth + 1)]);
  }
  return Object.fromEntries(pairs);
}

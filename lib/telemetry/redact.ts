import { describeThrown } from "../errors.ts";

const HIDDEN = "***";
const MOST_DEPTH = 5;
const MOST_ITEMS = 100;
const LONGEST_TEXT = 10_000;

/** Words in the name of what nobody but its owner should read, whatever stands between and around them. */
const SECRET_NAMES =
  /authorization|cookie|password|passwd|passphrase|secret|credential|session-?id|api-?key|access-?key|private-?key|(^|-)tokens?$|(^|-)(auth|pwd|signature|sig)$/;

/** Whether what is called so is a secret: `authorization`, `x-api-key`, `dbPassword`, `ACCESS_TOKEN`. */
export function isSecretName(name: string): boolean {
  const words = name.replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2").replaceAll(/[\s_.]+/g, "-").toLowerCase();
  return SECRET_NAMES.test(words);
}

/** A text without what is known to be a credential by its form: `Bearer …`, `Basic …`, a URL's user and password, a private key. */
export function redactText(text: string): string {
  const short = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  if (!/bearer|basic|:\/\/|-----BEGIN/i.test(short)) return short;
  return short
    .replaceAll(/\b(Bearer|Basic)(\s+)[A-Za-z0-9._~+/=-]{4,}/gi, `$1$2${HIDDEN}`)
    .replaceAll(/(\w:\/\/)[^\s/@]{1,500}@/g, `$1${HIDDEN}@`)
    .replaceAll(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN);
}

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
    pairs.push([name, isSecretName(name) ? HIDDEN : plain(value, depth + 1)]);
  }
  return Object.fromEntries(pairs);
}

/** When two values count as the same answer. */

import { isRecord } from "./special.ts";

const RELATIVE = 1e-9;
const PROBABILITY = 1e-5; // ONNX computes in 32 bits

const PLACEHOLDERS: Readonly<Record<string, RegExp>> = {
  "<timestamp>": /\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?/,
  "<id>": /.+/,
  "<uuid>": /[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/,
  "<addr>": /0x[0-9a-f]+/,
  "<path>": /\S+/,
  "<traceback>": /[\s\S]*/,
  "<host>": /\S+/,
  "<when>": /.+/,
  "<microsec>": /\d+(?:\.\d+)?/,
};

/** How values are compared. */
export interface SameOptions {
  /** Numbers that are no integers may differ by 1e-5: probabilities of an ONNX model. */
  readonly probabilities?: boolean;
}

/** Tells where ours first differs from what is expected, `outputs[2]: 3 is not 4`; undefined where it does not. */
export function difference(expected: unknown, got: unknown, options: SameOptions = {}, path = ""): string | undefined {
  const differs = () => `${path === "" ? "" : `${path}: `}${show(got)} is not ${show(expected)}`;
  if (typeof expected === "number") {
    return typeof got === "number" && isSameNumber(expected, got, options) ? undefined : differs();
  }
  if (typeof expected === "string") {
    return typeof got === "string" && isSameText(expected, got) ? undefined : differs();
  }
  if (expected instanceof Uint8Array) return isSameBytes(expected, got) ? undefined : differs();
  if (Array.isArray(expected)) {
    if (!Array.isArray(got) || got.length !== expected.length) return differs();
    return firstOf(expected.map((item, index) => () => difference(item, got[index], options, `${path}[${index}]`)));
  }
  if (isRecord(expected)) {
    if (!isRecord(got)) return differs();
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(got)])];
    return firstOf(keys.map((key) => () => {
      const place = path === "" ? key : `${path}.${key}`;
      if (!Object.hasOwn(got, key)) return `${place} is missing`;
      if (!Object.hasOwn(expected, key)) return `${place} is too much: ${show(got[key])}`;
      return difference(expected[key], got[key], options, place);
    }));
  }
  return Object.is(expected, got) ? undefined : differs();
}

/** Tells whether text is the same, where each placeholder such as `<timestamp>` stands for what it names. */
export function isSameText(expected: string, got: string): boolean {
  if (expected === got) return true;
  const parts = expected.split(/(<[a-z]+>)/);
  if (!parts.some((part) => part in PLACEHOLDERS)) return false;
  const pattern = parts.map((part) => PLACEHOLDERS[part]?.source ?? part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join(
    "",
  );
  return new RegExp(`^(?:${pattern})$`).test(got);
}

/** A value in one line. */
export function show(value: unknown): string {
  if (value instanceof Uint8Array) return `bytes ${JSON.stringify(new TextDecoder().decode(value))}`;
  if (typeof value === "number") return String(value);
  return (JSON.stringify(value) ?? String(value)).slice(0, 300);
}

function isSameNumber(expected: number, got: number, { probabilities }: SameOptions): boolean {
  if (Object.is(expected, got) || expected === got) return true;
  const largest = Math.max(Math.abs(expected), Math.abs(got));
  const isFraction = !Number.isInteger(expected) || !Number.isInteger(got);
  const allowed = probabilities === true && isFraction ? PROBABILITY : largest * RELATIVE;
  return Math.abs(expected - got) <= allowed;
}

/** Bytes and text are the same on the wire. */
function isSameBytes(expected: Uint8Array, got: unknown): boolean {
  const bytes = typeof got === "string" ? new TextEncoder().encode(got) : got;
  return bytes instanceof Uint8Array && bytes.length === expected.length &&
    bytes.every((byte, at) => byte === expected[at]);
}

function firstOf(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const found = check();
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Values that JSON has no word for, as cases write them: `{"$bytes": …}`, `{"$number": "NaN"}`. */

import { FlowEvent } from "levada";

/** Tells whether a value is an object with names. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** Makes the values that a case means of the JSON that it is written in. `$event` and the like stay as they are. */
export function decodeSpecial(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decodeSpecial);
  if (!isRecord(value)) return value;
  if (typeof value.$bytes === "string") return new TextEncoder().encode(value.$bytes);
  if (typeof value.$bytes_hex === "string") return decodeHex(value.$bytes_hex);
  if (typeof value.$number === "string") return Number(value.$number);
  if (Array.isArray(value.$tuple)) return value.$tuple.map(decodeSpecial);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decodeSpecial(item)]));
}

/** A copy of what leaves a flow, with events as cases write them. */
export function encodeEvents(value: unknown): unknown {
  if (value instanceof FlowEvent) {
    return { $event: { id: value.id, path: value.path, body: encodeEvents(value.body) } };
  }
  if (Array.isArray(value)) return value.map(encodeEvents);
  if (!isRecord(value) || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, encodeEvents(item)]));
}

function decodeHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

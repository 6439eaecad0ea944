/** A step of the way to a value: a field, an index, or a part of what is no list and no object. */
export type Way = string | number | { readonly part: string };

/**
 * Where a value stands, for messages.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert/strict";
 * import { placeOf } from "./place_of.ts";
 *
 * strictEqual(placeOf(["orders", 2, "ship to", { part: " key 0" }]), '$.orders[2]["ship to"] key 0');
 * ```
 */
export function placeOf(way: readonly Way[]): string {
  const shown = way.length > MOST ? [...way.slice(0, MOST), { part: "…" }] : way;
  return `$${shown.map(partOf).join("")}`;
}

const MOST = 20; // steps of a way that are told

function partOf(way: Way): string {
  if (typeof way === "number") return `[${way}]`;
  if (typeof way !== "string") return way.part;
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(way) ? `.${way}` : `[${JSON.stringify(way)}]`;
}

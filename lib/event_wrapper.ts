/** What is wrapped: a body, and what is known of its event. */
export interface Wrapped {
  readonly body: unknown;
  readonly key?: string;
  readonly id?: string;
}

/**
 * Takes off what MLRun puts around an event that goes from one function to another, by a stream or by HTTP:
 * `{ full_event_wrapper: true, body, key, id }`.
 *
 * @example
 * ```ts
 * import { deepStrictEqual, strictEqual } from "node:assert/strict";
 * import { unwrapEvent } from "./event_wrapper.ts";
 *
 * deepStrictEqual(unwrapEvent({ full_event_wrapper: true, body: [1], key: 7, id: "e1" }), { body: [1], key: "7", id: "e1" });
 * strictEqual(unwrapEvent({ body: [1] }), undefined);
 * ```
 *
 * @returns `undefined` for everything else. Keys and ids that are neither text nor numbers are left out; a body that is absent is null.
 */
export function unwrapEvent(given: unknown): Wrapped | undefined {
  if (typeof given !== "object" || given === null || !Object.hasOwn(given, "full_event_wrapper")) return undefined;
  const { full_event_wrapper: isWrapper, body = null, key, id } = given as Record<string, unknown>;
  if (isWrapper !== true) return undefined;
  const isText = (value: unknown) => typeof value === "string" || typeof value === "number";
  return { body, ...(isText(key) ? { key: String(key) } : {}), ...(isText(id) ? { id: String(id) } : {}) };
}

const LONGEST = 100; // letters: more is no name that anybody reads

/**
 * The name under which what a step calls so is shown: letters, digits and `_`, anything else as `_`. Undefined where nothing is left
 * to call it by.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert/strict";
 * import { metricName } from "./metric_name.ts";
 *
 * strictEqual(metricName("cache-hits"), "cache_hits");
 * strictEqual(metricName("§"), undefined);
 * ```
 */
export function metricName(name: unknown): string | undefined {
  if (typeof name !== "string") return undefined;
  const plain = name.slice(0, LONGEST).replaceAll(/[^a-zA-Z0-9_]+/g, "_").replaceAll(/_{2,}/g, "_").replaceAll(
    /^_|_$/g,
    "",
  );
  return plain === "" ? undefined : plain;
}

import { isJson } from "./is_json.ts";
import { ValueWriter } from "./value_writer.ts";

/**
 * Writes a value as JSON for whoever reads that, and refuses what would come out as something else: a date as text, a typed array as a list.
 * Fields that are undefined are left out, and what has `toJSON` says itself how it is written, but for dates and tensors.
 *
 * @example
 * ```ts
 * import { strictEqual, throws } from "node:assert/strict";
 * import { writeJson } from "./write_json.ts";
 *
 * const wish = { act: "send the body", cure: "Send its text" };
 * strictEqual(writeJson({ n: 1, note: undefined }, wish), '{"n":1}');
 * throws(() => writeJson({ at: new Date(0) }, wish), {
 *   message: "Cannot send the body as JSON: $.at is a Date, which JSON has no word for. Send its text",
 * });
 * ```
 *
 * @throws {TypeError} If JSON does not hold it as it is, naming the place.
 */
export function writeJson(value: unknown, { act, cure }: { readonly act: string; readonly cure: string }): string {
  if (isJson(value)) return JSON.stringify(value);
  return JSON.stringify(new ValueWriter({ act, cure }).write(value));
}

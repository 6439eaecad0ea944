import { isJson } from "./is_json.ts";
import { ValueWriter } from "./value_writer.ts";

/** A value as text. */
export interface WrittenValue {
  readonly text: string;
  /** Whether it is JSON as everybody reads it; else it is of the type `LEVADA_JSON`. */
  readonly isJson: boolean;
}

/** How a value is written. */
export interface WriteOptions {
  /** Writes `LEVADA_JSON` whatever the value is: for a text that is said to be of that type. Default false. */
  readonly isTyped?: boolean;
  /** Whether what has `toJSON` says itself how it is written. Default: it is refused, since the other side would get something else. */
  readonly takesToJson?: boolean;
}

/**
 * Writes a value so that `readValue` gives the same: as JSON where JSON says it as it is; else what it has no word for is an object of one
 * name that begins with `$`.
 *
 * @example
 * ```ts
 * import { deepStrictEqual, throws } from "node:assert/strict";
 * import { writeValue } from "./write_value.ts";
 *
 * deepStrictEqual(writeValue({ n: [1, "a", null] }, "send it"), { text: '{"n":[1,"a",null]}', isJson: true });
 * deepStrictEqual(writeValue({ at: new Date(0), n: 2n }, "send it"), {
 *   text: '{"at":{"$date":"1970-01-01T00:00:00.000Z"},"n":{"$bigint":"2"}}',
 *   isJson: false,
 * });
 * throws(() => writeValue({ order: { like: /a/ } }, "send it"), /Cannot send it: \$\.order\.like is a RegExp/);
 * ```
 *
 * @param act What cannot be done where it fails: `publish the body`.
 * @throws {TypeError} If what it holds would not come out the same, naming the place: functions, instances of classes, what holds itself.
 */
export function writeValue(value: unknown, act: string, options: WriteOptions = {}): WrittenValue {
  const { isTyped = false, takesToJson = false } = options;
  if (!isTyped && isJson(value)) return { text: JSON.stringify(value), isJson: true };
  const writer = new ValueWriter({ act, guardsNames: isTyped, takesToJson });
  const written = writer.write(value);
  if (!writer.hasWords || !writer.hasNames || isTyped) {
    return { text: JSON.stringify(written), isJson: !isTyped && !writer.hasWords };
  }
  return { text: JSON.stringify(new ValueWriter({ act, guardsNames: true, takesToJson }).write(value)), isJson: false };
}

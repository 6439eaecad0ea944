/** Parameters of requests, tensors and replies: a map of text to one of five kinds of values. */

import { jsonText } from "../../protocol/json_text.ts";
import { readNested } from "./read_message.ts";
import type { WireReader, WireWriter } from "./wire.ts";

/** What a client may say besides the tensors. */
export type Parameters = Record<string, unknown>;

const LEAST_INT64 = -(2n ** 63n);
const MOST_INT64 = 2n ** 63n - 1n;
const MOST_UINT64 = 2n ** 64n - 1n;

/** Reads one entry of a parameters map into an object; of two with one key the last counts. A value that is none is skipped. */
export function readParameter(reader: WireReader, parameters: Parameters): void {
  let key = "";
  let value: unknown;
  readNested(reader, (tag) => {
    if (tag === 0o12) key = reader.string(true);
    else if (tag === 0o22) value = readValue(reader);
    else return false;
    return true;
  });
  if (value === undefined) return;
  // `__proto__` is a key like others
  Object.defineProperty(parameters, key, { value, writable: true, enumerable: true, configurable: true });
}

function readValue(reader: WireReader): unknown {
  let value: unknown;
  readNested(reader, (tag) => {
    switch (tag) {
      case 0o10:
        value = reader.bool();
        return true;
      case 0o20:
        value = exact(reader.int64());
        return true;
      case 0o32:
        value = reader.string(true);
        return true;
      case 0o41:
        value = reader.double();
        return true;
      case 0o50:
        value = exact(reader.uint64());
        return true;
      default:
        return false;
    }
  });
  return value;
}

/** A number where numbers hold it exactly. */
function exact(value: bigint | string): number | bigint {
  const integer = BigInt(value);
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}

/**
 * Writes parameters as entries of the map at a field: text, booleans, whole numbers and other numbers each as its kind, null and undefined
 * not at all, anything else as its JSON.
 *
 * @throws {TypeError} If JSON cannot hold a value.
 */
export function writeParameters(writer: WireWriter, field: number, parameters: Readonly<Parameters> = {}): void {
  for (const [key, value] of Object.entries(parameters)) {
    if (value === undefined || value === null) continue;
    writer.tag(field, 2).fork().tag(1, 2).string(key).tag(2, 2).fork();
    writeValue(writer, value);
    writer.join().join();
  }
}

function writeValue(writer: WireWriter, value: unknown): void {
  if (typeof value === "boolean") writer.tag(1, 0).bool(value);
  else if (typeof value === "string") writer.tag(3, 2).string(value);
  else if (typeof value === "number" && Number.isSafeInteger(value)) writer.tag(2, 0).int64(value);
  else if (typeof value === "number") writer.tag(4, 1).double(value);
  else if (typeof value === "bigint" && value >= LEAST_INT64 && value <= MOST_INT64) writer.tag(2, 0).int64(value);
  else if (typeof value === "bigint" && value >= 0n && value <= MOST_UINT64) writer.tag(5, 0).uint64(value);
  else writer.tag(3, 2).string(jsonText(value, "send a parameter"));
}

import type { WireRecord } from "../record.ts";

/** The field of an entry with all headers of its record, as JSON: each field by itself costs the server and every reader more than its text does. */
export const HEADERS = "levada-headers";

/**
 * The words by which the script `APPEND` writes records as entries of a stream, each with the fields `body`, `levada-headers`, and `key` where it
 * has one: for each record where it goes, its headers, how many bytes its body has, and its key; and at last all bodies.
 *
 * @param placeOf Which of the script's streams a record goes to.
 */
export function writeEntries(
  records: readonly WireRecord[],
  placeOf: (record: WireRecord) => string,
): (string | Uint8Array)[] {
  const words: (string | Uint8Array)[] = [];
  for (const record of records) {
    const { key, bytes: { length }, headers } = record;
    words.push(placeOf(record), JSON.stringify(headers), String(key === undefined ? -1 - length : length));
    if (key !== undefined) words.push(key);
  }
  words.push(joined(records)); // one piece: each costs the connection more than a kilobyte does
  return words;
}

function joined(records: readonly WireRecord[]): Uint8Array {
  if (records.length === 1) return records[0]!.bytes;
  const bodies = new Uint8Array(records.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { bytes } of records) {
    bodies.set(bytes, at);
    at += bytes.length;
  }
  return bodies;
}

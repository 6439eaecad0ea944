import type { WireReader } from "./wire.ts";

/**
 * Reads a message field by field. `take` is told what comes, as eight times the field's number and its wire type, so that in octal the last
 * digit is the type: `0o12` is field 1 with a length, `0o50` field 5 as a varint. What it does not take is skipped, as the protocol asks
 * of fields that nobody knows.
 *
 * @param end Where the message ends; default: where the bytes do.
 * @throws {Error} If the bytes are no message, or a field goes beyond its end.
 */
export function readMessage(reader: WireReader, take: (tag: number) => boolean, end = reader.len): void {
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (!take(field * 8 + type)) reader.skip(type, field);
  }
  if (reader.pos !== end) throw new RangeError("a field goes beyond the end of its message");
}

/** Reads a message that is a field of another: its length, then its fields. */
export function readNested(reader: WireReader, take: (tag: number) => boolean): void {
  const length = reader.uint32();
  readMessage(reader, take, reader.pos + length);
}

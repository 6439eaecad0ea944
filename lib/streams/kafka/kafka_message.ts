import { Buffer } from "node:buffer";
import type { WireRecord } from "../record.ts";
import { NO_VALUE } from "../record_headers.ts";
import { TooLargeError } from "../too_large_error.ts";
import { writeKafkaHeaders } from "./foreign_headers.ts";
import type { KafkaMessage } from "./kafka_client.ts";

/** What goes together at most, in records and in bytes. */
export const [AT_ONCE_RECORDS, AT_ONCE_BYTES] = [1_000, 900_000];
/** What a batch has besides its records, in bytes. */
export const BATCH_BYTES = 61;
const RECORD_BYTES = 100; // what a record has besides its parts, at most
const PLAIN = /^[\x20-\x7e]*$/; // as most headers are

/**
 * A record as the client takes it.
 *
 * @throws {StreamError} If it is larger than the topic takes.
 */
export function messageOf(
  { key, bytes, headers: all }: WireRecord,
  { topic, maxBytes, act }: { readonly topic: string; readonly maxBytes: number; readonly act: string },
): KafkaMessage {
  const isNull = all["content-type"] === NO_VALUE && bytes.length === 0;
  const { headers, foreign, foreignKey } = writeKafkaHeaders(all, isNull);
  const keyBytes = foreignKey ?? (key === undefined ? undefined : Buffer.from(key)); // of other bytes the client's partitioner takes no notice
  let least = bytes.length + (keyBytes?.length ?? 0);
  for (const name in headers) least += name.length + lengthOf(headers[name]!) + 2;
  for (const [name, value] of foreign) least += (name?.length ?? 0) + (value?.length ?? 0) + 2;
  const size = BATCH_BYTES + least;
  if (size <= maxBytes) {
    const value = { bytes: isNull ? null : bytes, headers, foreign, size: least + RECORD_BYTES };
    return { topic, key: keyBytes, value };
  }
  throw new TooLargeError(
    `Cannot ${act}: a record has ${size} bytes, the topic takes ${maxBytes} (max.message.bytes); none of the records is there`,
  );
}

function lengthOf(text: string): number {
  return PLAIN.test(text) ? text.length : Buffer.byteLength(text);
}

/** How many bytes a topic must take for a message, at least. */
export function leastOf({ value: { size } }: KafkaMessage): number {
  return BATCH_BYTES + size - RECORD_BYTES;
}

/** How many bytes a message has at most. */
export function sizeOf({ value: { size } }: KafkaMessage): number {
  return size;
}

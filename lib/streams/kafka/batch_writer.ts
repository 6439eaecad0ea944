import { Buffer } from "node:buffer";
import type { RoutedMessage } from "./kafka_client.ts";

/** What a batch says of who writes it. */
export interface BatchHead {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** The number of its first record among those that the producer has written to the partition. */
  readonly firstSequence: number;
  readonly isTransactional: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The checksum of bytes. */
  readonly crc32c: (bytes: Buffer) => number;
}

const HEAD_BYTES = 61;
const [CRC_AT, CHECKED_FROM] = [17, 21];
const MOST_OF_RECORD = 36; // bytes, besides its parts
const MOST_OF_HEADER = 10; // the same of a header
const TRANSACTIONAL = 0b1_0000;

/**
 * Writes records as Kafka keeps them (record batches of version 2) into one piece of memory. The client makes some thirty pieces of each
 * record and joins them twice, which is most of what publishing cost.
 */
export class BatchWriter {
  readonly #buffer: Buffer;
  #at = 0;

  /** With room for so many bytes; see `mostBytesOf`. */
  constructor(bytes: number) {
    this.#buffer = Buffer.allocUnsafe(bytes);
  }

  /** What was written. */
  get written(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  int16(value: number): void {
    this.#at = this.#buffer.writeInt16BE(value, this.#at);
  }

  int32(value: number): void {
    this.#at = this.#buffer.writeInt32BE(value, this.#at);
  }

  /** A number without a sign, of as few bytes as it takes. */
  unsigned(value: number): void {
    for (; value > 0x7f; value = Math.floor(value / 128)) this.#buffer[this.#at++] = value % 128 | 0x80;
    this.#buffer[this.#at++] = value;
  }

  /** A text with its length, or none. */
  compactText(text: string | undefined | null): void {
    if (text === undefined || text === null) return this.unsigned(0);
    this.unsigned(Buffer.byteLength(text) + 1);
    this.#text(text);
  }

  /** A batch with its length. */
  compactBatch(messages: readonly RoutedMessage[], head: BatchHead): void {
    const [from, most] = [this.#at, mostBytesOf(messages)];
    const lengthBytes = sizeOfUnsigned(most + 1);
    this.#at += lengthBytes;
    this.#batch(messages, head);
    const length = this.#at - from - lengthBytes;
    const exact = sizeOfUnsigned(length + 1);
    if (exact < lengthBytes) this.#buffer.copyWithin(from + exact, from + lengthBytes, this.#at);
    this.#at = from;
    this.unsigned(length + 1);
    this.#at += length;
  }

  #batch(
    messages: readonly RoutedMessage[],
    { producerId, producerEpoch, firstSequence, isTransactional, now, crc32c }: BatchHead,
  ): void {
    const [buffer, from] = [this.#buffer, this.#at];
    const start = from + HEAD_BYTES;
    this.#at = start;
    for (let index = 0; index < messages.length; index++) this.#record(messages[index]!, index);
    const end = this.#at;
    this.#at = from;
    this.#int64(0n); // the first offset is the broker's to say
    this.int32(end - from - 12);
    this.int32(0); // the leader's epoch
    buffer[this.#at++] = 2;
    this.int32(0); // the checksum
    this.int16(isTransactional ? TRANSACTIONAL : 0);
    this.int32(messages.length - 1);
    this.#int64(BigInt(now));
    this.#int64(BigInt(now));
    this.#int64(producerId);
    this.int16(producerEpoch);
    this.int32(firstSequence);
    this.int32(messages.length);
    buffer.writeUInt32BE(crc32c(buffer.subarray(from + CHECKED_FROM, end)), from + CRC_AT);
    this.#at = end;
  }

  #record({ key, value: { bytes, headers, foreign, size } }: RoutedMessage, index: number): void {
    const from = this.#at;
    const lengthBytes = sizeOfSigned(size); // most likely
    this.#at += lengthBytes;
    this.#buffer[this.#at++] = 0; // no attributes
    this.#signed(0); // later than the first by this
    this.#signed(index);
    this.#bytes(key);
    this.#bytes(bytes);
    let count = foreign.length;
    for (const _name in headers) count += 1;
    this.#signed(count);
    for (const name in headers) {
      this.#sizedText(name);
      this.#sizedText(headers[name]!);
    }
    for (const [name, value] of foreign) {
      this.#bytes(name ?? new Uint8Array()); // a name is never missing
      this.#bytes(value);
    }
    const length = this.#at - from - lengthBytes;
    const exact = sizeOfSigned(length);
    if (exact !== lengthBytes) this.#buffer.copyWithin(from + exact, from + lengthBytes, this.#at);
    this.#at = from;
    this.#signed(length);
    this.#at += length;
  }

  #int64(value: bigint): void {
    this.#at = this.#buffer.writeBigInt64BE(value, this.#at);
  }

  /** A number, its sign in the last bit. */
  #signed(value: number): void {
    this.unsigned(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Bytes with their length, or none. */
  #bytes(bytes: Uint8Array | null | undefined): void {
    if (bytes === null || bytes === undefined) return this.#signed(-1);
    this.#signed(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #sizedText(text: string): void {
    const from = this.#at;
    this.#signed(text.length); // as plain text has it
    if (this.#plainText(text)) return;
    this.#at = from;
    this.#signed(Buffer.byteLength(text));
    this.#text(text);
  }

  /** Letter by letter, which is quick for short ones; false where there is a letter that takes two bytes. */
  #plainText(text: string): boolean {
    const buffer = this.#buffer;
    for (let index = 0; index < text.length; index++) {
      const letter = text.charCodeAt(index);
      if (letter > 0x7f) return false;
      buffer[this.#at++] = letter;
    }
    return true;
  }

  #text(text: string): void {
    this.#at += this.#buffer.write(text, this.#at);
  }
}

/** How many bytes a batch of these has, at most. */
export function mostBytesOf(messages: readonly RoutedMessage[]): number {
  let most = HEAD_BYTES;
  for (const { key, value: { bytes, headers, foreign } } of messages) {
    most += MOST_OF_RECORD + (bytes?.length ?? 0) + (key?.length ?? 0);
    for (const name in headers) most += MOST_OF_HEADER + 3 * (name.length + headers[name]!.length);
    for (const [name, value] of foreign) most += MOST_OF_HEADER + (name?.length ?? 0) + (value?.length ?? 0);
  }
  return most;
}

function sizeOfSigned(value: number): number {
  return sizeOfUnsigned(2 * value);
}

function sizeOfUnsigned(value: number): number {
  let size = 1;
  for (; value > 0x7f; value = Math.floor(value / 128)) size += 1;
  return size;
}

import { Buffer } from "node:buffer";
import { StreamError } from "../../errors.ts";
import type { WireRecord } from "../record.ts";
import type { KafkaMessage, KafkaProducer } from "./kafka_client.ts";
import type { KafkaCluster } from "./kafka_cluster.ts";
import { faultOf } from "./kafka_fault.ts";
import type { KafkaTopic } from "./kafka_topic.ts";

interface Publication {
  readonly messages: readonly KafkaMessage[];
  /** How many bytes each has, at least. */
  readonly sizes: readonly number[];
  /** How many of them the broker has. */
  kept: number;
  readonly done: () => void;
  readonly failed: (error: StreamError) => void;
}

const AT_ONCE_RECORDS = 1_000;
const AT_ONCE_BYTES = 900_000;
const RECORD_BYTES = 100; // what a record has besides its parts, at most
const BATCH_BYTES = 61; // what a batch has besides its records
const KEPT_TEXTS = 100; // of the names of headers, and of values that come again
const LONGEST_KEPT = 100; // characters
const OF_ONE_RECORD = new Set(["levada-id", "levada-time", "traceparent"]);

/** Who publishes by one stream: in their order, what waits together. */
export class KafkaPublisher {
  readonly #cluster: KafkaCluster;
  readonly #topic: string;
  readonly #limits: KafkaTopic;
  readonly #act: string;
  #producer: KafkaProducer | undefined;
  #waiting: Publication[] = [];
  #writing: Promise<void> | undefined;
  #keyless = Math.floor(Math.random() * 1_024); // processes begin at partitions of their own

  constructor(cluster: KafkaCluster, { name, topic, limits }: { name: string; topic: string; limits: KafkaTopic }) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#limits = limits;
    this.#act = `publish to ${name}`;
  }

  /**
   * Resolves when the brokers have all records.
   *
   * @throws {StreamError} If one is larger than the topic takes: then none is there; or if the brokers do not take them in a minute.
   */
  async publish(records: readonly WireRecord[]): Promise<void> {
    if (records.length === 0) return;
    const sizes: number[] = [];
    const messages = records.map((record) => this.#messageOf(record, sizes));
    await new Promise<void>((done, failed) => {
      this.#waiting.push({ messages, sizes, kept: 0, done, failed });
      this.#writing ??= this.#writeAll().finally(() => this.#writing = undefined);
    });
  }

  /** Ends when everything is written that was published. */
  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    await this.#end();
  }

  #messageOf({ key, bytes, headers }: WireRecord, sizes: number[]): KafkaMessage {
    const written = new Map<Uint8Array, Uint8Array>();
    let least = bytes.length;
    for (const header in headers) {
      const [name, value] = [keptBytesOf(header), valueOf(header, headers[header]!)];
      written.set(name, value);
      least += name.length + value.length + 2;
    }
    const keyBytes = key === undefined ? undefined : Buffer.from(key); // of other bytes the client's partitioner takes no notice
    least += keyBytes?.length ?? 0;
    sizes.push(least);
    const { maxBytes } = this.#limits;
    const size = BATCH_BYTES + least;
    if (size <= maxBytes) return { topic: this.#topic, key: keyBytes, value: bytes, headers: written };
    throw new StreamError(
      `Cannot ${this.#act}: a record has ${size} bytes, the topic takes ${maxBytes} (max.message.bytes); none of the records is there`,
    );
  }

  async #writeAll(): Promise<void> {
    await Promise.resolve(); // what is published in the same turn goes together
    while (this.#waiting.length > 0) {
      const { messages, from } = this.#next();
      try {
        await this.#send(messages);
        this.#settle(messages.length);
      } catch (error) {
        this.#fail(from, faultOf(this.#act, error));
      }
    }
  }

  /** What goes together: no more than the topic takes in one partition. */
  #next(): { messages: KafkaMessage[]; from: ReadonlySet<Publication> } {
    const messages: KafkaMessage[] = [];
    const from = new Set<Publication>();
    const most = Math.min(AT_ONCE_BYTES, this.#limits.maxBytes - BATCH_BYTES);
    let bytes = 0;
    for (const publication of this.#waiting) {
      for (let at = publication.kept; at < publication.messages.length; at++) {
        const message = publication.messages[at]!;
        bytes += publication.sizes[at]! + RECORD_BYTES;
        if (messages.length > 0 && (bytes > most || messages.length >= AT_ONCE_RECORDS)) return { messages, from };
        messages.push(message);
        from.add(publication);
      }
    }
    return { messages, from };
  }

  async #send(messages: KafkaMessage[]): Promise<void> {
    this.#producer ??= this.#cluster.producer(() => this.#keyless++);
    const tooLate = Promise.withResolvers<never>();
    const { giveUpMs } = this.#cluster;
    const timer = setTimeout(() => {
      tooLate.reject(new StreamError(`Cannot ${this.#act}: no broker takes the records for ${giveUpMs / 1000} s`));
    }, giveUpMs);
    const sending = this.#producer.send({ messages });
    try {
      await Promise.race([sending, tooLate.promise]);
    } catch (error) {
      sending.catch(() => {});
      await this.#end(); // what it still tries must not come behind what is published next
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #settle(count: number): void {
    for (let rest = count; rest > 0;) {
      const first = this.#waiting[0]!;
      const here = Math.min(rest, first.messages.length - first.kept);
      first.kept += here;
      rest -= here;
      if (first.kept === first.messages.length) this.#waiting.shift()!.done();
    }
  }

  #fail(from: ReadonlySet<Publication>, error: StreamError): void {
    this.#waiting = this.#waiting.filter((publication) => !from.has(publication));
    for (const { messages: { length }, kept, failed } of from) {
      failed(
        new StreamError(`${error.message}; ${kept} of ${length} records are there, others may be`, { cause: error }),
      );
    }
  }

  async #end(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.close().catch(() => {});
  }
}

const KEPT = new Map<string, Uint8Array>();

/** A text as bytes, that comes again and again: each array of bytes is dear. */
function keptBytesOf(text: string): Uint8Array {
  let bytes = KEPT.get(text);
  if (bytes !== undefined) return bytes;
  bytes = Buffer.from(text);
  if (KEPT.size >= KEPT_TEXTS) KEPT.clear();
  KEPT.set(text, bytes);
  return bytes;
}

function valueOf(name: string, text: string): Uint8Array {
  return OF_ONE_RECORD.has(name) || text.length > LONGEST_KEPT ? Buffer.from(text) : keptBytesOf(text);
}

import { StreamError } from "../../errors.ts";
import type { WireRecord } from "../record.ts";
import { isTooLarge } from "../too_large_error.ts";
import { Absence } from "./absence.ts";
import type { KafkaMessage, KafkaProducer } from "./kafka_client.ts";
import { type KafkaCluster, RETRY_MS } from "./kafka_cluster.ts";
import { faultOf, stateOf } from "./kafka_fault.ts";
import { AT_ONCE_BYTES, AT_ONCE_RECORDS, BATCH_BYTES, messageOf, sizeOf } from "./kafka_message.ts";
import type { KafkaTopic } from "./kafka_topic.ts";

interface Publication {
  readonly messages: readonly KafkaMessage[];
  /** How many of them the broker has. */
  kept: number;
  readonly done: () => void;
  readonly failed: (error: StreamError) => void;
}

/** Who publishes by one stream: in their order, what waits together. */
export class KafkaPublisher {
  readonly #cluster: KafkaCluster;
  readonly #topic: string;
  readonly #limits: KafkaTopic;
  readonly #act: string;
  #producer: KafkaProducer | undefined;
  #waiting: Publication[] = [];
  #writing: Promise<void> | undefined;
  #mostAtOnce = AT_ONCE_BYTES;
  #told: (error: unknown) => void = () => {};
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
   * @throws {StreamError} If one is larger than the topic takes: then none is there; if the topic has gone; or if the brokers do not take them
   * in a minute.
   */
  async publish(records: readonly WireRecord[]): Promise<void> {
    if (records.length === 0) return;
    const form = { topic: this.#topic, maxBytes: this.#limits.maxBytes, act: this.#act };
    const messages = records.map((record) => messageOf(record, form));
    await new Promise<void>((done, failed) => {
      this.#waiting.push({ messages, kept: 0, done, failed });
      this.#writing ??= this.#writeAll().finally(() => this.#writing = undefined);
    });
  }

  /** Ends when everything is written that was published. */
  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    await this.#end();
  }

  async #writeAll(): Promise<void> {
    await Promise.resolve(); // what is published in the same turn goes together
    while (this.#waiting.length > 0) {
      const { messages, from } = this.#next();
      try {
        await this.#send(messages);
        this.#settle(messages.length);
      } catch (error) {
        const fault = faultOf(this.#act, error);
        // the topic takes less by now: who published what it does take is not told of others
        if (isTooLarge(fault) && messages.length > 1) {
          this.#mostAtOnce = messages.reduce((sum, one) => sum + sizeOf(one), 0) / 2;
        } else this.#fail(from, fault);
      }
    }
  }

  /** What goes together: no more than the topic takes in one partition. */
  #next(): { messages: KafkaMessage[]; from: ReadonlySet<Publication> } {
    const messages: KafkaMessage[] = [];
    const from = new Set<Publication>();
    const most = Math.min(this.#mostAtOnce, this.#limits.maxBytes - BATCH_BYTES);
    let bytes = 0;
    for (const publication of this.#waiting) {
      for (let at = publication.kept; at < publication.messages.length; at++) {
        const message = publication.messages[at]!;
        bytes += sizeOf(message);
        if (messages.length > 0 && (bytes > most || messages.length >= AT_ONCE_RECORDS)) return { messages, from };
        messages.push(message);
        from.add(publication);
      }
    }
    return { messages, from };
  }

  async #send(messages: KafkaMessage[]): Promise<void> {
    this.#producer ??= this.#open();
    const tooLate = Promise.withResolvers<never>();
    const { giveUpMs } = this.#cluster;
    const absence = new Absence();
    let state = "";
    this.#told = (error) => {
      state = `: ${stateOf(error)}`;
      if (absence.notes(error)) tooLate.reject(faultOf(this.#act, error));
    };
    const timer = setTimeout(() => {
      const wish = `Cannot ${this.#act}: no broker takes the records for ${giveUpMs / 1000} s`;
      tooLate.reject(new StreamError(wish + state));
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

  /** The client tries by itself for ever, and tells only here what is wrong. */
  #open(): KafkaProducer {
    return this.#cluster.producer(() => this.#keyless++, {
      retryDelay: (_client, _what, _tries, _most, error) => {
        this.#told(error);
        return RETRY_MS;
      },
    });
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

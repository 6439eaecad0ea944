import type { Kept, Smaller, StreamDriver } from "../driven_stream.ts";
import type { Reader } from "../reader.ts";
import type { ReaderSource } from "../reader_source.ts";
import type { WireRecord } from "../record.ts";
import type { StreamClock } from "../stream_clock.ts";
import type { StreamGroup } from "../stream_group.ts";
import type { SubscribePlan } from "../subscribe_options.ts";
import { isTooLarge } from "../too_large_error.ts";
import type { KafkaAdmin, KafkaMessage } from "./kafka_client.ts";
import type { KafkaCluster } from "./kafka_cluster.ts";
import type { KafkaExchange, SmallerMessage } from "./kafka_exchange.ts";
import { forgetGroup, groupsOf } from "./kafka_groups.ts";
import { readLag, readPlaces } from "./kafka_lag.ts";
import { lookAtTopic } from "./kafka_look.ts";
import { messageOf } from "./kafka_message.ts";
import type { KafkaPath } from "./kafka_path.ts";
import { KafkaPublisher } from "./kafka_publisher.ts";
import { KafkaSource } from "./kafka_source.ts";
import type { KafkaTopic } from "./kafka_topic.ts";
import { keepTrying } from "./keep_trying.ts";

/** What a stream of a cluster is made of. */
export interface KafkaDriverParts {
  readonly at: KafkaPath;
  readonly topic: KafkaTopic;
  readonly cluster: KafkaCluster;
  readonly admin: KafkaAdmin;
  readonly clock: StreamClock;
  /** Where records are exchanged for others: what its readers acknowledge is kept with these. */
  readonly exchange?: KafkaExchange;
  /** Gets what is published, and how it is made smaller. Default: it goes to the brokers at once. */
  readonly publish?: (messages: readonly KafkaMessage[], smaller?: SmallerMessage) => void;
}

const ASK_WITHIN_MS = 10_000;

/** A topic. */
export class KafkaDriver implements StreamDriver {
  readonly #parts: KafkaDriverParts;
  readonly #publisher: KafkaPublisher;
  readonly #sources = new Set<KafkaSource>();
  #isOver = false;

  constructor(parts: KafkaDriverParts) {
    this.#parts = parts;
    const { cluster, at: { name, topic }, topic: limits } = parts;
    this.#publisher = new KafkaPublisher(cluster, { name, topic, limits });
  }

  async append(records: readonly WireRecord[], { smaller }: { smaller?: Smaller } = {}): Promise<void> {
    const { publish, at: { name, topic }, topic: { maxBytes } } = this.#parts;
    if (publish === undefined) return await this.#publisher.publish(records);
    const form = { topic, maxBytes, act: `publish to ${name}` };
    publish(records.map((record) => messageOf(record, form)), smaller && (() => smallerMessage(smaller, form)));
  }

  source(plan: SubscribePlan, reader: Reader): ReaderSource {
    const { cluster, at: { name, topic }, clock, exchange } = this.#parts;
    const onEnd = (source: KafkaSource) => this.#sources.delete(source);
    const source = new KafkaSource({ cluster, name, topic, plan, clock, reader, onEnd, exchange });
    this.#sources.add(source);
    return source;
  }

  groupFault(group: string): string | undefined {
    return /\s/.test(group) ? "has a space, which Kafka's client does not take" : undefined;
  }

  async lag(group: string): Promise<number> {
    const { admin, at: { topic }, topic: { partitions } } = this.#parts;
    const own = () => [...this.#sources].filter((source) => source.group === group);
    const cursors = () => own().flatMap(({ places }) => places);
    return await this.#ask("ask for the lag of", () => readLag(admin, { topic, partitions, group, cursors }));
  }

  async *look(group: string): AsyncGenerator<Kept> {
    const { admin, cluster, at: { name, topic }, topic: { partitions } } = this.#parts;
    const places = await this.#ask("look at", () => readPlaces(admin, { topic, partitions, group }));
    yield* lookAtTopic({ cluster, name, topic, group, places });
  }

  async groups(): Promise<StreamGroup[]> {
    const { admin, at: { topic }, topic: { partitions } } = this.#parts;
    return await this.#ask("tell the groups of", () => groupsOf(admin, { topic, partitions }));
  }

  async forget(group: string): Promise<boolean> {
    const { admin, at: { topic }, topic: { partitions } } = this.#parts;
    return await this.#ask("forget a group of", () => forgetGroup(admin, { topic, partitions }, group));
  }

  async remove(): Promise<boolean> {
    const { admin, at: { topic } } = this.#parts;
    try {
      await this.#ask("delete", () => admin.deleteTopics({ topics: [topic] }));
      return true;
    } finally {
      await this.end();
    }
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#publisher.close();
    await this.#parts.exchange?.close();
    await this.#parts.admin.close().catch(() => {});
  }

  async #ask<Answer>(act: string, ask: () => Promise<Answer>): Promise<Answer> {
    const { admin, cluster: { giveUpMs }, at: { name } } = this.#parts;
    return await keepTrying(`${act} ${name}`, ask, {
      withinMs: Math.min(ASK_WITHIN_MS, giveUpMs),
      isOver: () => this.#isOver,
      beforeAgain: () => admin.clearMetadata(),
    });
  }
}

/** The next that the topic may take, as far as it is known here. */
function smallerMessage(smaller: Smaller, form: Parameters<typeof messageOf>[1]): KafkaMessage | undefined {
  for (let record = smaller(); record !== undefined; record = smaller()) {
    try {
      return messageOf(record, form);
    } catch (error) {
      if (!isTooLarge(error)) throw error;
    }
  }
  return undefined;
}

import { StreamError } from "../../errors.ts";
import { sealRecords, type WireRecord } from "../record.ts";
import type { LookedRecord, NewRecord, RecordError, Stream, SubscribeOptions, Subscription } from "../stream.ts";
import type { StreamClock } from "../stream_clock.ts";
import { planSubscription } from "../subscribe_options.ts";
import type { KafkaAdmin } from "./kafka_client.ts";
import type { KafkaCluster } from "./kafka_cluster.ts";
import { readLag, readPlaces } from "./kafka_lag.ts";
import type { KafkaPath } from "./kafka_path.ts";
import { lookAtTopic } from "./kafka_look.ts";
import { KafkaPublisher } from "./kafka_publisher.ts";
import { keepTrying } from "./keep_trying.ts";
import { KafkaSubscription } from "./kafka_subscription.ts";
import type { KafkaTopic } from "./kafka_topic.ts";

/** What a stream of a cluster is made of. */
export interface KafkaStreamParts {
  readonly path: string;
  readonly at: KafkaPath;
  readonly topic: KafkaTopic;
  readonly cluster: KafkaCluster;
  readonly admin: KafkaAdmin;
  readonly clock: StreamClock;
  /** Writes a record of a group to the dead letters. */
  readonly bury: (group: string, record: WireRecord, error: RecordError) => Promise<void>;
  /** Is called when the stream is closed. */
  readonly onClose: () => Promise<void>;
}

const LAG_WITHIN_MS = 10_000;

/** A topic, for whoever opened it. */
export class KafkaStream<Body> implements Stream<Body> {
  readonly path: string;
  readonly #parts: KafkaStreamParts;
  readonly #publisher: KafkaPublisher;
  readonly #subscriptions = new Set<KafkaSubscription<Body>>();
  #isClosed = false;

  /** Made by `openKafka`. */
  constructor(parts: KafkaStreamParts) {
    this.path = parts.path;
    this.#parts = parts;
    const { cluster, at: { name, topic }, topic: limits } = parts;
    this.#publisher = new KafkaPublisher(cluster, { name, topic, limits });
  }

  async publish(records: readonly NewRecord<Body>[]): Promise<void> {
    this.#refuseClosed("publish to");
    await this.append(sealRecords(records, () => this.#parts.clock.now()));
  }

  /** Keeps records as they travel. */
  async append(records: readonly WireRecord[]): Promise<void> {
    await this.#publisher.publish(records);
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription<Body>> {
    this.#refuseClosed("subscribe to");
    const { cluster, at: { name, topic, group }, clock, bury } = this.#parts;
    const plan = planSubscription(name, { ...options, group: options.group || group || "" });
    const subscription: KafkaSubscription<Body> = new KafkaSubscription<Body>({
      cluster,
      name,
      topic,
      plan,
      clock,
      bury: (record, error) => bury(plan.group, record, error),
      onClose: () => this.#subscriptions.delete(subscription),
    });
    this.#subscriptions.add(subscription);
    try {
      await subscription.join();
    } catch (error) {
      await subscription.close();
      throw error;
    }
    return subscription;
  }

  async lag(group: string): Promise<number> {
    const act = "ask for the lag of";
    this.#refuseClosed(act);
    const { admin, at: { topic }, topic: { partitions } } = this.#parts;
    const own = () => [...this.#subscriptions].filter((subscription) => subscription.group === group);
    const cursors = () => own().flatMap((subscription) => [...subscription.cursors.values()]);
    return await this.#ask(act, () => readLag(admin, { topic, partitions, group, cursors }));
  }

  async *look(group: string): AsyncGenerator<LookedRecord<Body>> {
    const act = "look at";
    this.#refuseClosed(act);
    const { admin, cluster, at: { name, topic }, topic: { partitions } } = this.#parts;
    const places = await this.#ask(act, () => readPlaces(admin, { topic, partitions, group }));
    yield* lookAtTopic<Body>({ cluster, name, topic, group, places });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.close()));
    await this.#publisher.close();
    await this.#end();
  }

  /** Ends as a kill does, for tests: nobody says goodbye. */
  async abandon(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.abandon()));
    await this.#publisher.close();
    await this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #ask<Answer>(act: string, ask: () => Promise<Answer>): Promise<Answer> {
    const { admin, at: { name } } = this.#parts;
    return await keepTrying(`${act} ${name}`, ask, {
      withinMs: LAG_WITHIN_MS,
      isOver: () => this.#isClosed,
      beforeAgain: () => admin.clearMetadata(),
    });
  }

  async #end(): Promise<void> {
    await this.#parts.admin.close().catch(() => {});
    await this.#parts.onClose();
  }

  #refuseClosed(act: string): void {
    if (this.#isClosed) throw new StreamError(`Cannot ${act} ${this.#parts.at.name}: it is closed`);
  }
}

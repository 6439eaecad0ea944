import type { KafkaConsumer, KafkaPackage } from "./kafka_client.ts";
import { onRequest } from "./on_request.ts";

interface Place {
  readonly name: string;
  readonly partitions: {
    readonly partitionIndex: number;
    readonly committedOffset: bigint;
    committedMetadata?: string | null;
    readonly metadata?: string | null;
  }[];
}

/** How far a group is in a partition, and what is noted beside. */
export interface NotedOffset {
  readonly index: number;
  readonly offset: number;
  readonly note?: string;
}

/**
 * The offsets of a group, with the words that Kafka keeps beside each. The client (2.12.1) sends none and gives none, so they are put into
 * its requests and read from its answers, where it asks itself how these are written for the broker at hand.
 */
export class NotedOffsets {
  readonly #consumer: KafkaConsumer;
  readonly #topic: string;
  readonly #toSend = new Map<string, string>();
  readonly #found = new Map<number, string>();

  constructor(consumer: KafkaConsumer, { kafka, topic }: { readonly kafka: KafkaPackage; readonly topic: string }) {
    this.#consumer = consumer;
    this.#topic = topic;
    onRequest(consumer, kafka, {
      OffsetCommit: (args) => {
        for (const place of this.#own(args.find((arg) => Array.isArray(arg)))) {
          place.committedMetadata = this.#toSend.get(`${place.partitionIndex} ${place.committedOffset}`) ?? null;
        }
      },
      OffsetFetch: (args) => {
        const give = args.at(-1) as (error: Error | null, response?: { groups?: { topics: Place[] }[] }) => void;
        args[args.length - 2] = true; // what a transaction may still commit is waited for: UNSTABLE_OFFSET_COMMIT
        args[args.length - 1] = ((error, response) => {
          const topics = response?.groups?.flatMap(({ topics }) => topics) ??
            (response as { topics?: Place[] })?.topics;
          for (const { partitionIndex, metadata } of this.#own(topics)) this.#found.set(partitionIndex, metadata ?? "");
          give(error, response);
        }) as typeof give;
      },
    });
  }

  /** Says how far the group is. */
  async commit(places: readonly NotedOffset[]): Promise<void> {
    const topic = this.#topic;
    const key = ({ index, offset }: NotedOffset) => `${index} ${offset}`;
    for (const place of places) if (place.note !== undefined) this.#toSend.set(key(place), place.note);
    await this.#consumer.commit({
      offsets: places.map(({ index, offset }) => ({
        topic,
        partition: index,
        offset: BigInt(offset),
        leaderEpoch: -1,
      })),
    });
    for (const place of places) if (this.#toSend.get(key(place)) === place.note) this.#toSend.delete(key(place));
  }

  /** Tells how far the group is; nothing of partitions where it never was. */
  async list(indexes: readonly number[]): Promise<NotedOffset[]> {
    const topic = this.#topic;
    const known = (await this.#consumer.listCommittedOffsets({ topics: [{ topic, partitions: [...indexes] }] })).get(
      topic,
    );
    return indexes.flatMap((index) => {
      const offset = Number(known?.[index] ?? -1);
      return offset < 0 ? [] : [{ index, offset, note: this.#found.get(index) ?? "" }];
    });
  }

  #own(places: unknown): Place["partitions"] {
    return ((places ?? []) as Place[]).filter(({ name }) => name === this.#topic).flatMap(({ partitions }) =>
      partitions
    );
  }
}

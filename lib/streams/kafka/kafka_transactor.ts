import type { KafkaConsumer, KafkaMessage, KafkaProducer, KafkaTransaction } from "./kafka_client.ts";
import type { KafkaCluster } from "./kafka_cluster.ts";
import { AT_ONCE_BYTES, AT_ONCE_RECORDS, BATCH_BYTES, sizeOf } from "./kafka_message.ts";
import type { NotedOffset } from "./noted_offsets.ts";
import { says, stateOf } from "./kafka_fault.ts";
import { onRequest } from "./on_request.ts";

/** What is to be kept together. */
export interface Transacted {
  readonly messages: readonly KafkaMessage[];
  /** How many bytes each of their topics takes at once. */
  readonly mostBytes: number;
  readonly topic: string;
  /** How far the group is behind it. */
  readonly places: readonly NotedOffset[];
  readonly consumer: KafkaConsumer;
  /** Who the group's member was when it was given the records: the broker refuses who has been given up since. */
  readonly member: { readonly id: string; readonly generation: number };
}

const TRANSACTION_MS = 15_000; // what a killed process had begun holds up who reads behind it so long
const GIVE_UP_MS = 20_000; // the broker has given it up by then
const RETRIES = 45; // about ten seconds
const RETRY_AT_MOST_MS = 250;
const ANEW = { producerId: -1n, producerEpoch: -1 };

/** What was to go in one request, to one topic, did not. Nothing of the transaction is kept. */
export class PartFailure extends Error {
  readonly part: readonly KafkaMessage[];

  constructor(part: readonly KafkaMessage[], cause: unknown) {
    super("a part of a transaction cannot be sent", { cause });
    this.part = part;
  }
}

/** A broker found it too large; it may have gone to several topics. */
export class PartRefusal extends PartFailure {}

/**
 * Publishes, and says how far a group is, in transactions. Whoever is no member of the group any more cannot end one, since the broker
 * compares the member's generation; a partition's next reader waits for one that is under way (`noted_offsets.ts`).
 */
export class KafkaTransactor {
  readonly #cluster: KafkaCluster;
  readonly #id: string;
  #producer: KafkaProducer | undefined;
  #next: KafkaTransaction | undefined;
  #places: readonly NotedOffset[] = [];
  #keyless = Math.floor(Math.random() * 1_024); // processes begin at partitions of their own
  #isApart = false; // whether each topic has requests of its own, so that it is known which takes nothing
  #told: string | undefined; // what was wrong the last time, where it is tried again
  #isClosed = false;

  /** @param id Nobody else's. */
  constructor(cluster: KafkaCluster, id: string) {
    this.#cluster = cluster;
    this.#id = id;
  }

  /**
   * Resolves when all of it is kept. Rejects when nothing is, or nobody knows: where the group is tells then.
   *
   * @throws {PartRefusal} If a broker finds something too large.
   * @throws {PartFailure} If something cannot be sent to a topic, and it is known to which: from the second time on it is.
   */
  async run({ messages, mostBytes, topic, places, consumer, member }: Transacted): Promise<void> {
    const giveUpMs = Math.min(GIVE_UP_MS, this.#cluster.giveUpMs);
    let isLate = false;
    let sending: readonly KafkaMessage[] = [];
    const timer = setTimeout(() => {
      isLate = true;
      void this.#end(); // what it still tries fails
    }, giveUpMs);
    try {
      const transaction = this.#next ?? await this.#begin();
      this.#next = undefined;
      const mostAtOnce = Math.min(AT_ONCE_BYTES, mostBytes - BATCH_BYTES);
      for (const part of this.#isApart ? partsApart(messages, mostAtOnce) : partsOf(messages, mostAtOnce)) {
        sending = part;
        await transaction.send({ messages: part }).catch((error) => {
          const isSize = says(error, "MESSAGE_TOO_LARGE") || says(error, "RECORD_LIST_TOO_LARGE");
          throw isSize ? new PartRefusal(part, error) : error;
        });
      }
      sending = [];
      const { groupId, coordinatorId } = consumer;
      if (coordinatorId === null) throw new Error("the broker that keeps the group is not known");
      await transaction.addConsumer({ groupId });
      this.#places = places; // one request for all: the client makes one for each, and loses those that overlap
      await transaction.addOffset({
        topic,
        partition: places[0]!.index,
        offset: BigInt(places[0]!.offset - 1),
        metadata: { consumer: { groupId, generationId: member.generation, memberId: member.id, coordinatorId } },
      });
      await transaction.commit();
      this.#isApart = false;
    } catch (error) {
      const state = this.#told === undefined ? "" : `. The last word was: ${this.#told}`;
      await this.#end();
      this.#next = await this.#begin().catch(() => undefined); // who begins anew ends what was under way
      this.#isApart = true;
      const cause = isLate // its own error is that it was closed
        ? new Error(`the transaction did not end within ${giveUpMs / 1000} s, and is given up${state}`)
        : error;
      const isOneTopic = new Set(sending.map(({ topic }) => topic)).size === 1;
      throw isOneTopic && !(cause instanceof PartRefusal) ? new PartFailure(sending, cause) : cause;
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#end();
  }

  async #begin(): Promise<KafkaTransaction> {
    if (this.#isClosed) throw new Error("it is closed");
    this.#producer ??= this.#open();
    const transaction = await this.#producer.beginTransaction(ANEW);
    this.#told = undefined;
    return transaction;
  }

  #open(): KafkaProducer {
    const producer = this.#cluster.producer(() => this.#keyless++, {
      transactionalId: this.#id,
      timeout: TRANSACTION_MS,
      retries: RETRIES,
      retryDelay: (_client, _what, tries, _most, error) => {
        this.#told = stateOf(error);
        return Math.min(4 * 2 ** tries, RETRY_AT_MOST_MS); // the one before may not be through yet
      },
    });
    onRequest(producer, this.#cluster.kafka, {
      TxnOffsetCommit: (args) => {
        const [topic] = args.find((arg) => Array.isArray(arg)) as { partitions: unknown[] }[];
        topic!.partitions = this.#places.map(({ index, offset, note = null }) => ({
          partitionIndex: index,
          committedOffset: BigInt(offset),
          committedLeaderEpoch: -1,
          committedMetadata: note,
        }));
      },
    });
    return producer;
  }

  async #end(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    this.#next = undefined;
    await producer?.close().catch(() => {});
  }
}

/** The same, where each request is for one topic. */
function* partsApart(messages: readonly KafkaMessage[], mostBytes: number): Generator<KafkaMessage[]> {
  for (const some of Map.groupBy(messages, ({ topic }) => topic).values()) yield* partsOf(some, mostBytes);
}

/** What goes in one request: so much that every topic takes it, or one message. */
function* partsOf(messages: readonly KafkaMessage[], mostBytes: number): Generator<KafkaMessage[]> {
  let part: KafkaMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = sizeOf(message);
    if (part.length > 0 && (bytes + size > mostBytes || part.length >= AT_ONCE_RECORDS)) {
      yield part;
      [part, bytes] = [[], 0];
    }
    part.push(message);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

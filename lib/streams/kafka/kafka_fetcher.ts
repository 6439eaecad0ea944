import type { StreamError } from "../../errors.ts";
import { Answering } from "../answering.ts";
import { Absence } from "./absence.ts";
import type { KafkaConsumer } from "./kafka_client.ts";
import type { KafkaCluster } from "./kafka_cluster.ts";
import { KafkaCursor } from "./kafka_cursor.ts";
import { faultOf, isFinal, says } from "./kafka_fault.ts";

/** What a fetcher is made of. */
export interface FetcherParts {
  readonly cluster: KafkaCluster;
  readonly name: string;
  readonly topic: string;
  readonly group: string;
  /** The partitions that are read now. */
  readonly cursors: Map<number, KafkaCursor>;
  /** Is called when there are new records. */
  readonly onRecords: () => void;
  /** Is called when nothing can be read for a long time, or ever. */
  readonly onFault: (error: StreamError) => void;
}

const PARTITION_BYTES = 1_000_000; // fetched at once, unless one record is larger
const AHEAD_BYTES = 500_000; // of a partition: below it, more is fetched
const ALL_AHEAD_BYTES = 32_000_000; // of all partitions together
const WAIT_MS = 500; // the broker answers when there is something, at last after so long
const WAIT_BESIDE_MS = 20; // while other partitions may be asked for soon
const LATE_MS = 3_000; // behind that nobody answers, as it seems; the client waits much longer
const AGAIN_MS = 200;
const EARLIEST = -2n;
const OUT_OF_RANGE = "OFFSET_OUT_OF_RANGE";

/** Reads ahead of a subscriber, so far as it has room, each broker for itself. */
export class KafkaFetcher {
  /** Whether the brokers answer. */
  readonly answering = new Answering();
  readonly #parts: FetcherParts;
  readonly #consumer: KafkaConsumer; // of its own: a fetch that waits would hold up heartbeats
  readonly #busy = new Set<number>();
  #isLooking = false;
  #isAsked = false;
  #failingSince: number | undefined;
  readonly #absence = new Absence();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(parts: FetcherParts) {
    this.#parts = parts;
    this.#consumer = parts.cluster.consumer(parts.group);
    this.#consumer.topics.track(parts.topic);
  }

  /** Fetches where there is room. */
  pump(): void {
    this.#isAsked = true;
    if (this.#isLooking || this.#timer !== undefined) return;
    this.#isLooking = true;
    void this.#look();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#consumer.close(true).catch(() => {});
  }

  #wanted(): KafkaCursor[] {
    const cursors = [...this.#parts.cursors.values()];
    const all = cursors.reduce((bytes, { bytesAhead }) => bytes + bytesAhead, 0);
    return all > ALL_AHEAD_BYTES ? [] : cursors.filter(({ bytesAhead }) => bytesAhead < AHEAD_BYTES);
  }

  async #look(): Promise<void> {
    try {
      while (this.#isAsked && !this.#isClosed) {
        this.#isAsked = false; // whoever asks from here on is heard
        if (this.#wanted().length > 0) await this.#fetchAll();
      }
      this.#isLooking = false;
    } catch (error) {
      this.#isLooking = false;
      this.#failed(error);
    }
  }

  async #fetchAll(): Promise<void> {
    const { topic, cursors } = this.#parts;
    const metadata = await this.#consumer.metadata({ topics: [topic] });
    const { id, partitions } = metadata.topics.get(topic)!;
    const byLeader = Map.groupBy(this.#wanted(), ({ partition: { index } }) => partitions[index]!.leader);
    for (const [node, wanted] of byLeader) {
      if (this.#busy.has(node)) continue;
      this.#busy.add(node);
      const waitMs = wanted.length < cursors.size ? WAIT_BESIDE_MS : WAIT_MS;
      void this.#fetch(node, id, wanted, waitMs).catch((error) => this.#failed(error)).finally(() => {
        this.#busy.delete(node);
        this.pump();
      });
    }
  }

  async #fetch(node: number, topicId: string, cursors: readonly KafkaCursor[], maxWaitTime: number): Promise<void> {
    const asked = new Map(cursors.map((cursor) => [cursor.partition.index, { cursor, at: cursor.partition.end }]));
    const askedAt = Date.now();
    const late = setTimeout(() => {
      this.answering.failed(`Cannot read ${this.#parts.name}: a broker does not answer`, askedAt);
    }, maxWaitTime + LATE_MS);
    try {
      const { responses } = await this.#consumer.fetch({
        node,
        maxWaitTime,
        minBytes: 1,
        maxBytes: ALL_AHEAD_BYTES,
        topics: [{
          topicId,
          partitions: [...asked].map(([partition, { at }]) => ({
            partition,
            fetchOffset: BigInt(at),
            partitionMaxBytes: PARTITION_BYTES,
            currentLeaderEpoch: -1,
            lastFetchedEpoch: -1,
          })),
        }],
      });
      this.#failingSince = undefined;
      this.#absence.notes();
      this.answering.answered();
      let hasNew = false;
      for (
        const { partitionIndex, records, abortedTransactions } of responses.flatMap(({ partitions }) => partitions)
      ) {
        const { cursor, at } = asked.get(partitionIndex) ?? {};
        if (cursor === undefined || cursor.isLost || cursor.partition.end !== at || !records?.length) continue;
        cursor.keep(records, abortedTransactions ?? []);
        hasNew = true;
      }
      if (hasNew) this.#parts.onRecords();
    } catch (error) {
      if (!says(error, OUT_OF_RANGE)) throw error;
      await this.#beginAnew(cursors);
    } finally {
      clearTimeout(late);
    }
  }

  /** Records are gone that were to be read, with the topic's retention: goes on at the oldest that is there. */
  async #beginAnew(cursors: readonly KafkaCursor[]): Promise<void> {
    const { topic } = this.#parts;
    const partitions = { [topic]: cursors.map(({ partition: { index } }) => index) };
    const list = async (timestamp: bigint) =>
      (await this.#consumer.listOffsets({ topics: [topic], partitions, timestamp })).get(topic)!;
    const [firsts, ends] = [await list(EARLIEST), await list(-1n)];
    for (const cursor of cursors) {
      const { index, end } = cursor.partition;
      const [first, last] = [Number(firsts[index]), Number(ends[index])];
      if (cursor.isLost || end >= first && end <= last) continue;
      cursor.isLost = true;
      this.#parts.cursors.set(index, new KafkaCursor(index, first));
    }
  }

  #failed(error: unknown): void {
    if (this.#isClosed) return;
    const now = performance.now();
    this.#failingSince ??= now;
    const isGone = this.#absence.notes(error);
    const fault = faultOf(`read ${this.#parts.name}`, error);
    this.answering.failed(fault.message, Date.now());
    if (isGone || isFinal(error) || now - this.#failingSince > this.#parts.cluster.giveUpMs) {
      this.#failingSince = now;
      this.#absence.notes(); // it may be made again
      this.#parts.onFault(fault);
    }
    this.#consumer.clearMetadata();
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.pump();
    }, AGAIN_MS);
  }
}

import { Buffer } from "node:buffer";
import { setTimeout as pause } from "node:timers/promises";
import type { StreamError } from "../../errors.ts";
import type { SubscribePlan } from "../subscribe_options.ts";
import type { KafkaConsumer } from "./kafka_client.ts";
import type { KafkaCluster } from "./kafka_cluster.ts";
import { KafkaCursor } from "./kafka_cursor.ts";
import { says } from "./kafka_fault.ts";
import { keepTrying } from "./keep_trying.ts";

/** What a member is made of. */
export interface MemberParts {
  readonly cluster: KafkaCluster;
  readonly name: string;
  readonly topic: string;
  readonly plan: SubscribePlan;
  /** Is called when it may read other partitions than before, or may read again. */
  readonly onChange: () => void;
  /** Is called when it cannot be in its group. */
  readonly onFault: (error: StreamError) => void;
}

const JOIN_AGAIN_MS = 1_000;
const EARLIEST = -2n;
const LATEST = -1n;
const REJOIN = ["REBALANCE_IN_PROGRESS", "ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID"];

/** A subscriber's place in its group: the partitions that it reads, and how far the group is there. */
export class KafkaMember {
  /** The partitions that it reads. */
  readonly cursors = new Map<number, KafkaCursor>();
  readonly #parts: MemberParts;
  readonly #consumer: KafkaConsumer;
  #generation = -1;
  #isJoined = false;
  #hasSubscribed = false;
  #isJoining = false;
  #positioning: Promise<void> = Promise.resolve();
  #flushing: Promise<void> | undefined;
  #drained: (() => void) | undefined;
  #isClosed = false;

  constructor(parts: MemberParts) {
    this.#parts = parts;
    const { cluster, topic, plan: { group } } = parts;
    this.#consumer = cluster.consumer(group, () => this.#beforeJoining());
    this.#consumer.topics.track(topic);
    this.#consumer.on("consumer:group:join", () => this.#assigned());
    this.#consumer.on("consumer:rejoin", () => {
      if (!this.#consumer.isActive()) void this.#joinAgain();
    });
  }

  /** Whether records may be given out: not while others come or go. */
  get mayGive(): boolean {
    return this.#isJoined && !this.#isClosed;
  }

  /** Joins the group; resolves when its places are known. */
  async join(): Promise<void> {
    await this.#keepTrying(`subscribe to ${this.#parts.name}`, async () => {
      await this.#consumer.joinGroup({});
      await this.#positioning;
    });
    this.#hasSubscribed = true;
  }

  /** Something is done or comes again. */
  settled(): void {
    if (![...this.cursors.values()].some(({ isPending }) => isPending)) this.#drained?.();
  }

  /** Resolves when the broker keeps how far the cursors are; those that are lost by then are not waited for. */
  async save(cursors: Iterable<KafkaCursor>): Promise<void> {
    const wanted = [...cursors].map((cursor) => ({ cursor, offset: cursor.toSave }));
    while (wanted.some(({ cursor, offset }) => !cursor.isLost && cursor.saved < offset)) {
      await (this.#flushing ??= this.#flush().finally(() => this.#flushing = undefined));
    }
  }

  /** Says goodbye: others have its partitions at once. */
  async leave(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#isJoined) await this.#commit().catch(() => {}); // what was not saved comes again
    this.#loseAll();
    await this.#consumer.close(true).catch(() => {}); // where no broker answers, the group finds out by itself
  }

  /** Stops as a kill does: others find out when the session ends. */
  async abandon(): Promise<void> {
    this.#isClosed = true;
    this.#loseAll();
    await this.#consumer.connections.close(); // it cannot say goodbye
    await this.#consumer.close(true).catch(() => {});
  }

  /** Others come or go: what is in hand is waited for, and what is done is saved, before partitions go to others. */
  async #beforeJoining(): Promise<Uint8Array> {
    this.#isJoined = false;
    if (this.#consumer.memberId === null) this.#loseAll();
    if ([...this.cursors.values()].some(({ isPending }) => isPending)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, this.#parts.cluster.drainMs);
      this.#drained = resolve;
      await promise;
      this.#drained = undefined;
      clearTimeout(timer);
    }
    if (this.cursors.size > 0 && !this.#isClosed) await this.#commit().catch(() => {});
    return Buffer.alloc(0);
  }

  #assigned(): void {
    const { generationId, assignments } = this.#consumer;
    const { topic } = this.#parts;
    const mine = new Set(assignments?.find((assignment) => assignment.topic === topic)?.partitions);
    const isNext = generationId === this.#generation + 1; // else another may have read there meanwhile
    for (const [index, cursor] of this.cursors) {
      if (!isNext || !mine.has(index)) this.#lose(cursor);
    }
    this.#generation = generationId;
    const missing = [...mine].filter((index) => !this.cursors.has(index));
    this.#positioning = this.#keepTrying(`subscribe to ${this.#parts.name}`, async () => {
      if (this.#generation === generationId) await this.#position(missing, generationId);
    });
    this.#positioning.catch(() => void this.#joinAgain()); // whoever subscribes is told by `join`
  }

  /** Finds where the group is in partitions; where it never was, it is told where to begin. */
  async #position(indexes: readonly number[], generation: number): Promise<void> {
    const { topic } = this.#parts;
    if (indexes.length > 0) {
      const known = await this.#consumer.listCommittedOffsets({ topics: [{ topic, partitions: [...indexes] }] });
      const offsets = new Map(indexes.map((index) => [index, known.get(topic)?.[index] ?? -1n]));
      const unknown = indexes.filter((index) => offsets.get(index)! < 0n);
      if (unknown.length > 0) {
        for (const [index, offset] of await this.#beginning(unknown)) offsets.set(index, offset);
        await this.#consumer.commit({
          offsets: unknown.map((index) => ({ topic, partition: index, offset: offsets.get(index)!, leaderEpoch: -1 })),
        });
      }
      if (this.#generation !== generation || this.#isClosed) return;
      for (const [index, offset] of offsets) this.cursors.set(index, new KafkaCursor(index, Number(offset)));
    }
    this.#isJoined = true;
    this.#parts.onChange();
  }

  async #beginning(indexes: readonly number[]): Promise<ReadonlyMap<number, bigint>> {
    const { topic, plan: { from } } = this.#parts;
    const list = async (timestamp: bigint) =>
      (await this.#consumer.listOffsets({ topics: [topic], partitions: { [topic]: [...indexes] }, timestamp })).get(
        topic,
      )!;
    const at = await list(from === "start" ? EARLIEST : from === "end" ? LATEST : BigInt(from.getTime()));
    const ends = indexes.some((index) => at[index]! < 0n) ? await list(LATEST) : at; // no record is that young
    return new Map(indexes.map((index) => [index, at[index]! < 0n ? ends[index]! : at[index]!]));
  }

  async #flush(): Promise<void> {
    const act = `acknowledge records of ${this.#parts.name}`;
    await this.#keepTrying(act, async () => {
      if (this.#isJoined) await this.#commit();
      else if (this.cursors.size > 0) throw new Error(`group "${this.#parts.plan.group}" is not ready`);
    });
  }

  async #commit(): Promise<void> {
    const { topic } = this.#parts;
    const due = [...this.cursors.values()].map((cursor) => ({ cursor, offset: cursor.toSave }))
      .filter(({ cursor, offset }) => offset > cursor.saved);
    if (due.length === 0) return;
    await this.#consumer.commit({
      offsets: due.map(({ cursor: { partition: { index } }, offset }) => ({
        topic,
        partition: index,
        offset: BigInt(offset),
        leaderEpoch: -1,
      })),
    });
    for (const { cursor, offset } of due) cursor.saved = Math.max(cursor.saved, offset);
  }

  /** Is out of its group: tries until it is back, and tells readers why it takes long. */
  async #joinAgain(): Promise<void> {
    if (this.#isJoining) return;
    this.#isJoining = true;
    while (!this.#isClosed && this.#hasSubscribed) {
      try {
        await this.join();
        break;
      } catch (error) {
        this.#parts.onFault(error as StreamError);
      }
      await pause(JOIN_AGAIN_MS);
    }
    this.#isJoining = false;
  }

  async #keepTrying(act: string, run: () => Promise<void>): Promise<void> {
    const isOver = () => this.#isClosed;
    const beforeAgain = (error: unknown) => {
      if (!REJOIN.some((id) => says(error, id))) this.#consumer.clearMetadata();
    };
    await keepTrying(act, run, { withinMs: this.#parts.cluster.giveUpMs, isOver, beforeAgain });
  }

  #loseAll(): void {
    for (const cursor of this.cursors.values()) this.#lose(cursor);
  }

  #lose(cursor: KafkaCursor): void {
    cursor.isLost = true;
    const { index } = cursor.partition;
    if (this.cursors.get(index) === cursor) this.cursors.delete(index);
  }
}

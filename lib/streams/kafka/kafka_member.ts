import { Buffer } from "node:buffer";
import { setTimeout as pause } from "node:timers/promises";
import type { StreamError } from "../../errors.ts";
import type { SubscribePlan } from "../subscribe_options.ts";
import { TakenError } from "../taken_error.ts";
import { beginnings } from "./beginnings.ts";
import type { KafkaConsumer } from "./kafka_client.ts";
import type { KafkaCluster } from "./kafka_cluster.ts";
import { KafkaCursor } from "./kafka_cursor.ts";
import { isRebalance } from "./kafka_fault.ts";
import { type Exchanged, KafkaKeeping } from "./kafka_keeping.ts";
import { keepTrying } from "./keep_trying.ts";
import { NotedOffsets } from "./noted_offsets.ts";
import { readTries, type Stretch, withoutOneTry } from "./tries_note.ts";

/** What a member is made of. */
export interface MemberParts {
  readonly cluster: KafkaCluster;
  readonly name: string;
  readonly topic: string;
  readonly plan: SubscribePlan;
  /** Whether what is acknowledged is kept by `exchange` only. */
  readonly isExchanged: boolean;
  /** Is called when it may read other partitions than before, or may read again. */
  readonly onChange: () => void;
  /** Is called when it cannot be in its group. */
  readonly onFault: (error: StreamError) => void;
}

/** What was given out of partitions. */
type Given = ReadonlyMap<number, Stretch>;

const JOIN_AGAIN_MS = 1_000;

/** Others come or go: nothing may be given out. */
export class RebalanceError extends Error {}

/** A subscriber's place in its group: the partitions that it reads, and how far the group is there. */
export class KafkaMember {
  /** The partitions that it reads. */
  readonly cursors = new Map<number, KafkaCursor>();
  readonly #parts: MemberParts;
  readonly #consumer: KafkaConsumer;
  readonly #offsets: NotedOffsets;
  readonly #keeping: KafkaKeeping;
  #generation = -1;
  #isJoined = false;
  #isRejoining = false;
  #hasSubscribed = false;
  #isJoining = false;
  #positioning: Promise<void> = Promise.resolve();
  #flushing: Promise<void> | undefined;
  #drained: (() => void) | undefined;
  #rebalance = Promise.withResolvers<void>();
  #isClosed = false;

  constructor(parts: MemberParts) {
    this.#parts = parts;
    const { cluster, topic, plan: { group } } = parts;
    this.#consumer = cluster.consumer(group, () => this.#beforeJoining());
    this.#offsets = new NotedOffsets(this.#consumer, { kafka: cluster.kafka, topic });
    this.#keeping = new KafkaKeeping({ offsets: this.#offsets, cursors: this.cursors, isExchanged: parts.isExchanged });
    this.#consumer.topics.track(topic);
    this.#consumer.on("consumer:group:join", () => this.#joined());
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
  settled(cursors: Iterable<KafkaCursor> = []): void {
    this.#keeping.markSettled(cursors);
    if (!this.#isBusy) this.#drained?.();
  }

  /** Whether somebody works on what was given out, or it is done and not kept. */
  get #isBusy(): boolean {
    return this.#keeping.hasSettled || [...this.cursors.values()].some(({ isPending }) => isPending);
  }

  /**
   * Has kept how far the group is, together with what was made of it. Where that fails, the group is where the broker says.
   *
   * @throws {TakenError} If what is done is others' by now.
   */
  async exchange(run: (exchanged: Exchanged) => Promise<void>): Promise<void> {
    try {
      await this.#keeping.exchange(() => {
        const { memberId } = this.#consumer;
        if (memberId === null || this.#isClosed) throw new TakenError("the subscriber has left the group");
        return { consumer: this.#consumer, member: { id: memberId, generation: this.#generation } };
      }, run);
    } catch (error) {
      await this.beginAnew();
      throw error;
    } finally {
      this.settled();
    }
  }

  /** What is not kept comes again, from where the broker says that the group is; that it was given out counts as no try. */
  async beginAnew(): Promise<void> {
    this.#keeping.forgetSettled();
    const given: Given = new Map([...this.cursors].map(([index, { saved, next }]) => [index, [saved, next]]));
    this.#loseAll();
    if (this.#isRejoining || this.#isClosed) return; // it is told of its partitions soon
    this.#isJoined = false;
    this.#take(this.#generation, this.#assigned(), given);
    await this.#positioning.catch(() => {});
  }

  /** Whether something is acknowledged and not kept yet. */
  get hasSettled(): boolean {
    return this.#keeping.hasSettled;
  }

  /**
   * Resolves when the broker has noted what is given out of cursors.
   *
   * @throws {RebalanceError} If others come or go meanwhile.
   */
  async note(cursors: Iterable<KafkaCursor>): Promise<void> {
    const wanted = [...cursors];
    while (wanted.some(({ isLost, isNoted }) => !isLost && !isNoted)) {
      if (!this.mayGive) throw new RebalanceError();
      await Promise.race([this.#flushing ??= this.#startFlushing(), this.#rebalance.promise]);
    }
  }

  /** Nobody works here: the broker is told of what was passed over, such as marks of transactions, or it would seem not to be read. */
  saveIdle(): void {
    const passed = [...this.cursors.values()].filter((cursor) => cursor.fetched === 0 && cursor.toSave > cursor.saved);
    if (passed.length > 0 && this.mayGive && !this.#isBusy) {
      (this.#flushing ??= this.#startFlushing()).catch(() => {}); // it is tried again
    }
  }

  /** Resolves when the broker keeps how far the cursors are; those that are lost by then are not waited for. */
  async save(cursors: Iterable<KafkaCursor>): Promise<void> {
    if (this.#parts.isExchanged) return;
    const wanted = [...cursors].map((cursor) => ({ cursor, offset: cursor.toSave }));
    while (wanted.some(({ cursor, offset }) => !cursor.isLost && cursor.saved < offset)) {
      await (this.#flushing ??= this.#startFlushing());
    }
  }

  /** Says goodbye: others have its partitions at once. */
  async leave(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#isJoined) await this.#keeping.commit({ isLeaving: true }).catch(() => {}); // what was not saved comes again
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
    this.#isRejoining = true;
    this.#rebalance.resolve();
    this.#rebalance = Promise.withResolvers();
    const { memberId, generationId } = this.#consumer;
    if (memberId === null || generationId !== this.#generation) this.#loseAll(); // another may have read there: nothing of it is to be kept
    if (this.#isBusy) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, this.#parts.cluster.drainMs);
      this.#drained = resolve;
      await promise;
      this.#drained = undefined;
      clearTimeout(timer);
    }
    if (this.cursors.size > 0 && !this.#isClosed) await this.#keeping.commit({ isLeaving: true }).catch(() => {});
    return Buffer.alloc(0);
  }

  #joined(): void {
    const { generationId } = this.#consumer;
    const mine = this.#assigned();
    const isNext = generationId === this.#generation + 1; // else another may have read there meanwhile
    for (const [index, cursor] of this.cursors) {
      if (!isNext || !mine.has(index)) this.#lose(cursor);
    }
    this.#generation = generationId;
    this.#isRejoining = false;
    this.#take(generationId, mine);
  }

  /** The partitions that are read here, as the group has said. */
  #assigned(): ReadonlySet<number> {
    const { topic } = this.#parts;
    return new Set(this.#consumer.assignments?.find((assignment) => assignment.topic === topic)?.partitions);
  }

  /** Finds its places in those partitions where it has none; then it may read. */
  #take(generation: number, mine: ReadonlySet<number>, given?: Given): void {
    const missing = [...mine].filter((index) => !this.cursors.has(index));
    this.#positioning = this.#keepTrying(`subscribe to ${this.#parts.name}`, async () => {
      if (this.#generation === generation) await this.#position(missing, generation, given);
    });
    this.#positioning.catch(() => void this.#joinAgain()); // whoever subscribes is told by `join`
  }

  /** Finds where the group is in partitions; where it never was, it is told where to begin. */
  async #position(indexes: readonly number[], generation: number, given?: Given): Promise<void> {
    if (indexes.length > 0) {
      const known = await this.#offsets.list(indexes);
      const unknown = indexes.filter((index) => !known.some((place) => place.index === index));
      if (unknown.length > 0) {
        const { topic, plan: { from } } = this.#parts;
        const begun = await beginnings(this.#consumer, { topic, from, indexes: unknown });
        await this.#offsets.commit(begun);
        known.push(...begun);
      }
      if (this.#generation !== generation || this.#isClosed) return;
      for (const { index, offset, note } of known) {
        const other = this.cursors.get(index); // where it began anew twice
        if (other !== undefined) this.#lose(other);
        const tries = withoutOneTry(readTries(note, offset), given?.get(index) ?? [offset, offset]);
        this.cursors.set(index, new KafkaCursor(index, offset, tries));
      }
    }
    this.#isJoined = true;
    this.#parts.onChange();
  }

  #startFlushing(): Promise<void> {
    const flushing = this.#flush().finally(() => this.#flushing = undefined);
    flushing.catch(() => {}); // whoever still waits for it is told
    return flushing;
  }

  async #flush(): Promise<void> {
    const act = `acknowledge records of ${this.#parts.name}`;
    await this.#keepTrying(act, async () => {
      if (this.#isJoined) await this.#keeping.commit();
      else if (this.cursors.size > 0) throw new Error(`group "${this.#parts.plan.group}" is not ready`);
    });
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
      if (!isRebalance(error)) this.#consumer.clearMetadata();
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

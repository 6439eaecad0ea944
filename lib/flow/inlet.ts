import { describeThrown } from "../errors.ts";
import type { FlowEvent } from "../graph/event.ts";
import { redactText } from "../redact_text.ts";
import type { Delivery } from "../streams/delivery.ts";
import { isGone } from "../streams/gone_error.ts";
import type { StreamRecord, Subscription } from "../streams/stream.ts";
import { MAX_TRIES } from "../streams/subscribe_options.ts";
import { Acknowledging } from "./acknowledging.ts";
import { AwaitedRecords } from "./awaited_records.ts";
import { eventOf } from "./event_record.ts";
import { endedIts, Exchanging } from "./exchanging.ts";
import type { Holder } from "./in_hand.ts";
import type { SharedParts } from "./inlet_parts.ts";
import { isWorthAnotherTry } from "./outcome.ts";
import type { Source } from "./source.ts";
import type { StreamLag } from "./stream_lag.ts";
import { ReadingWatch, type StreamTrouble, troubleOf } from "./stream_trouble.ts";
import { Pace } from "./pace.ts";
import { sleep } from "./system_clock.ts";
import { ToldCauses } from "./told_causes.ts";
import { Tally } from "./tally.ts";

const PAUSE_MS = 1_000; // before a stream that cannot be read is asked again

/**
 * Feeds a flow from one stream. Records enter in the order of their partition, while the flow has room; each is acknowledged when
 * everything that became of it is done, tried again when it fails, and written to the dead letters when that does not help.
 *
 * Who fails is tried `maxTries` times. A record that comes more often was in hand whenever a process ended without a word, as by
 * running out of memory: it is worked on alone from then on, beside nothing of any stream of the worker, so that what ends the next process is
 * known, and after as many tries again it goes to the dead letters. What was given out meanwhile is put back, and that counts as no try.
 */
export class Inlet implements Holder {
  readonly #source: Source;
  readonly #parts: SharedParts;
  readonly #works = new Tally();
  readonly #acknowledging = new Acknowledging((records, failure) => {
    if (failure !== undefined) this.#tellUnsettled(records[0]!, failure.error); // it says how many
    this.#end(records.length);
  });
  readonly #lanes = new Map<string, string>(); // by partition
  readonly #stopping = new AbortController();
  readonly #watch = new ReadingWatch(() => this.#subscription?.away?.());
  readonly #awaited: AwaitedRecords;
  readonly #told = new ToldCauses();
  readonly #exchanging: Exchanging | undefined;
  #subscription: Subscription | undefined;
  #reading: Promise<void> | undefined;
  #isAbandoned = false;
  #delivery: Delivery | undefined;
  #unfed: readonly StreamRecord[] = []; // of the delivery, from #at on
  #at = 0;

  constructor(source: Source, parts: SharedParts) {
    this.#source = source;
    this.#parts = parts;
    parts.inHand.join(this);
    const { exchange, stream, group, trigger = stream.path } = source;
    const canTell = () => this.#subscription?.away !== undefined;
    const place = { stream: redactText(stream.path), group };
    this.#awaited = new AwaitedRecords({ ...parts, ...place, watch: this.#watch, canTell });
    if (exchange !== undefined) {
      const away = () => this.#subscription?.away?.();
      this.#exchanging = new Exchanging({ ...parts, ...source, exchange, trigger, away });
    }
  }

  /** Takes its place in the group. */
  async join(): Promise<void> {
    this.#subscription = await this.#source.stream.subscribe(this.#source);
  }

  /** Begins to read, once it has joined. */
  start(): void {
    if (this.#isStopped) return;
    this.#reading = this.#read();
    this.#source.feeder?.start();
  }

  /** How many records of its stream its group has not acknowledged. */
  async lag(): Promise<StreamLag> {
    const { stream, group, queue = "", name } = this.#source;
    const records = await stream.lag(group);
    return { stream: stream.path, group, queue, ...(name === undefined ? {} : { trigger: name }), records };
  }

  /** Why its stream cannot be read, or nothing be kept of it, where that is so. */
  trouble(): StreamTrouble | undefined {
    const { stream: { path }, group } = this.#source;
    const halt = this.#watch.trouble(this.#parts.clock.now()) ?? this.#exchanging?.trouble;
    return halt && troubleOf(path, group, halt);
  }

  /** Reads no more; what the flow has in hand goes on. */
  stop(): void {
    this.#stopping.abort();
    void this.#source.feeder?.stop();
  }

  /** Waits until what the flow had in hand is settled, then leaves: what was not taken goes to others. */
  async close(): Promise<void> {
    this.stop();
    await this.#works.none();
    await this.#exchanging?.idle;
    await this.abandon();
    await this.#reading;
  }

  /** Leaves at once: what is not acknowledged goes to others. */
  async abandon(): Promise<void> {
    this.stop();
    this.#isAbandoned = true;
    await this.#source.feeder?.stop();
    await this.#subscription?.close();
    await this.#source.stream.close();
  }

  /** Ends as a kill does: nobody says goodbye. */
  async kill(): Promise<void> {
    this.stop();
    this.#isAbandoned = true;
    const { stream, feeder } = this.#source;
    await feeder?.stop();
    await (stream.abandon?.() ?? stream.close());
  }

  async #read(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#readOn();
      } catch (error) {
        await this.#tellUnreadable(error);
        await this.#subscribeAgain();
      }
    }
  }

  async #subscribeAgain(): Promise<void> {
    await this.#subscription?.close().catch(() => {});
    for (let told = ""; !this.#isStopped;) {
      try {
        this.#subscription = await this.#source.stream.subscribe(this.#source);
        return;
      } catch (error) {
        await this.#tellUnreadable(error, told);
        told = describeThrown(error).message;
      }
    }
  }

  async #readOn(): Promise<void> {
    const { flow, inHand } = this.#parts;
    while (!this.#isStopped) {
      if (!flow.isReady) await flow.ready();
      while (inHand.alone !== undefined && !this.#isStopped) await inHand.alone;
      const delivery = await this.#next();
      if (delivery === undefined) continue;
      if (this.#exchanging !== undefined) {
        await this.#exchanging.work(delivery, this.#stopping.signal);
        continue;
      }
      this.#delivery = delivery;
      this.#unfed = delivery.records;
      this.#at = 0;
      if (inHand.alone !== undefined) this.putBack();
      const pace = new Pace();
      while (this.#at < this.#unfed.length) {
        if (pace.isDue()) await pace.rest();
        if (!flow.isReady) await flow.ready();
        if (this.#isStopped) return;
        const record = this.#unfed[this.#at];
        if (record === undefined) break; // put back meanwhile
        this.#at += 1;
        if (record.tries <= this.#maxTries) this.#feed(record, delivery);
        else if (record.tries <= 2 * this.#maxTries) {
          await inHand.workAlone(() => this.#feed(record, delivery), this.#stopping.signal);
        } else {
          this.#begin();
          this.#bury(record, delivery, { error: endedIts(record) });
        }
      }
    }
  }

  /** What comes next; nothing where the stream cannot be read now. What was given out and is in hand stays so. */
  async #next(): Promise<Delivery | undefined> {
    this.#exchanging?.waits();
    try {
      const { value, done } = await this.#awaited.next(() => this.#subscription!.next());
      if (done !== true) return value;
    } catch (error) {
      if (isGone(error)) throw error;
      return await this.#tellUnreadable(error);
    }
    if (!this.#isStopped) throw new Error("the subscription has ended");
    return undefined;
  }

  /** Says so, unless that was `told`, and waits; where the stream is there anew, or may be, nothing is waited for. */
  async #tellUnreadable(error: unknown, told?: string): Promise<undefined> {
    if (this.#isStopped) return;
    const { log, clock } = this.#parts;
    const { stream: { path }, group } = this.#source;
    const why = describeThrown(error).message;
    this.#watch.fails(clock.now(), why);
    if (why !== told) log.error(`Cannot read stream ${path}, trying again: ${why}`, { stream: path, group });
    if (told === undefined && isGone(error)) return;
    await sleep(clock, PAUSE_MS, this.#stopping.signal).catch(() => {});
  }

  /** Others are to be alone: what was given out and not begun with comes again, and is not the worse for it. */
  putBack(): void {
    const records = this.#unfed.slice(this.#at);
    this.#unfed = [];
    if (records.length === 0) return;
    const { works } = this.#parts.inHand;
    works.enter();
    this.#delivery!.putBack(records).catch(() => {}).finally(() => works.leave()); // where it fails they are others' by now
  }

  get #maxTries(): number {
    return this.#source.maxTries ?? MAX_TRIES;
  }

  #feed(record: StreamRecord, delivery: Delivery): void {
    this.#begin();
    const { unreadable } = record;
    if (unreadable !== undefined) {
      const error = new TypeError(`The body is ${unreadable}`);
      return this.#bury(record, delivery, { error, why: `its body is ${unreadable}` });
    }
    let event: FlowEvent;
    try {
      event = this.#eventOf(record);
    } catch (error) {
      return this.#bury(record, delivery, { error }); // its own fault stays one, however often it is tried
    }
    this.#parts.flow.deliver(event, this.#source.queue, record.tries >= this.#maxTries).then((outcome) => {
      if (outcome.kind !== "failed") return this.#acknowledging.ack(record, delivery);
      const { error } = outcome;
      if (!isWorthAnotherTry(error)) return this.#bury(record, delivery, { error });
      this.#tell("warn", record, `failed at try ${record.tries}: ${error.message}`);
      this.#settle(record, delivery.nack(error, [record]));
    }).catch((error) => this.#settle(record, Promise.reject(error)));
  }

  #eventOf(record: StreamRecord): FlowEvent {
    const { stream, trigger = stream.path } = this.#source;
    const { read } = this.#parts;
    const { partition } = record;
    const event = eventOf(record, trigger, this.#lanes.get(partition));
    this.#lanes.set(partition, event.lane!); // the same text for all: one that is made anew is looked at letter by letter
    if (read !== undefined) event.body = read(event.body);
    return event;
  }

  #bury(
    record: StreamRecord,
    delivery: Delivery,
    { error, why = describeThrown(error).message }: { readonly error: unknown; readonly why?: string },
  ): void {
    this.#tell("error", record, `goes to the dead letters: ${why}`);
    this.#settle(record, delivery.bury(error, [record]));
  }

  /** A record is in hand until it ends. */
  #begin(): void {
    this.#works.enter();
    this.#parts.inHand.works.enter();
  }

  #end(count: number): void {
    this.#works.leave(count);
    this.#parts.inHand.works.leave(count);
  }

  #settle(record: StreamRecord, settling: Promise<void>): void {
    settling.catch((error) => this.#tellUnsettled(record, error)).finally(() => this.#end(1));
  }

  #tellUnsettled(record: StreamRecord, error: unknown): void {
    if (this.#isAbandoned || !this.#told.isNew(error)) return; // whoever left has nothing to settle; the record comes again
    const why = describeThrown(error).message;
    this.#tell("error", record, `cannot be settled, so it will come again, as all that this keeps from it: ${why}`);
  }

  #tell(level: "warn" | "error", { id, offset, partition }: StreamRecord, what: string): void {
    const { stream: { path } } = this.#source;
    this.#parts.log[level](`Record ${id} of ${path} ${what}`, { record: id, stream: path, partition, offset });
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }
}

import { describeThrown } from "../errors.ts";
import { type FunctionPart, partsOf } from "../functions/parts_of.ts";
import type { Unit } from "../functions/unit.ts";
import type { Log } from "../graph/context.ts";
import type { EventInit } from "../graph/event.ts";
import type { NewRecord, StreamRecord } from "../streams/stream.ts";
import { MemoryTickKeeper } from "../triggers/tick_keeper.ts";
import { type BenchClock, MACHINE_TIME } from "./bench_clock.ts";
import { BenchRun } from "./bench_run.ts";
import { BenchStreams } from "./bench_streams.ts";
import { lineLog } from "./line_log.ts";
import { type StepCounts, sumCounts } from "./sum_counts.ts";
import type { BenchOptions } from "./bench_options.ts";
import { settle, TestClock } from "./test_clock.ts";
import { until } from "./until.ts";

const AGAIN_MS = 60_000; // brokers miss a crashed reader for seconds before they give its records to the next

/** One function of the bench. */
interface Slot {
  readonly part: FunctionPart;
  running: BenchRun | undefined;
}

/**
 * A serving function on the bench: the function itself and each child run by themselves, as where they are deployed, joined by
 * streams. In this process time stands still until the test moves it; at a broker it goes by itself.
 */
export class TestBench implements AsyncDisposable {
  /** The time that everything on the bench goes by. */
  readonly clock: BenchClock;
  /** What was logged, oldest first: `warn: message`. */
  readonly lines: string[] = [];
  readonly #unit: Unit;
  readonly #log: Log;
  readonly #streams: BenchStreams;
  readonly #keeper = new MemoryTickKeeper();
  readonly #slots: readonly Slot[];
  readonly #counts: { name: string; counts: StepCounts }[] = [];

  /** Made by `testBench`. */
  constructor(unit: Unit, { clock, log, streams, sessionMs }: BenchOptions) {
    if (streams !== undefined && clock !== undefined) {
      throw new RangeError(`Cannot move the time of ${streams}: a broker goes by the machine's. Leave out clock`);
    }
    this.clock = streams === undefined ? clock ?? new TestClock() : MACHINE_TIME;
    this.#streams = new BenchStreams({ clock: this.clock, streams, sessionMs });
    this.#unit = unit;
    this.#log = log ?? lineLog(this.lines);
    this.#slots = partsOf(unit).map((part) => ({ part, running: undefined }));
  }

  /** Starts every function that does not run, those that read before those that write. */
  async start(): Promise<void> {
    for (const slot of this.#slots.toReversed()) slot.running ??= await this.#start(slot.part);
    await settle();
  }

  /** Sends an event into the function itself and lets everything settle that waits for no time. Its failure is in `counts` and `lines`. */
  async send(body: unknown, options: EventInit = {}): Promise<void> {
    const { flow } = this.#running("");
    let failure: { readonly error: unknown } | undefined;
    flow.emit(body, { time: new Date(this.clock.now()), ...options }).catch((error) => failure = { error });
    await settle();
    if (failure !== undefined) throw failure.error;
  }

  /** Publishes a record to the stream of a trigger, or of a queue, and lets everything settle that waits for no time. */
  async publish(trigger: string, body: unknown, record: Omit<NewRecord, "body"> = {}): Promise<void> {
    await using stream = await this.#streams.open(this.#queue(trigger).path);
    await stream.publish([{ ...record, body }]);
    await settle();
  }

  /** Sends an event into the function itself and resolves with its reply; rejects if the function crashes first. */
  // deno-lint-ignore no-explicit-any -- the reply is what the graph's steps make of it
  async ask<Reply = any>(body: unknown, options: EventInit = {}): Promise<Reply> {
    const { flow, crashed } = this.#running("");
    return await Promise.race([
      flow.ask<Reply>(body, { time: new Date(this.clock.now()), ...options }),
      crashed,
    ]);
  }

  /**
   * Ends a function as a kill would: nothing is given out or acknowledged, its timers fire no more, and what is under way comes
   * to nothing. The others go on. Default: the function itself.
   *
   * @throws {RangeError} If no function of that name runs.
   */
  async crash(name = ""): Promise<void> {
    const slot = this.#slot(name);
    const running = this.#running(name);
    this.#end(slot, running);
    await running.crash(new Error(`Function "${name || this.#unit.name}" crashed`));
    await settle();
  }

  /**
   * Starts a crashed function again and gives the records that it had in hand and not acknowledged: when this resolves it has been
   * given them again, as far as it has room; in this process what becomes of them has settled. Default: the function itself.
   *
   * @throws {RangeError} If the function runs.
   * @throws {Error} If the broker does not give them out again within a minute.
   */
  async redeliver(name = ""): Promise<readonly StreamRecord[]> {
    const slot = this.#slot(name);
    if (slot.running !== undefined) throw new RangeError(`Cannot redeliver to "${name}": it runs. Crash it first`);
    const lost = slot.part.feeds.map(({ path, group }) => {
      const ledger = this.#streams.ledger(path, group);
      return { path, group, ledger, records: ledger.lose() };
    });
    const { flow } = slot.running = await this.#start(slot.part);
    const hasAll = async () => {
      const again = await Promise.all(
        lost.map(({ path, group, records }) => this.#streams.hasAgain(path, group, records)),
      );
      return again.every((has) => has) || !flow.isReady;
    };
    await this.until(hasAll, { withinMs: AGAIN_MS });
    return lost.flatMap(({ records }) => records);
  }

  /**
   * Waits until something is so: moves the clock on to whatever is due next, or, at a broker, lets time go by. What a function does for
   * a record has no other end that is the same in this process and at a broker.
   *
   * @param condition Asked again and again; what it throws ends the waiting.
   * @param options `withinMs`: how long it may take by the bench's clock, in milliseconds. Default 30,000.
   * @throws {Error} If it is not so in that time, or nothing is due any more; with what was logged last.
   */
  async until(condition: () => boolean | Promise<boolean>, { withinMs = 30_000 } = {}): Promise<void> {
    await until(condition, { clock: this.clock, withinMs, lines: this.lines });
  }

  /** What every function behind a queue has acknowledged, or given up as a dead letter, in the order of `published`. */
  async committed(queue: string): Promise<readonly StreamRecord[]> {
    const { path, readers } = this.#queue(queue);
    if (readers.length === 0) return [];
    const ledgers = readers.map((group) => this.#streams.ledger(path, group));
    return (await this.#streams.all(path)).filter((record) => ledgers.every((ledger) => ledger.isSettled(record)));
  }

  /**
   * Everything that was published by a queue, also by one at the end of the graph: in this process in the order of publishing, at a
   * broker in the order of each partition.
   */
  async published(queue: string): Promise<readonly StreamRecord[]> {
    return await this.#streams.all(this.#queue(queue).path);
  }

  /** What came to nothing behind a queue, each record with its `error`. */
  async deadLetters(queue: string): Promise<readonly StreamRecord[]> {
    return await this.#streams.all(this.#queue(queue).path, { deadLetters: true });
  }

  /** How often things happened, by step and name: `failed`, `late`, `dropped`; in all functions or one, crashed runs included. */
  counts(name?: string): Record<string, Record<string, number>> {
    const only = name === undefined ? undefined : this.#slot(name).part.name;
    const runs = this.#slots.flatMap(({ part, running }) =>
      running === undefined ? [] : [{ name: part.name, counts: running.flow.counts() }]
    );
    const asked = [...this.#counts, ...runs].filter((run) => only === undefined || run.name === only);
    return sumCounts(asked.map(({ counts }) => counts));
  }

  /**
   * Closes the functions in the order of the graph: each gives out and finishes what it has in hand. Time is moved on where one
   * waits for it. Where a function has crashed and was not started again, the rest is ended as well, since it may wait for that one.
   * A function that cannot close does not keep the others from it, and is told once: a second call has nothing left to do. What the bench made
   * at a broker is deleted, or named in `lines` where it stays; what was in it is still told.
   *
   * @throws {AggregateError} What a function's flow tells when it closes; with several such, one of them all.
   */
  async close(): Promise<void> {
    const isWhole = this.#slots.every(({ running }) => running !== undefined);
    const errors: unknown[] = [];
    for (const slot of this.#slots) {
      if (slot.running === undefined) continue;
      const ended = isWhole ? this.#close(slot, slot.running) : this.crash(slot.part.name);
      await ended.catch((error) => void errors.push(error));
    }
    const left = await this.#streams.close();
    if (left.length > 0) this.#log.warn(`Streams of the bench stay: ${left.join(", ")}`);
    if (errors.length === 1) throw errors[0];
    if (errors.length === 0) return;
    const lines = errors.map((error) => `\n${describeThrown(error).message}`).join("");
    throw new AggregateError(errors, `Cannot close ${errors.length} functions of "${this.#unit.name}":${lines}`);
  }

  /** See `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(slot: Slot, running: BenchRun): Promise<void> {
    await this.until(() => this.#hasTaken(slot, running)).catch(() => {}); // who takes nothing in is closed all the same
    let isClosed = false;
    const closing = running.close().finally(() => isClosed = true);
    closing.catch(() => {});
    await settle();
    while (!isClosed && this.clock.nextMs !== undefined) await this.clock.advance(this.clock.nextMs);
    try {
      await closing;
    } finally {
      this.#end(slot, running);
      await settle();
    }
  }

  /** Whether a function has in hand, or is done with, all that is in its streams; or has no room for more. */
  async #hasTaken({ part }: Slot, { flow }: BenchRun): Promise<boolean> {
    if (!flow.isReady) return true;
    for (const { path, group } of part.feeds) {
      const ledger = this.#streams.ledger(path, group);
      if (!(await this.#streams.all(path)).every((record) => ledger.knows(record))) return false;
    }
    return true;
  }

  #end(slot: Slot, { flow }: BenchRun): void {
    this.#counts.push({ name: slot.part.name, counts: flow.counts() });
    slot.running = undefined;
  }

  async #start(part: FunctionPart): Promise<BenchRun> {
    return await BenchRun.start(part, {
      unit: this.#unit,
      clock: this.clock,
      streams: this.#streams,
      log: this.#log,
      keeper: this.#keeper,
    });
  }

  #slot(name: string): Slot {
    const wish = name === this.#unit.name ? "" : name;
    const slot = this.#slots.find(({ part }) => part.name === wish);
    if (slot !== undefined) return slot;
    const known = this.#slots.map(({ part }) => `"${part.name || this.#unit.name}"`).join(", ");
    throw new RangeError(`Cannot find function "${name}" on the bench: there are ${known}`);
  }

  #running(name: string): BenchRun {
    const { running } = this.#slot(name);
    if (running === undefined) {
      throw new RangeError(
        `Cannot use function "${name || this.#unit.name}": it does not run. Start it by redeliver()`,
      );
    }
    return running;
  }

  #queue(name: string): { path: string; readers: string[] } {
    const queues = this.#slots.flatMap(({ part }) => [...part.feeds, ...part.outlets]);
    const readers = queues.flatMap((one) => one.queue === name && "group" in one ? [one.group as string] : []);
    const path = queues.find(({ queue }) => queue === name)?.path;
    if (path !== undefined) return { path, readers };
    const known = [...new Set(queues.map(({ queue }) => `"${queue}"`))].join(", ") || "none";
    throw new RangeError(`Cannot find queue "${name}" on the bench: those with a stream are ${known}`);
  }
}

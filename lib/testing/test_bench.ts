import { describeThrown } from "../errors.ts";
import type { Flow } from "../flow/flow.ts";
import type { Worker } from "../flow/worker.ts";
import type { ServingFunction } from "../functions/serving.ts";
import { type FunctionPart, partsOf } from "../functions/parts_of.ts";
import { startFunction } from "../functions/start_function.ts";
import { type Unit, unitOf } from "../functions/unit.ts";
import type { Log, LogLine } from "../graph/context.ts";
import type { EventInit } from "../graph/event.ts";
import { deadLetterPath } from "../streams/dead_letter_path.ts";
import { MemoryBroker } from "../streams/memory/memory_broker.ts";
import type { NewRecord, Stream, StreamRecord } from "../streams/stream.ts";
import { MemoryTickKeeper } from "../triggers/tick_keeper.ts";
import { FunctionClock } from "./function_clock.ts";
import { settle, TestClock } from "./test_clock.ts";

/** How a bench is made. */
export interface BenchOptions {
  /** Default: a new one that stands at 0. */
  clock?: TestClock;
  /** Where steps and functions write their log lines. Default: kept in `bench.lines`. */
  log?: Log;
}

/** One function of the bench. */
interface Slot {
  readonly part: FunctionPart;
  running: Running | undefined;
}

/** A function while it runs. */
interface Running {
  readonly flow: Flow;
  readonly worker: Worker;
  readonly clock: FunctionClock;
  readonly streams: readonly Stream[];
  readonly crashed: PromiseWithResolvers<never>;
}

/**
 * A serving function on the bench: the function itself and each child run by themselves, as where they are deployed, joined by
 * streams in this process, and time stands still until the test moves it.
 */
export class TestBench implements AsyncDisposable {
  /** The time that everything on the bench goes by. */
  readonly clock: TestClock;
  /** What was logged, oldest first: `warn: message`. */
  readonly lines: string[] = [];
  readonly #unit: Unit;
  readonly #log: Log;
  readonly #broker = new MemoryBroker();
  readonly #keeper = new MemoryTickKeeper();
  readonly #slots: readonly Slot[];
  readonly #counts: { name: string; counts: Record<string, Record<string, number>> }[] = [];

  /** Made by `testBench`. */
  constructor(unit: Unit, { clock = new TestClock(), log }: BenchOptions) {
    this.clock = clock;
    this.#unit = unit;
    this.#log = log ?? keepLines(this.lines);
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
    const stream = this.#broker.open(localPath(this.#queue(trigger).path), { clock: this.clock });
    await stream.publish([{ ...record, body }]);
    await stream.close();
    await settle();
  }

  /** Sends an event into the function itself and resolves with its reply; rejects if the function crashes first. */
  // deno-lint-ignore no-explicit-any -- the reply is what the graph's steps make of it
  async ask<Reply = any>(body: unknown, options: EventInit = {}): Promise<Reply> {
    const { flow, crashed } = this.#running("");
    return await Promise.race([
      flow.ask<Reply>(body, { time: new Date(this.clock.now()), ...options }),
      crashed.promise,
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
    slot.running = undefined;
    this.#counts.push({ name: slot.part.name, counts: running.flow.counts() });
    running.clock.kill();
    const killed = running.worker.kill();
    running.crashed.reject(new Error(`Function "${name || this.#unit.name}" crashed`));
    await Promise.all([killed, ...running.streams.map((stream) => stream.close())]);
    await settle();
  }

  /**
   * Starts a crashed function again and gives the records that it had in hand and not acknowledged: they are delivered again, and
   * what becomes of them has settled when this resolves. Default: the function itself.
   *
   * @throws {RangeError} If the function runs.
   */
  async redeliver(name = ""): Promise<readonly StreamRecord[]> {
    const slot = this.#slot(name);
    if (slot.running !== undefined) throw new RangeError(`Cannot redeliver to "${name}": it runs. Crash it first`);
    const open = slot.part.feeds.flatMap(({ path, group }) =>
      this.#broker.log(localPath(path)).groups.get(group)?.open() ?? []
    );
    slot.running = await this.#start(slot.part);
    await settle();
    return open;
  }

  /** What every function behind a queue has acknowledged, in the order of publishing. */
  committed(queue: string): readonly StreamRecord[] {
    const { path, readers } = this.#queue(queue);
    return readers.length === 0 ? [] : this.#broker.records(localPath(path), readers);
  }

  /** Everything that was published by a queue, in order; also by one at the end of the graph. */
  published(queue: string): readonly StreamRecord[] {
    return this.#broker.records(localPath(this.#queue(queue).path));
  }

  /** What came to nothing behind a queue, each record with its `error`. */
  deadLetters(queue: string): readonly StreamRecord[] {
    return this.#broker.records(deadLetterPath(localPath(this.#queue(queue).path)));
  }

  /** How often things happened, by step and name: `failed`, `late`, `dropped`; in all functions or one, crashed runs included. */
  counts(name?: string): Record<string, Record<string, number>> {
    const only = name === undefined ? undefined : this.#slot(name).part.name;
    const runs = this.#slots.flatMap(({ part, running }) =>
      running === undefined ? [] : [{ name: part.name, counts: running.flow.counts() }]
    );
    const sum: Record<string, Record<string, number>> = {};
    for (const run of [...this.#counts, ...runs]) {
      if (only !== undefined && run.name !== only) continue;
      for (const [step, counts] of Object.entries(run.counts)) {
        const ofStep = sum[step] ??= {};
        for (const [what, count] of Object.entries(counts)) ofStep[what] = (ofStep[what] ?? 0) + count;
      }
    }
    return sum;
  }

  /**
   * Closes the functions in the order of the graph: each gives out and finishes what it has in hand. Time is moved on where one
   * waits for it. Where a function has crashed and was not started again, the rest is ended as well, since it may wait for that one.
   * A function that cannot close does not keep the others from it, and is told once: a second call has nothing left to do.
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
    if (errors.length === 1) throw errors[0];
    if (errors.length === 0) return;
    const lines = errors.map((error) => `\n${describeThrown(error).message}`).join("");
    throw new AggregateError(errors, `Cannot close ${errors.length} functions of "${this.#unit.name}":${lines}`);
  }

  /** See `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(slot: Slot, { worker, flow }: Running): Promise<void> {
    let isClosed = false;
    const closing = worker.close().finally(() => isClosed = true);
    closing.catch(() => {});
    await settle();
    while (!isClosed && this.clock.nextMs !== undefined) await this.clock.advance(this.clock.nextMs);
    try {
      await closing;
    } finally {
      this.#counts.push({ name: slot.part.name, counts: flow.counts() });
      slot.running = undefined;
      await settle();
    }
  }

  async #start(part: FunctionPart): Promise<Running> {
    const clock = new FunctionClock(this.clock);
    const streams: Stream[] = [];
    const openStream = (path: string, options: { readonly capacityRecords?: number | undefined }) => {
      const stream = this.#broker.open(localPath(path), { ...options, clock });
      streams.push(stream);
      return Promise.resolve(stream);
    };
    const crashed = Promise.withResolvers<never>();
    crashed.promise.catch(() => {});
    const { flow, worker } = await startFunction(this.#unit, part, {
      openStream,
      clock,
      log: this.#log,
      isMock: true,
      queues: "real",
      reads: true,
      triggers: true,
      keeper: this.#keeper,
    });
    return { flow, worker, clock, streams, crashed };
  }

  #slot(name: string): Slot {
    const wish = name === this.#unit.name ? "" : name;
    const slot = this.#slots.find(({ part }) => part.name === wish);
    if (slot !== undefined) return slot;
    const known = this.#slots.map(({ part }) => `"${part.name || this.#unit.name}"`).join(", ");
    throw new RangeError(`Cannot find function "${name}" on the bench: there are ${known}`);
  }

  #running(name: string): Running {
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

/** Where a stream is on the bench: its own path, in this process whatever its scheme. */
function localPath(path: string): string {
  return path.startsWith("memory://") ? path : path.replace(/[?#].*$/, "");
}

function keepLines(lines: string[]): Log {
  const keep = (level: string): LogLine => (message) => void lines.push(`${level}: ${message}`);
  return { debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") };
}

/**
 * Puts a serving function on the bench: windows, time-outs, retries, crashes and redelivery are tested in milliseconds, without a
 * broker. Streams of any kind live in this process here.
 *
 * @example A crash in the middle of a batch loses nothing
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { batch, queue, serving } from "levada";
 * import { testBench } from "levada/testing";
 *
 * const fn = serving("orders").addChildFunction("billing");
 * fn.setTopology("flow").to("orders", queue<number>({ path: "kafka://broker:9092/orders" }))
 *   .to("three", batch<number>({ maxEvents: 3 }), { function: "billing" })
 *   .to("bills", queue({ path: "kafka://broker:9092/bills" }));
 *
 * await using bench = await testBench(fn);
 * for (const order of [1, 2]) await bench.send(order);
 * await bench.crash("billing");
 * const again = await bench.redeliver("billing");
 * await bench.send(3);
 * deepStrictEqual(again.map(({ body }) => body), [1, 2]);
 * deepStrictEqual(bench.published("bills").map(({ body }) => body), [[1, 2, 3]]);
 * deepStrictEqual(bench.committed("orders").length, 3);
 * ```
 *
 * @param fn The function, with its graph and its children.
 * @throws {GraphError} With everything that is wrong with the graph.
 */
export async function testBench(fn: ServingFunction, options: BenchOptions = {}): Promise<TestBench> {
  const bench = new TestBench(unitOf(fn), options);
  await bench.start();
  return bench;
}

import type { Flow } from "../flow/flow.ts";
import type { Worker } from "../flow/worker.ts";
import type { FunctionPart } from "../functions/parts_of.ts";
import { startFunction } from "../functions/start_function.ts";
import type { Unit } from "../functions/unit.ts";
import type { Log } from "../graph/context.ts";
import type { Stream } from "../streams/stream.ts";
import type { TickKeeper } from "../triggers/tick_keeper.ts";
import type { BenchClock } from "./bench_clock.ts";
import type { BenchStreams } from "./bench_streams.ts";
import { FunctionClock } from "./function_clock.ts";

/** What a function is started with. */
export interface BenchRunParts {
  readonly unit: Unit;
  readonly clock: BenchClock;
  readonly streams: BenchStreams;
  readonly log: Log;
  readonly keeper: TickKeeper;
}

/** One function of a bench while it runs, until it crashes or is closed. */
export class BenchRun {
  readonly flow: Flow;
  /** Rejects when the function crashes. */
  readonly crashed: Promise<never>;
  readonly #worker: Worker;
  readonly #clock: FunctionClock;
  readonly #opened: readonly Stream[];
  readonly #crash: (error: Error) => void;

  private constructor(worker: Worker, flow: Flow, { clock, opened }: { clock: FunctionClock; opened: Stream[] }) {
    this.#worker = worker;
    this.flow = flow;
    this.#clock = clock;
    this.#opened = opened;
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {}); // only who asks wants to know
    this.crashed = promise;
    this.#crash = reject;
  }

  /** Starts it. */
  static async start(part: FunctionPart, parts: BenchRunParts): Promise<BenchRun> {
    const { unit, streams, log, keeper } = parts;
    const clock = new FunctionClock(parts.clock);
    const opened: Stream[] = [];
    const { flow, worker } = await startFunction(unit, part, {
      async openStream(path: string, options: { readonly capacityRecords?: number | undefined }) {
        const stream = await streams.openWatched(path, { ...options, clock });
        opened.push(stream);
        return stream;
      },
      clock,
      log,
      isMock: true,
      queues: "real",
      reads: true,
      triggers: true,
      keeper,
    });
    return new BenchRun(worker, flow, { clock, opened });
  }

  /** Ends it as a kill would. */
  async crash(error: Error): Promise<void> {
    this.#clock.kill();
    const killed = this.#worker.kill();
    this.#crash(error);
    await Promise.all([killed, ...this.#opened.map((stream) => stream.abandon?.())]);
  }

  /** Closes it; see `Worker.close`. */
  async close(): Promise<void> {
    await this.#worker.close();
  }
}

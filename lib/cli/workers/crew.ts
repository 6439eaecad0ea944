import { type CommandContext, CommandError } from "../command.ts";
import { afterDeath, NO_TROUBLES, Pauses, type Troubles } from "./after_death.ts";
import type { CrewOptions, CrewState } from "./crew_options.ts";
import { MetricsGathering } from "./metrics_gathering.ts";
import { ModelChanges } from "./model_changes.ts";
import { describeEnd, untilItReads } from "./worker_end.ts";
import { type Listening, startWorker, type WorkerEnd, type WorkerProcess } from "./worker_process.ts";
import type { ParentWord } from "./worker_words.ts";

const FIRST_PAUSE_MS = 500; // before a worker that died is replaced; doubled each time
const SIGN_MS = 1_000;
const GRACE_MS = 30_000; // a server's default
const LATE_MS = 2_000; // a worker ends a little after its grace

/** Whom new connections are given to. */
type Choice = Extract<ParentWord, { kind: "choose" }>;

/** The processes that serve one function on one port. */
export class Crew {
  /** Rejects when it cannot go on. */
  readonly failed: Promise<never>;
  readonly #words: readonly string[];
  readonly #size: number;
  readonly #flags: readonly string[] | undefined;
  readonly #context: CommandContext;
  readonly #graceMs: number;
  readonly #signMs: number;
  readonly #firstPauseMs: number;
  readonly #options: Pick<CrewOptions, "env" | "onErrorLine" | "keepsTrying">;
  readonly #metrics = new MetricsGathering();
  readonly #changes = new ModelChanges(() =>
    [...this.#workers.values(), ...this.#leaving].filter(({ isListening }) => isListening)
  );
  readonly #workers = new Map<string, WorkerProcess>();
  readonly #leaving = new Set<WorkerProcess>();
  readonly #pauses = new Pauses();
  readonly #fail: (reason: unknown) => void;
  #ports: readonly string[] = [];
  #choice: Choice = { kind: "choose" };
  #deaths = 0;
  #lastDeath: string | undefined;
  #waitsToRead: boolean;
  #startFault: CommandError | undefined;
  #isStopping = false;
  #renewal: Promise<void> | undefined;

  /** @param words What each worker is told of the command line. */
  constructor(
    words: readonly string[],
    {
      size,
      flags,
      context,
      graceMs = GRACE_MS,
      signMs = SIGN_MS,
      firstPauseMs = FIRST_PAUSE_MS,
      waitsToRead = false,
      ...options
    }: CrewOptions,
  ) {
    this.#words = words;
    this.#size = size;
    this.#flags = flags;
    this.#context = context;
    this.#graceMs = graceMs;
    this.#signMs = signMs;
    this.#firstPauseMs = firstPauseMs;
    this.#waitsToRead = waitsToRead;
    this.#options = options;
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {});
    this.failed = promise;
    this.#fail = reject;
  }

  /** How it is now. */
  get state(): CrewState {
    const listening = this.#listening();
    const pids = listening.map(({ pid }) => pid);
    const silent = listening.flatMap(({ name, pid, silence }) =>
      silence === undefined ? [] : { name, pid, ...silence }
    );
    return { size: this.#size, pids, silent, deaths: this.#deaths, lastDeath: this.#lastDeath };
  }

  /**
   * Starts the first worker, which finds the port, then the others, and waits until one reads its streams, where they do so by themselves.
   *
   * @throws {CommandError} If one cannot be started, or none can read; it has said why.
   */
  async start(): Promise<Listening> {
    const first = await this.#first("1");
    this.#ports = [
      "--port",
      String(first.port),
      ...first.grpcPort === undefined ? [] : ["--grpc-port", String(first.grpcPort)],
    ];
    await Promise.all(Array.from({ length: this.#size - 1 }, (_, index) => this.#first(String(index + 2))));
    if (!this.#waitsToRead) await this.#oneReads();
    for (const worker of this.#workers.values()) void this.#watch(worker);
    return first;
  }

  /**
   * Has all workers read their streams, and all who replace them.
   *
   * @throws {CommandError} If one cannot; it has said why.
   */
  async read(): Promise<void> {
    this.#waitsToRead = false;
    await Promise.all(
      this.#listening().map(async (worker) => {
        if (!(await worker.listening).waitsToRead) return; // it reads by itself
        worker.tell({ kind: "read" });
        await untilItReads(worker);
      }),
    );
  }

  /** Has new connections given to these workers alone, not to so many others that had the port before. */
  takeOver(others: number): void {
    this.#choose({ after: others, count: this.state.pids.length });
  }

  /** Has them given to all that have the port again. */
  share(): void {
    this.#choose({});
  }

  /** Told to all: the kernel hears it from the first that hears it, and one that hangs keeps nobody. */
  #choose(among: Pick<Choice, "after" | "count">): void {
    this.#choice = { kind: "choose", ...among };
    for (const worker of this.#listening()) worker.tell(this.#choice);
  }

  #listening(): WorkerProcess[] {
    return [...this.#workers.values()].filter(({ isListening }) => isListening);
  }

  /** Replaces every worker, one after another: a new one listens before the old one is asked to end. */
  renew(): Promise<void> {
    return this.#renewal ??= this.#renew().finally(() => this.#renewal = undefined);
  }

  /**
   * Asks all workers to end, and waits for that; who has not ended after the grace is killed.
   *
   * @throws {CommandError} Naming those that served and could not end as they should.
   */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#pauses.end();
    const all = [...this.#workers.values(), ...this.#leaving];
    const served = all.filter(({ isListening }) => isListening);
    const ends = new Map(await Promise.all(all.map(async (worker) => [worker, await this.#end(worker)] as const)));
    const failed = served.filter((worker) => ends.get(worker)!.code !== 0);
    if (failed.length === 0) return;
    const names = failed.map((worker) => `worker ${worker.name} ${describeEnd(ends.get(worker)!)}`).join(", ");
    throw new CommandError(`Cannot end as it should, with a grace of ${this.#graceMs} ms: ${names}`);
  }

  /** Ends all workers at once. */
  kill(): void {
    for (const worker of [...this.#workers.values(), ...this.#leaving]) worker.kill("SIGKILL");
  }

  async #oneReads(): Promise<void> {
    const workers = [...this.#workers.values()];
    try {
      await Promise.any(workers.map(untilItReads));
    } catch (error) {
      await this.stop().catch(() => {});
      throw (error as AggregateError).errors[0];
    }
  }

  async #end(worker: WorkerProcess): Promise<WorkerEnd> {
    worker.kill("SIGTERM");
    const timer = setTimeout(() => worker.kill("SIGKILL"), this.#graceMs + LATE_MS);
    try {
      return await worker.end;
    } finally {
      clearTimeout(timer);
    }
  }

  async #first(name: string): Promise<Listening> {
    if (this.#isStopping) throw new CommandError(`worker ${name} was not started: the others end`);
    const worker = this.#spawn(name);
    this.#workers.set(name, worker);
    try {
      return await worker.listening;
    } catch {
      const end = await worker.end;
      this.#startFault ??= new CommandError(`worker ${name} ${describeEnd(end)} while it started`);
      await this.stop().catch(() => {});
      throw this.#startFault; // the first: the others were asked to end
    }
  }

  #spawn(name: string): WorkerProcess {
    const waits = this.#waitsToRead ? ["--wait-to-read"] : [];
    const worker = startWorker([...this.#words, ...this.#ports, ...waits], {
      name,
      workers: this.#size,
      flags: this.#flags,
      signMs: this.#signMs,
      env: this.#options.env,
      listener: {
        onErrorLine: this.#options.onErrorLine,
        onLine: (line) => this.#context.terminal.out(`${line}\n`),
        onWord: (word, from) => {
          if (word.kind === "listening") from.tell(this.#choice); // it may be the only one that hears it
          if (word.kind === "listening" && word.waitsToRead && !this.#waitsToRead) from.tell({ kind: "read" });
          this.#metrics.onWord(word, { from, workers: [...this.#workers.values()] });
          this.#changes.onWord(word, from);
        },
      },
    });
    this.#changes.begin(worker);
    return worker;
  }

  /** Replaces a worker when it has died, and that one, and so on. */
  async #watch(worker: WorkerProcess, before: Troubles = NO_TROUBLES): Promise<void> {
    const end = await worker.end;
    if (this.#isStopping || this.#workers.get(worker.name) !== worker) return; // it was asked to end
    const { troubles, pauseMs, isHopeless } = afterDeath(end, before, this.#firstPauseMs);
    const { failedStarts } = troubles;
    this.#deaths += 1;
    this.#lastDeath = describeEnd(end);
    const serving = this.state.pids.length;
    if (isHopeless && serving === 0 && this.#options.keepsTrying !== true) {
      return this.#fail(
        new CommandError(
          `Cannot keep worker ${worker.name}: it failed to start ${failedStarts} times, and says why above`,
        ),
      );
    }
    const short = isHopeless ? `, ${failedStarts} times before it listened: ${serving} of ${this.#size} serve` : "";
    const next = `another starts in ${pauseMs / 1_000} s`;
    this.#context.terminal.err(`Worker ${worker.name} ${describeEnd(end)}${short}; ${next}\n`);
    await this.#pauses.wait(pauseMs);
    if (this.#isStopping || this.#workers.get(worker.name) !== worker) return; // a renewal has filled its place
    const another = this.#spawn(worker.name);
    this.#workers.set(worker.name, another);
    await this.#watch(another, troubles);
  }

  async #renew(): Promise<void> {
    for (const name of [...this.#workers.keys()]) {
      if (this.#isStopping) return;
      const others = this.state.pids.length;
      const next = this.#spawn(name);
      this.#leaving.add(next);
      try {
        await next.listening;
      } catch {
        this.#context.terminal.err(`Worker ${name} stays: the one that was to replace it failed, and says why above\n`);
        return;
      } finally {
        this.#leaving.delete(next);
      }
      const old = this.#workers.get(name)!; // not who was there before: that one may have died, and been replaced
      this.#workers.set(name, next);
      void this.#watch(next);
      this.#leaving.add(old);
      this.#choose({ after: others, count: 1 });
      await this.#end(old);
      this.share();
      this.#leaving.delete(old);
    }
    this.#context.terminal.out(`Renewed ${this.#workers.size} workers\n`);
  }
}

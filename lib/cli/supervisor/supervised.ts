import { join } from "node:path";
import { type ProcessFunctionStatus, urlOf, type WishedFunction } from "../../deploy/process/deployed_state.ts";
import { flagsOf, type ProcessSettings } from "../../deploy/settings/process_settings.ts";
import type { DeploymentFolder } from "../../deploy/process/state_folder.ts";
import { CommandError } from "../command.ts";
import { Crew } from "../workers/crew.ts";
import type { CrewState, SilentWorker } from "../workers/crew_options.ts";
import { FunctionLog } from "./function_log.ts";

/** How a function is run. */
export interface SupervisedWish {
  readonly revision: string;
  readonly wish: WishedFunction;
  /** The whole environment of its processes. */
  readonly env: Readonly<Record<string, string>>;
  /** Where it listens; others of the same deployment may listen there too. */
  readonly port: number;
}

/** One function of a deployment that runs: its workers on one port, and what they write. */
export class Supervised {
  readonly name: string;
  readonly port: number;
  readonly settings: ProcessSettings;
  readonly #workers: number;
  readonly #crew: Crew;
  readonly #log: FunctionLog;

  constructor(folder: DeploymentFolder, { revision, wish, env, port }: SupervisedWish) {
    const { name, workers, settings } = wish;
    this.name = name;
    this.port = port;
    this.settings = settings;
    this.#workers = workers;
    this.#log = new FunctionLog(folder.logs, name);
    const write = (line: string) => this.#log.write(line);
    const terminal = {
      out: (text: string) => write(text.trimEnd()),
      err: (text: string) => write(text.trimEnd()),
      isInteractive: false,
      columns: 120,
    };
    const options = [`--function=${name}`, `--port=${port}`, ...flagsOf(settings)]; // a name may begin as an option does
    const words = [join(folder.revisions, revision), ...options];
    this.#crew = new Crew(words, {
      size: workers,
      flags: settings.workerFlags,
      graceMs: settings.graceMs,
      context: { terminal, signal: new AbortController().signal },
      env: { ...env, ...wish.env, LEVADA_STATE: folder.state },
      onErrorLine: write,
      keepsTrying: true,
      waitsToRead: true,
    });
  }

  /** The last lines that its processes wrote. */
  get lastLines(): readonly string[] {
    return this.#log.last;
  }

  /**
   * Starts its workers.
   *
   * @throws {CommandError} If one does not start.
   */
  async start(): Promise<void> {
    this.#log.forget();
    try {
      const { lines } = await this.#crew.start();
      for (const line of lines) this.#log.write(line);
    } catch (error) {
      throw new CommandError(`function "${this.name}" does not start: ${(error as Error).message}`, { cause: error });
    }
  }

  /**
   * Has its workers read their streams.
   *
   * @throws {CommandError} If one cannot.
   */
  async read(): Promise<void> {
    try {
      await this.#crew.read();
    } catch (error) {
      throw new CommandError(`function "${this.name}" does not read: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Has new connections given to its workers, and no more to those of an earlier revision on the same port. */
  takeOver(old: Supervised | undefined): void {
    if (old?.port === this.port) this.#crew.takeOver(old.#crew.state.pids.length);
  }

  /** Has them given to all that have its port again. */
  share(): void {
    this.#crew.share();
  }

  /** Ends its workers: what they have accepted is done first. */
  async stop(): Promise<void> {
    await this.#crew.stop().catch((error: Error) => this.#log.write(error.message));
  }

  /** Ends its workers at once. */
  kill(): void {
    this.#crew.kill();
  }

  /** How it is. */
  status(): ProcessFunctionStatus {
    const { size, pids, silent, deaths, lastDeath } = this.#crew.state;
    const answering = pids.filter((pid) => !silent.some((one) => one.pid === pid));
    const serving = answering.length;
    return {
      name: this.name,
      port: this.port,
      workers: this.#workers,
      ...Object.keys(this.settings).length === 0 ? {} : { settings: this.settings },
      url: urlOf(this),
      state: serving === size ? "ready" : "failing",
      serving,
      pids: answering,
      ...silent.length === 0 ? {} : {
        silent: silent.map(({ name, pid, since }) => ({ worker: name, pid, since: since.toISOString() })),
      },
      restarts: deaths,
      reason: this.#reason({ size, pids, silent, deaths, lastDeath }),
    };
  }

  #reason({ size, pids, silent, lastDeath }: CrewState): string | undefined {
    const lines = silent.map(describeSilence);
    if (pids.length < size) {
      lines.push(
        `${pids.length} of ${size} workers serve; the last that ended ${lastDeath ?? "is about to be replaced"}`,
        ...this.lastLines.slice(-3).map((line) => `  ${line}`),
      );
    }
    if (lines.length > 0) return lines.join("\n");
    return this.#log.trouble ??
      (lastDeath === undefined ? undefined : `a worker ${lastDeath}; another has replaced it`);
  }
}

/** That a worker does not answer, since when, and what becomes of it. */
function describeSilence({ name, pid, since, ms, killedAfterMs }: SilentWorker): string {
  return `worker ${name}, process ${pid}, has not answered for ${seconds(ms)}, since ${since.toISOString()}: ` +
    `it computes, or was stopped, and what it was asked waits. ` +
    `Without an answer, or a line that it writes, for ${seconds(killedAfterMs)} it is killed and replaced`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}

import type { CommandContext } from "../command.ts";
import type { Silence } from "./worker_signs.ts";

/** How a crew is made up. */
export interface CrewOptions {
  readonly size: number;
  /** What Deno is told of what each worker may. Default: what this process may without bounds. */
  readonly flags: readonly string[] | undefined;
  readonly context: CommandContext;
  /** How long a worker may take to end, in milliseconds; it is killed a little later. Default 30,000. */
  readonly graceMs?: number | undefined;
  /** How often each is asked for a sign of life, in milliseconds; who misses 40 is killed and replaced. Default 1,000. */
  readonly signMs?: number;
  /** The whole environment of each worker. Default: this process's. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Gets each line of the workers' standard error. Default: that is this process's. */
  readonly onErrorLine?: ((line: string) => void) | undefined;
  /** Whether it goes on where none can be started: who asks for its state is told why. Default false. */
  readonly keepsTrying?: boolean;
  /** Whether its workers read their streams only from `read` on. Default false: each does once it listens. */
  readonly waitsToRead?: boolean;
  /** How long the place of one that died stays empty, in milliseconds; twice as long each time. Default 500. */
  readonly firstPauseMs?: number;
}

/** How a crew is. */
export interface CrewState {
  readonly size: number;
  /** The processes that listen. */
  readonly pids: readonly number[];
  /** Those of them that do not answer now. */
  readonly silent: readonly SilentWorker[];
  /** How many died and were replaced, or will be. */
  readonly deaths: number;
  /** How the last of them ended. */
  readonly lastDeath: string | undefined;
}

/** A worker that listens, and does not answer: it computes, or stands still. */
export interface SilentWorker extends Silence {
  readonly name: string;
  readonly pid: number;
}

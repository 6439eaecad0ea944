/** What every target gives for a function that it runs. */

import type { DeployTarget } from "./deploy_options.ts";

/** A function where it is deployed, wherever that is. */
export interface Deployment {
  /** The function's name. */
  readonly name: string;
  /**
   * Where it answers.
   *
   * @throws {DeployError} Before it is deployed.
   */
  readonly url: string;
  /** What `apply` would change; nothing is changed. */
  plan(): Promise<DeployPlan>;
  /**
   * Has it run: the new is ready before the old ends, and where it does not come to be ready, the old stays. What runs as it is wished is left
   * as it is.
   *
   * @throws {DeployError} If it does not start, with the reason and the last lines that it wrote; or another changes it now.
   */
  apply(): Promise<DeploymentStatus>;
  /**
   * How it is, and why it is not ready, in words.
   *
   * @throws {DeployError} If there is none, or nobody can tell.
   */
  status(): Promise<DeploymentStatus>;
  /** Asks the function: with a body by POST, one that is undefined too, else by GET. Gives the reply's JSON, else its text. */
  // deno-lint-ignore no-explicit-any -- the reply is what the graph's steps make of it
  invoke<Reply = any>(path: string, ...body: [body?: unknown]): Promise<Reply>;
  /** What its functions have written, line by line; with `follow` also what they write from now on. */
  logs(options?: LogReading): AsyncGenerator<string>;
  /** What `rollback` would change; nothing is changed. */
  planRollback(): Promise<DeployPlan>;
  /**
   * Runs again what ran before.
   *
   * @throws {DeployError} If nothing did.
   */
  rollback(): Promise<DeploymentStatus>;
  /**
   * Ends it, what has been accepted is done first, and forgets it. Records in its streams stay.
   *
   * @throws {DeployError} If there is none, or it cannot be ended.
   */
  delete(): Promise<void>;
}

/** What a deployment would change. */
export interface DeployPlan {
  /** The serving function's name. */
  readonly name: string;
  /** The bundle that is to run. */
  readonly revision: string;
  /** A line each; none where everything is as it is wished. */
  readonly changes: readonly string[];
  /** What the function asks for and does not get on this target, and what it would do again: a line each. */
  readonly notes: readonly string[];
}

/** How one function of a deployment is. */
export interface FunctionStatus {
  /** The child's name, or the serving function's own. */
  readonly name: string;
  /** Where it answers. */
  readonly url: string;
  /** `ready`: all of it serves; `failing`: not all; `stopped`: nothing of it runs; `unknown`: nobody can tell. */
  readonly state: "ready" | "failing" | "stopped" | "unknown";
  /** How many workers, or pods, can be asked now. */
  readonly serving: number;
  /** How often one of them ended and was started again. */
  readonly restarts: number;
  /** Why it is not ready, in words. */
  readonly reason: string | undefined;
}

/** How a deployment is. */
export interface DeploymentStatus {
  /** The serving function's name. */
  readonly name: string;
  /** Where it runs. */
  readonly target: DeployTarget;
  /** That of the first function that is not ready, else `ready`; `failing` too where what leads to it is gone. */
  readonly state: FunctionStatus["state"];
  /** Why it is not ready, in words. */
  readonly reason: string | undefined;
  /** Where it answers. */
  readonly url: string;
  /** The bundle that runs: 12 hex digits. */
  readonly revision: string;
  /** What ran before, and runs again after a rollback. */
  readonly previous: string | undefined;
  /** Since when, ISO 8601. */
  readonly deployedAt: string;
  /** The first answers callers. */
  readonly functions: readonly FunctionStatus[];
}

/** Which lines are read. */
export interface LogReading {
  /** Of this function alone. Default: of all, each line with its name. */
  readonly function?: string;
  /** Whether it goes on as lines are written, until the signal aborts. Default false. */
  readonly follow?: boolean;
  /** So many lines of each function at most, of those that are there. Default: all. */
  readonly lines?: number;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

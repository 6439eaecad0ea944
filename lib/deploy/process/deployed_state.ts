/** What is deployed, as `state.json` keeps it and the supervisor tells it. */

import type { DeploymentStatus, FunctionStatus } from "../deployment.ts";
import type { ProcessSettings } from "../settings/process_settings.ts";
import type { TriggerStatus } from "./trigger_status.ts";

/** One function of a deployment. */
export interface DeployedFunction {
  /** The child's name, or the serving function's own. */
  readonly name: string;
  /** Where it listens, on 127.0.0.1; it stays the same from revision to revision. */
  readonly port: number;
  /** How many processes it has. */
  readonly workers: number;
  /** How it is served, as its document says. */
  readonly settings?: ProcessSettings;
}

/** What `state.json` holds: what is to run, whether it does or not. */
export interface DeployedState {
  readonly levada: "deployment/1";
  readonly name: string;
  readonly revision: string;
  /** What ran before, and runs again after a rollback. */
  readonly previous: string | undefined;
  /** How that ran; undefined where an earlier version wrote this. */
  readonly previousFunctions?: readonly DeployedFunction[] | undefined;
  /** ISO 8601. */
  readonly deployedAt: string;
  /** The first answers callers. */
  readonly functions: readonly DeployedFunction[];
}

/** How one function is. */
export interface ProcessFunctionStatus extends FunctionStatus, DeployedFunction {
  /** The child's name, or the serving function's own. */
  readonly name: string;
  /**
   * `ready`: all its workers serve; `failing`: not all of them, or some do not answer; `stopped`: nothing of it runs; `unknown`: who would
   * tell, its supervisor, lives and does not answer.
   */
  readonly state: FunctionStatus["state"];
  /** The processes of the workers that can be asked now. */
  readonly pids: readonly number[];
  /** Workers that listen and do not answer, where there are such: the process, and since when (ISO 8601). */
  readonly silent?: readonly { readonly worker: string; readonly pid: number; readonly since: string }[];
  /** How many workers died and were replaced, or will be. */
  readonly restarts: number;
  /** Why it is not ready, how its last worker died, or since when which stream cannot be read, or is full, and why. */
  readonly reason: string | undefined;
}

/** How a deployment of processes is. */
export interface ProcessStatus extends DeploymentStatus {
  /** Where it runs: on this machine. */
  readonly target: "process";
  /** The process that watches over all others; undefined where it is gone. */
  readonly supervisor: number | undefined;
  /** The first answers callers. */
  readonly functions: readonly ProcessFunctionStatus[];
  /** What starts it besides its callers. */
  readonly triggers: readonly TriggerStatus[];
}

/** What its supervisor knows of it. */
export interface SupervisedStatus extends Omit<ProcessStatus, "triggers"> {
  /** The revisions of which it knows which environment they had; that is in its memory alone. */
  readonly remembers?: readonly string[];
}

/** What the supervisor is asked to run. */
export interface ApplyWish {
  readonly revision: string;
  readonly functions: readonly WishedFunction[];
  /** The environment of all processes. Default: what the revision had, which the supervisor must remember. */
  readonly env?: Readonly<Record<string, string>>;
  /** How long everything may take. */
  readonly deadlineMs: number;
  /** What is left of it. Default: all. */
  readonly leftMs?: number;
}

/** One function that is to run. */
export interface WishedFunction {
  readonly name: string;
  readonly workers: number;
  /** Default: the port that it has, else a free one. */
  readonly port: number | undefined;
  /** Of this function alone. */
  readonly env: Readonly<Record<string, string>>;
  readonly settings: ProcessSettings;
}

/** Where a function answers. */
export function urlOf({ port, settings = {} }: Pick<DeployedFunction, "port" | "settings">): string {
  const { host = HOSTNAME, tls } = settings;
  const name = host === "0.0.0.0" || host === "::" ? HOSTNAME : host.includes(":") ? `[${host}]` : host;
  return `${tls === undefined ? "http" : "https"}://${name}:${port}`;
}

/** This machine alone. */
export const HOSTNAME = "127.0.0.1";

import { DeployError } from "../deploy_error.ts";
import type { DashboardClient } from "./dashboard_client.ts";
import { DashboardError } from "./dashboard_error.ts";
import { failureOf, isTold } from "./failure_text.ts";
import type { NuclioFunction, NuclioStatus } from "./nuclio_function.ts";
import type { PodTrouble } from "./nuclio_options.ts";
import { Pace } from "./pace.ts";
import { type LookWish, PodLooker } from "./pod_looker.ts";

/** States in which Nuclio has done what it does; in any other it takes no change. */
const PROVISIONED = ["ready", "error", "unhealthy", "scaledToZero", "imported"];
const READY = ["ready", "scaledToZero"];
const TOLD_MS = 5_000; // so long after it has failed Nuclio says why

/** How a function is followed. */
export interface FollowWish extends LookWish {
  /** What it is for, for messages. */
  readonly act: string;
  /** Until when, by `performance.now()`. */
  readonly untilMs: number;
  /** Told each state that it comes into. */
  readonly onState?: ((state: string) => void) | undefined;
}

/** Whether Nuclio does something to a function at present, and takes no change. */
export function isBusy({ state }: NuclioStatus): boolean {
  return state !== undefined && state !== "" && !PROVISIONED.includes(state);
}

/** Whether a function answers, or does when it is asked. */
export function isReady({ state }: NuclioStatus): boolean {
  return state !== undefined && READY.includes(state);
}

/**
 * Follows a function until it is ready.
 *
 * @throws {DeployError} If it does not come to be: with what keeps it from that.
 */
export async function followUntilReady(
  client: DashboardClient,
  name: string,
  wish: FollowWish,
): Promise<NuclioFunction> {
  const { act, untilMs, signal, onState } = wish;
  await using looker = new PodLooker(client, name, wish);
  const pace = new Pace(untilMs, signal);
  let last = "";
  for (;;) {
    const read = await tried(client.read(name, signal));
    if (read === undefined) throw new DeployError(act, `function "${name}" is gone: somebody has deleted it`);
    const status = read instanceof Error ? {} : read.status ?? {};
    const { state = "" } = status;
    if (state !== last && state !== "") onState?.(last = state);
    if (!(read instanceof Error) && isReady(status)) return read;
    if (!isBusy(status) && state !== "") throw await failed(client, name, { ...wish, status, looker });
    const trouble = looker.look(read instanceof Error ? undefined : read);
    if (trouble?.isFinal) throw telling(act, name, trouble);
    if (performance.now() >= untilMs) {
      const why = trouble?.reason ?? (read instanceof Error ? read.message : stillOf(status));
      throw new DeployError(act, `function "${name}" is not ready in time: ${why}`, { lines: trouble?.lines ?? [] });
    }
    await pace.wait();
  }
}

function stillOf(status: NuclioStatus): string {
  const why = failureOf(status);
  if (why !== "") return why;
  const { state = "without a state" } = status;
  const hint = state === "waitingForResourceConfiguration"
    ? ". Is there its image, and room for its pods? Does Nuclio's controller run, and watch this namespace?"
    : "";
  return `it is still ${state}${hint}`;
}

/** A dashboard that is overburdened, or starts anew, says nothing about the function. */
async function tried(
  reading: Promise<NuclioFunction | undefined>,
): Promise<NuclioFunction | undefined | DashboardError> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof DashboardError && (error.status === 0 || error.status >= 500)) return error;
    throw error;
  }
}

/** Waits while Nuclio takes no change of a function; whether it does then. */
export async function untilIdle(
  client: DashboardClient,
  name: string,
  { untilMs, signal }: Pick<FollowWish, "untilMs" | "signal">,
): Promise<boolean> {
  const pace = new Pace(untilMs, signal);
  for (;;) {
    const fn = await tried(client.read(name, signal));
    if (fn === undefined || !(fn instanceof Error) && !isBusy(fn.status ?? {})) return true;
    if (performance.now() >= untilMs) return false;
    await pace.wait();
  }
}

async function failed(
  client: DashboardClient,
  name: string,
  { act, status, signal, looker }: FollowWish & { readonly status: NuclioStatus; readonly looker: PodLooker },
): Promise<DeployError> {
  const trouble = await looker.lookNow();
  if (trouble !== undefined) return telling(act, name, trouble);
  let told = status;
  const untilMs = performance.now() + TOLD_MS;
  const pace = new Pace(untilMs, signal);
  while (!isTold(told) && performance.now() < untilMs) {
    await pace.wait();
    const next = (await client.read(name, signal))?.status;
    if (next === undefined || next.state !== status.state) break;
    told = next;
  }
  const why = failureOf(told) || "it does not say why";
  return new DeployError(act, `function "${name}" is ${status.state}: ${why}`, {
    lines: await lastLines(client, name, signal),
  });
}

function telling(act: string, name: string, { reason, lines = [] }: PodTrouble): DeployError {
  return new DeployError(act, `function "${name}" is not ready: ${reason}`, { lines });
}

const LINES = 10;

/** The last lines of a pod that does not serve; none where there is no pod, or it is too early. */
async function lastLines(client: DashboardClient, name: string, signal: AbortSignal | undefined): Promise<string[]> {
  try {
    const replica = (await client.replicas(name, signal)).at(-1);
    if (replica === undefined) return [];
    const text = await (await client.log(name, replica, { lines: LINES, signal })).text();
    return text.split("\n").filter((line) => line !== "").slice(-LINES);
  } catch {
    return [];
  }
}

import { isDeepStrictEqual } from "node:util";
import { oneLine } from "../../telemetry/one_line.ts";
import { DeployError } from "../deploy_error.ts";
import { configChanges } from "./config_changes.ts";
import type { DashboardClient } from "./dashboard_client.ts";
import { DashboardError } from "./dashboard_error.ts";
import { followUntilReady, type FollowWish, isBusy, isReady, untilIdle } from "./follow_state.ts";
import type { NuclioConfig, NuclioFunction } from "./nuclio_function.ts";
import type { PodTrouble } from "./nuclio_options.ts";
import { putBack } from "./put_back.ts";
import { RECORD, type ReleaseRecord, whoWrote } from "./release_record.ts";
import { CONFLICTS, isConflict, saidOf } from "./versions.ts";

/** One function that becomes otherwise. */
export interface FunctionChange {
  readonly name: string;
  /** As it is; undefined where there is none. */
  readonly is: NuclioFunction | undefined;
  /** As it is wished; undefined where it is to go. */
  readonly wished: NuclioConfig | undefined;
  /** A line each; none where it is as it is wished, and Nuclio still makes it ready: that is waited for. */
  readonly lines: readonly string[];
}

/** How functions are brought from one release to another. */
export interface ChangeWish extends FollowWish {
  /** Told where a function is. */
  readonly onStep?: ((name: string, step: "starting" | "ready", fn?: NuclioFunction) => void) | undefined;
  /** Told that what ran before is put back. */
  readonly onBack?: ((note: string) => void) | undefined;
  /** Told what keeps the pods of a function from being ready. */
  readonly onPods?: ((name: string, trouble: PodTrouble) => void) | undefined;
}

const UNDO_MS = 180_000;

/** What has to be done that functions are as they are wished, in the order in which it is done. */
export function changesOf(
  wished: readonly NuclioConfig[],
  there: readonly NuclioFunction[],
  told: ReleaseRecord | undefined,
): FunctionChange[] {
  const names = new Set(wished.map(({ metadata: { name } }) => name));
  return [
    ...wished.flatMap((config): FunctionChange[] => {
      const { name } = config.metadata;
      const is = there.find((one) => one.metadata.name === name);
      if (is === undefined) {
        return [{ name, is, wished: config, lines: [oneLine(`function ${name}: new, ${config.spec.image}`)] }];
      }
      const before = told?.functions.find((one) => one.metadata.name === name);
      const lines = configChanges({ is, told: before, wished: config });
      const isBroken = !isReady(is.status ?? {}) && !isBusy(is.status ?? {});
      if (lines.length === 0 && isBroken) {
        lines.push(`it is ${is.status?.state ?? "without a state"}, and is made anew`);
      }
      return lines.length === 0 && !isBusy(is.status ?? {})
        ? []
        : [{ name, is, wished: config, lines: lines.map((line) => `function ${name}: ${line}`) }];
    }),
    ...there.filter(({ metadata: { name } }) => !names.has(name)).map((is): FunctionChange => ({
      name: is.metadata.name,
      is,
      wished: undefined,
      lines: [`function ${is.metadata.name}: ends`],
    })),
  ];
}

/**
 * Makes changes: first who reads streams, all at once, then who answers callers, each followed until it is ready; then what is to go
 * goes. Where one does not come to be ready, all are as they were.
 *
 * @throws {DeployError} With what kept it from that.
 */
export async function makeChanges(
  client: DashboardClient,
  changes: readonly FunctionChange[],
  wish: ChangeWish & { readonly record: string },
): Promise<void> {
  const made = changes.filter((change) => change.wished !== undefined);
  const begun: FunctionChange[] = [];
  try {
    const last = made.at(-1);
    await all(made.filter((change) => change !== last).map((change) => make(client, change, { ...wish, begun })));
    if (last !== undefined) await make(client, last, { ...wish, begun });
  } catch (error) {
    throw await undone(client, begun, { ...wish, error: error as Error });
  }
  for (const { name, is } of changes.filter((change) => change.wished === undefined)) {
    await untilIdle(client, name, wish);
    const now = await client.read(name, wish.signal);
    if (now === undefined) continue;
    if (!isDeepStrictEqual(saidOf(now), saidOf(is!))) {
      throw new DeployError(wish.act, `${whoWrote(now, is)} has changed function "${name}" meanwhile: it stays`);
    }
    await client.remove(name, { signal: wish.signal });
  }
}

type MakeWish = ChangeWish & { readonly record: string; readonly begun: FunctionChange[] };

async function make(client: DashboardClient, change: FunctionChange, wish: MakeWish): Promise<void> {
  const { act, signal, onStep, onPods, record, begun, untilMs } = wish;
  const { name, is, wished, lines } = change;
  const followed = async (before: readonly string[]) =>
    await followUntilReady(client, name, { ...wish, before, onTrouble: (one) => onPods?.(name, one) });
  if (lines.length === 0) {
    onStep?.(name, "starting");
    return onStep?.(name, "ready", await followed([]));
  }
  if (!await untilIdle(client, name, { untilMs, signal })) {
    const now = await client.read(name, signal);
    const who = now === undefined ? "somebody" : whoWrote(now, is);
    throw new DeployError(
      act,
      `Nuclio is still busy with function "${name}": ${who} deploys it, or its controller does not run`,
    );
  }
  const before = is === undefined || wish.lookUp === undefined
    ? []
    : await client.replicas(name, signal).catch(() => []);
  const { metadata: { annotations = {}, ...metadata }, spec } = wished!;
  const config: NuclioConfig = { metadata: { ...metadata, annotations: { ...annotations, [RECORD]: record } }, spec };
  onStep?.(name, "starting");
  try {
    if (is === undefined) await client.create(config, signal).catch((error) => taken(client, { act, name, error }));
    else await replace(client, { act, is, config, signal });
  } catch (error) {
    const isUnknown = signal?.aborted || error instanceof DashboardError && (error.status === 0 || error.status >= 500);
    if (isUnknown) begun.push(change); // else it was refused: what is there is somebody else's
    throw error;
  }
  begun.push(change);
  onStep?.(name, "ready", await followed(before));
}

/** The controller writes into functions too, so that their versions change: only what a person has changed is a conflict. */
async function replace(
  client: DashboardClient,
  { act, is, config, signal }: {
    readonly act: string;
    readonly is: NuclioFunction;
    readonly config: NuclioConfig;
    readonly signal: AbortSignal | undefined;
  },
): Promise<void> {
  const { name } = config.metadata;
  for (let tries = 1, version = is.metadata.resourceVersion;; tries++) {
    try {
      const metadata = { ...config.metadata, ...version === undefined ? {} : { resourceVersion: version } };
      return await client.replace({ ...config, metadata }, signal);
    } catch (error) {
      if (!isConflict(error) || tries >= CONFLICTS) throw error;
      const now = await client.read(name, signal);
      if (now === undefined) throw new DeployError(act, `function "${name}" is gone: somebody has deleted it`);
      if (!isDeepStrictEqual(saidOf(now), saidOf(is))) {
        const fields = configChanges({ is, told: is, wished: now }).join(", ");
        throw new DeployError(
          act,
          `${whoWrote(now, is)} has changed function "${name}" meanwhile: ${fields}. Deploy again`,
          {
            cause: error,
          },
        );
      }
      version = now.metadata.resourceVersion;
    }
  }
}

async function taken(
  client: DashboardClient,
  { act, name, error }: { readonly act: string; readonly name: string; readonly error: Error },
): Promise<never> {
  if (!isConflict(error)) throw error;
  const now = await client.read(name);
  const who = now === undefined ? "somebody else" : whoWrote(now, undefined);
  throw new DeployError(act, `${who} has made function "${name}" meanwhile. Deploy again`, { cause: error });
}

/** Has everything be as it was; says what went wrong, and whether that could be done. */
async function undone(
  client: DashboardClient,
  begun: readonly FunctionChange[],
  { error, act, onBack, record }: ChangeWish & { readonly error: Error; readonly record: string },
): Promise<Error> {
  if (begun.length === 0) return error;
  onBack?.(`${begun.length === 1 ? "It does" : "They do"} not become ready: what ran before is put back …`);
  const untilMs = performance.now() + UNDO_MS; // it is done also where the caller has given up
  const left = await Promise.all(begun.map(async (change) => {
    const { name } = change;
    try {
      await putBack(client, change, { act, untilMs, record });
      return [];
    } catch (reason) {
      return [`function "${name}" could not be put back: ${(reason as Error).message}`];
    }
  }));
  if (left.flat().length === 0) return error;
  const lines = error instanceof DeployError ? error.lines : [];
  return new DeployError(act, `${withoutLines(error).replace(`Cannot ${act}: `, "")}; ${left.flat().join("; ")}`, {
    lines,
    cause: error,
  });
}

function withoutLines(error: Error): string {
  const lines = error instanceof DeployError ? error.lines.map((line) => `\n  ${line}`).join("") : "";
  return lines !== "" && error.message.endsWith(lines) ? error.message.slice(0, -lines.length) : error.message;
}

/** Waits for all, also where one fails: nothing goes on behind. */
async function all(tasks: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(tasks)).find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

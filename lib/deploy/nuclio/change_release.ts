import type { OnProgress } from "../show_act.ts";
import { whoDeploys } from "../who_deploys.ts";
import { areAlike } from "./config_changes.ts";
import type { DashboardClient } from "./dashboard_client.ts";
import type { NuclioFunction } from "./nuclio_function.ts";
import { urlOf } from "./nuclio_status.ts";
import { type ChangeWish, type FunctionChange, makeChanges } from "./release_changes.ts";
import { type Release, type ReleaseRecord, writeRecord } from "./release_record.ts";

/** What is, what is wished, and what has to be done. */
export interface Planned {
  readonly release: Release;
  readonly record: ReleaseRecord | undefined;
  readonly there: readonly NuclioFunction[];
  readonly notes: readonly string[];
  readonly changes: readonly FunctionChange[];
}

/** What would be done, a line each. */
export function linesOf({ changes }: Planned): string[] {
  return changes.flatMap(({ lines }) => lines);
}

/** Where, and who hears how far it is. */
export interface ReleaseWish extends Pick<ChangeWish, "untilMs" | "signal" | "lookUp" | "namespace"> {
  readonly client: DashboardClient;
  readonly tell: OnProgress;
}

/**
 * Has a release run, and writes down what ran before.
 *
 * @throws {DeployError} With what kept it from that.
 */
export async function changeRelease(
  act: string,
  { release, record, changes, notes }: Planned,
  { client, tell, ...wish }: ReleaseWish,
): Promise<void> {
  for (const note of notes) tell({ state: "noted", function: undefined, url: undefined, note });
  const { previous: _, ...before } = record ?? { previous: undefined };
  const isSame = record !== undefined && areAlike(record.functions, release.functions);
  const previous = isSame ? record.previous : record === undefined ? undefined : before as Release;
  const next: ReleaseRecord = { ...release, by: whoDeploys(), ...previous === undefined ? {} : { previous } };
  const pods = (name: string) => {
    const { spec } = release.functions.find(({ metadata }) => metadata.name === name)!;
    return { ready: 0, wished: spec.minReplicas ?? 1 };
  };
  await makeChanges(client, changes, {
    ...wish,
    act,
    record: writeRecord(act, next),
    onStep: (name, step, fn) => {
      const counted = pods(name);
      const url = fn === undefined ? undefined : urlOf(fn);
      tell({
        state: step,
        function: name,
        url,
        ...step === "ready" ? { pods: { ...counted, ready: counted.wished } } : {},
      });
    },
    onPods: (name, { reason, ready }) =>
      tell({
        state: "starting",
        function: name,
        url: undefined,
        reason,
        ...ready === undefined ? {} : { pods: { ...pods(name), ready } },
      }),
    onBack: (note) => tell({ state: "returning", function: undefined, url: undefined, note }),
  });
}

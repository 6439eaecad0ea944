import { join } from "node:path";
import { MANIFEST } from "../../bundle/bundle.ts";
import { forgetTicks, type KeptTicks, readTicks } from "../../triggers/tick_keeper.ts";
import { describeTrigger, isSchedule, type Trigger } from "../../triggers/trigger.ts";
import { documentOf, functionsOfBundle } from "../settings/deployed_functions.ts";
import type { DeploymentFolder } from "./state_folder.ts";

/** What starts a deployed function by itself. */
export interface TriggerStatus {
  /** Its name. */
  readonly name: string;
  /** A stream's records, or the times of a schedule. */
  readonly kind: "stream" | "schedule";
  /** Where from, or when. */
  readonly detail: string;
  /** What has become of its times; undefined of a stream. */
  readonly times: TimesStatus | undefined;
}

/** What has become of the times of a schedule. */
export interface TimesStatus {
  /** The next time, ISO 8601; undefined before the first start, and where it has had its last. */
  readonly next: string | undefined;
  /** The last time that came, or was left out; undefined before the first start. */
  readonly last: string | undefined;
  /** How many events there were. */
  readonly fired: number;
  /** How many were left out since the event before was not done. */
  readonly skipped: number;
  /** How many there were when nothing ran. */
  readonly missed: number;
}

/** What starts a deployed function, and what has become of that; nothing where its revision cannot be read. */
export async function triggerStatus(revision: string, folder: Place): Promise<TriggerStatus[]> {
  const { triggers, groups } = await describe(revision, folder);
  return await Promise.all(
    Object.entries(triggers).map(async ([name, trigger]): Promise<TriggerStatus> => {
      const detail = describeTrigger(trigger);
      if (!isSchedule(trigger)) return { name, kind: "stream", detail, times: undefined };
      const kept = await Promise.all(groups.map((group) => readTicks(ticksFolder(folder), { group, name })));
      const { last, next, fired = 0, skipped = 0, missed = 0 }: Partial<KeptTicks> = kept.find(Boolean) ?? {};
      return { name, kind: "schedule", detail, times: { next, last, fired, skipped, missed } };
    }),
  );
}

/** Forgets what has become of the times of its schedules: where it is deployed again, it has missed nothing. */
export async function forgetTimes(revision: string, folder: Place): Promise<void> {
  const { groups } = await describe(revision, folder);
  for (const group of groups) await forgetTicks(ticksFolder(folder), group);
}

type Place = Pick<DeploymentFolder, "state" | "revisions">;

function ticksFolder({ state }: Place): string {
  return join(state, "schedules");
}

interface Described {
  readonly triggers: Readonly<Record<string, Trigger>>;
  /** The groups that its functions read as. */
  readonly groups: readonly string[];
}

async function describe(revision: string, { revisions }: Place): Promise<Described> {
  const manifest = await Deno.readFile(join(revisions, revision, MANIFEST)).catch(() => undefined);
  if (manifest === undefined) return { triggers: {}, groups: [] };
  const files = new Map([[MANIFEST, manifest]]);
  const { name: fn, triggers = {} } = documentOf({ files });
  return { triggers, groups: functionsOfBundle({ files }).map(({ name }) => name === fn ? fn : `${fn}-${name}`) };
}

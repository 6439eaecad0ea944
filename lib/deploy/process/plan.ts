import { isDeepStrictEqual } from "node:util";
import { type Bundle, type Manifest, manifestOf } from "../../bundle/bundle.ts";
import type { DeployPlan } from "../deployment.ts";
import type { DeployedState, SupervisedStatus, WishedFunction } from "./deployed_state.ts";
import { functionsOfBundle } from "../settings/deployed_functions.ts";
import { flagsOf } from "../settings/process_settings.ts";
import { readRevision } from "./keep_revision.ts";
import { tellNewReaders } from "./new_readers.ts";
import type { DeploymentFolder } from "./state_folder.ts";

/** What is, and what is wished. */
export interface PlanParts {
  readonly state: DeployedState | undefined;
  readonly status: SupervisedStatus | undefined;
  readonly bundle: Bundle;
  readonly folder: DeploymentFolder;
  readonly options: { readonly functions: readonly WishedFunction[]; readonly renew?: boolean };
}

/** Compares what is deployed with what is wished. */
export async function planOf({ state, status, bundle, folder, options }: PlanParts): Promise<DeployPlan> {
  const { functions, renew = false } = options;
  const there = state?.functions ?? [];
  const isSame = state?.revision === bundle.revision;
  const before = isSame ? undefined : await readBefore(state, folder);
  const changes: string[] = [];
  if (state !== undefined && status === undefined) changes.push("nothing of it runs now: it is started");
  if (!isSame) {
    changes.push(`revision: ${state?.revision ?? "none"} → ${bundle.revision}`);
    if (state !== undefined) changes.push(...changedFiles(bundle, before));
  }
  for (const { name, workers, port: own, settings } of functions) {
    const ran = there.find((one) => one.name === name);
    if (ran === undefined) {
      const where = own === undefined ? "a free port" : `port ${own}`;
      changes.push(`function ${name}: new, ${workers} ${workers === 1 ? "worker" : "workers"}, ${where}`);
      continue;
    }
    if (ran.workers !== workers) changes.push(`function ${name}: workers: ${ran.workers} → ${workers}`);
    if (!isDeepStrictEqual(settings, ran.settings ?? {})) {
      changes.push(`function ${name}: is served in another way: ${flagsOf(settings).join(" ") || "by the defaults"}`);
    }
    if (own !== undefined && ran.port !== own) changes.push(`function ${name}: port: ${ran.port} → ${own}`);
  }
  for (const { name } of there) if (!functions.some((one) => one.name === name)) changes.push(`function ${name}: ends`);
  if (changes.length === 0 && renew) changes.push("every process is replaced, with the environment as it is now");
  const readers = isSame ? [] : await tellNewReaders(bundle, { folder, before });
  return { name: bundle.name, revision: bundle.revision, changes, notes: [...notesOf(bundle), ...readers] };
}

function notesOf(bundle: Bundle): string[] {
  return functionsOfBundle(bundle).filter(({ resources }) => Object.keys(resources).length > 0).map((
    { name, resources },
  ) =>
    `function ${name}: resources (${
      Object.keys(resources).join(", ")
    }) are for a cluster; the process target does not look at them`
  );
}

/** What is deployed; undefined where that cannot be read. */
async function readBefore(state: DeployedState | undefined, folder: DeploymentFolder): Promise<Bundle | undefined> {
  return state === undefined ? undefined : await readRevision("plan", state.revision, folder).catch(() => undefined);
}

function changedFiles(bundle: Bundle, before: Bundle | undefined): string[] {
  const old: Manifest["files"] = before === undefined ? {} : manifestOf(before).files;
  const now = manifestOf(bundle).files;
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].sort().filter((path) => old[path] !== now[path])
    .map((path) => `  ${path}: ${old[path] === undefined ? "new" : now[path] === undefined ? "gone" : "changed"}`);
}

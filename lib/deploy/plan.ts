import { type Bundle, type Manifest, manifestOf } from "../bundle/bundle.ts";
import type { DeployedState, SupervisedStatus } from "./deployed_state.ts";
import { functionsOfBundle } from "./deployed_functions.ts";
import { readRevision } from "./keep_revision.ts";
import type { DeploymentFolder } from "./state_folder.ts";

/** What a deployment would change. */
export interface DeployPlan {
  /** The serving function's name. */
  readonly name: string;
  /** The bundle that is to run. */
  readonly revision: string;
  /** A line each; none where everything is as it is wished. */
  readonly changes: readonly string[];
}

/** What is, and what is wished. */
export interface PlanParts {
  readonly state: DeployedState | undefined;
  readonly status: SupervisedStatus | undefined;
  readonly bundle: Bundle;
  readonly folder: DeploymentFolder;
  readonly options: { readonly workers?: number; readonly port?: number; readonly renew?: boolean };
}

/** Compares what is deployed with what is wished. */
export async function planOf({ state, status, bundle, folder, options }: PlanParts): Promise<DeployPlan> {
  const { workers = 1, port, renew = false } = options;
  const wished = functionsOfBundle(bundle).map(({ name }) => name);
  const there = state?.functions ?? [];
  const changes: string[] = [];
  if (state !== undefined && status === undefined) changes.push("nothing of it runs now: it is started");
  if (state?.revision !== bundle.revision) {
    changes.push(`revision: ${state?.revision ?? "none"} → ${bundle.revision}`);
    if (state !== undefined) changes.push(...await changedFiles(bundle, state.revision, folder));
  }
  for (const [index, name] of wished.entries()) {
    const before = there.find((one) => one.name === name);
    const own = index === 0 ? port : undefined;
    if (before === undefined) {
      const where = own === undefined ? "a free port" : `port ${own}`;
      changes.push(`function ${name}: new, ${workers} ${workers === 1 ? "worker" : "workers"}, ${where}`);
      continue;
    }
    if (before.workers !== workers) changes.push(`function ${name}: workers: ${before.workers} → ${workers}`);
    if (own !== undefined && before.port !== own) changes.push(`function ${name}: port: ${before.port} → ${own}`);
  }
  for (const { name } of there) if (!wished.includes(name)) changes.push(`function ${name}: ends`);
  if (changes.length === 0 && renew) changes.push("every process is replaced, with the environment as it is now");
  return { name: bundle.name, revision: bundle.revision, changes };
}

async function changedFiles(bundle: Bundle, before: string, folder: DeploymentFolder): Promise<string[]> {
  const old = await readRevision("plan", before, folder).then(
    (bundle) => manifestOf(bundle).files,
    () => ({} as Manifest["files"]),
  );
  const now = manifestOf(bundle).files;
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].sort().filter((path) => old[path] !== now[path])
    .map((path) => `  ${path}: ${old[path] === undefined ? "new" : now[path] === undefined ? "gone" : "changed"}`);
}

import type { RecordedDeploy } from "../deploy/deploy_bundle.ts";
import type { DeployOptions, DeployTarget } from "../deploy/deploy_options.ts";

/** What is said elsewhere than on the command line. */
export interface RecordedWish {
  /** What the command line says; undefined where it says none. */
  readonly target: DeployTarget | undefined;
  /** What the notebook's `deploy()` says; undefined where there is none. */
  readonly recorded: RecordedDeploy | undefined;
}

/** What the command line says, undefined being nothing, and of what the notebook's `deploy()` says the rest, where that is about the same target. */
export function withRecorded(
  options: Readonly<Record<string, unknown>>,
  { target, recorded }: RecordedWish,
): DeployOptions {
  const meant = target ?? recorded?.target ?? "process";
  const kept = meant === recorded?.target ? recorded.options : {};
  const said = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...kept, ...Object.fromEntries(said), target: meant };
}

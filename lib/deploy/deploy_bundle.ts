import type { Bundle } from "../bundle/bundle.ts";
import { type BundleWish, Deployment } from "./process/deployment.ts";
import type { ProcessOptions } from "./process/process_options.ts";

/** How a bundle is deployed. */
export interface DeployOptions extends ProcessOptions {
  /** Only plans: `deployment.plan()` tells what would change, `deployment.apply()` does it. Default false. */
  readonly dryRun?: boolean;
}

/**
 * Has a bundle run as processes of this machine.
 *
 * @throws {BundleError | DeployError} If it does not start; what ran runs on.
 */
export async function deployBundle(
  bundle: Bundle,
  { dryRun = false, ...options }: DeployOptions & Pick<BundleWish, "spentMs"> = {},
): Promise<Deployment> {
  const deployment = new Deployment(bundle.name, { ...options, bundle });
  if (!dryRun) await deployment.apply();
  return deployment;
}

/** What a program would have deployed that was told to record it. */
export interface RecordedDeploy {
  /** The function's name. */
  readonly name: string;
  readonly workers?: number;
  readonly port?: number;
  readonly deadlineMs?: number;
}

/** Writes down what would be deployed. */
export async function recordDeploy(
  file: string,
  name: string,
  { workers, port, deadlineMs }: ProcessOptions,
): Promise<Deployment> {
  const recorded = { name, workers, port, deadlineMs };
  await Deno.writeTextFile(file, JSON.stringify(recorded));
  return new Deployment(name);
}

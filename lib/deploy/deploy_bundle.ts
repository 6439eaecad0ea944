import type { Bundle } from "../bundle/bundle.ts";
import type { ClusterDeployOptions, DeployOptions, DeployTarget, ProcessDeployOptions } from "./deploy_options.ts";
import type { Deployment } from "./deployment.ts";
import type { ClusterDeployment } from "./kubernetes/cluster_deployment.ts";
import { type BundleWish, openDeployment } from "./open_deployment.ts";
import type { ProcessDeployment } from "./process/deployment.ts";

/** What making the bundle has cost, and who shows what is done with it. */
export type Spent = Pick<BundleWish, "spentMs" | "show">;

/**
 * Has a bundle run where it stays.
 *
 * @throws {BundleError | DeployError} If it does not start; what ran runs on.
 */
export async function deployBundle(bundle: Bundle, options?: ProcessDeployOptions & Spent): Promise<ProcessDeployment>;
export async function deployBundle(bundle: Bundle, options: ClusterDeployOptions & Spent): Promise<ClusterDeployment>;
export async function deployBundle(bundle: Bundle, options?: DeployOptions & Spent): Promise<Deployment>;
export async function deployBundle(
  bundle: Bundle,
  { dryRun = false, ...options }: DeployOptions & Spent = {},
): Promise<Deployment> {
  const deployment = await openDeployment(bundle.name, { ...options, bundle });
  if (!dryRun) await deployment.apply();
  return deployment;
}

/** What a program would have deployed that was told to record it. */
export interface RecordedDeploy {
  /** The function's name. */
  readonly name: string;
  readonly target: DeployTarget;
  /** Its options, as far as they are data. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Writes down what would be deployed. */
export async function recordDeploy(
  file: string,
  name: string,
  { target = "process", ...options }: DeployOptions,
): Promise<Deployment> {
  const { dryRun: _dry, signal: _signal, onProgress: _told, ...data } = options;
  const recorded: RecordedDeploy = { name, target, options: data };
  await Deno.writeTextFile(file, JSON.stringify(recorded));
  return await openDeployment(name, { target });
}

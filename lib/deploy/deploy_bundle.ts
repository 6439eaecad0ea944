import type { Bundle } from "../bundle/bundle.ts";
import { Deployment, type ProcessOptions } from "./deployment.ts";

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
  { dryRun = false, ...options }: DeployOptions = {},
): Promise<Deployment> {
  const deployment = new Deployment(bundle.name, { ...options, bundle });
  if (!dryRun) await deployment.apply();
  return deployment;
}

import type { Bundle } from "../bundle/bundle.ts";
import { checkOptions, type DeployOptions } from "./deploy_options.ts";
import type { Deployment } from "./deployment.ts";
import type { ProcessDeployment } from "./process/deployment.ts";

/** What is to be deployed. */
export interface BundleWish {
  /** Default: what is deployed. */
  readonly bundle?: Bundle;
  /** What making it has taken of the deadline, in milliseconds. Default 0. */
  readonly spentMs?: number;
}

/**
 * A function where it is deployed, or is to be, by its target; nothing is asked yet. What a target needs is loaded when it is the one.
 *
 * @throws {DeployError} If there is no such target, or it does not take an option.
 */
export async function openDeployment(
  name: string,
  { bundle, spentMs, ...options }: DeployOptions & BundleWish = {},
): Promise<Deployment> {
  checkOptions(`deploy "${name}"`, options);
  const { target: _, ...rest } = options;
  const wish = { ...bundle === undefined ? {} : { bundle }, ...spentMs === undefined ? {} : { spentMs } };
  const module = "./process/deployment.ts"; // in a variable: who deploys elsewhere does not load it
  const { ProcessDeployment: Opened } = await import(module) as { ProcessDeployment: typeof ProcessDeployment };
  return new Opened(name, { ...rest, ...wish });
}

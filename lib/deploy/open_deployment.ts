import type { Bundle } from "../bundle/bundle.ts";
import { checkOptions, type DeployOptions } from "./deploy_options.ts";
import type { Deployment } from "./deployment.ts";
import type { NuclioDeployment } from "./nuclio/nuclio_deployment.ts";
import type { ClusterDeployment } from "./kubernetes/cluster_deployment.ts";
import type { ProcessDeployment } from "./process/deployment.ts";
import type { ShowAct } from "./show_act.ts";

/** What is to be deployed. */
export interface BundleWish {
  /** Default: what is deployed. */
  readonly bundle?: Bundle;
  /** What making it has taken of the deadline, in milliseconds. Default 0. */
  readonly spentMs?: number;
  /** Shows each act, and hears how far it is. Default: `onProgress` hears all of them. */
  readonly show?: ShowAct;
}

/**
 * A function where it is deployed, or is to be, by its target; nothing is asked yet. What a target needs is loaded when it is the one.
 *
 * @throws {DeployError} If there is no such target, or it does not take an option.
 */
export async function openDeployment(
  name: string,
  { bundle, spentMs, show, ...options }: DeployOptions & BundleWish = {},
): Promise<Deployment> {
  checkOptions(`deploy "${name}"`, options);
  const wish = {
    ...bundle === undefined ? {} : { bundle },
    ...spentMs === undefined ? {} : { spentMs },
    ...show === undefined ? {} : { show },
  };
  if (options.target === "kubernetes") {
    const { target: _, ...rest } = options;
    const module = "./kubernetes/cluster_deployment.ts"; // in variables: who deploys elsewhere does not load it
    const { ClusterDeployment: Opened } = await import(module) as { ClusterDeployment: typeof ClusterDeployment };
    return new Opened(name, { ...rest, ...wish });
  }
  if (options.target === "nuclio") {
    const { target: _, ...rest } = options;
    const nuclio = "./nuclio/nuclio_deployment.ts"; // in variables: who deploys elsewhere does not load it
    const { NuclioDeployment: Opened } = await import(nuclio) as { NuclioDeployment: typeof NuclioDeployment };
    return new Opened(name, { ...rest, ...wish });
  }
  const { target: _, ...rest } = options;
  const module = "./process/deployment.ts";
  const { ProcessDeployment: Opened } = await import(module) as { ProcessDeployment: typeof ProcessDeployment };
  return new Opened(name, { ...rest, ...wish });
}

/** Targets, and what each takes. */

import { DeployError } from "./deploy_error.ts";
import { CLUSTER_DEADLINE_MS, type ClusterOptions } from "./kubernetes/cluster_options.ts";
import { NUCLIO_DEADLINE_MS, type NuclioOptions } from "./nuclio/nuclio_options.ts";
import { DEADLINE_MS, type ProcessOptions } from "./process/process_options.ts";

/** Where a function can be deployed to. */
export type DeployTarget = "process" | "kubernetes" | "nuclio";

/** What every target takes. */
export interface PlanOptions {
  /** Only plans: `deployment.plan()` tells what would change, `deployment.apply()` does it. Default false. */
  readonly dryRun?: boolean;
}

/** How a bundle is deployed to processes of this machine. */
export interface ProcessDeployOptions extends ProcessOptions, PlanOptions {
  /** Processes of this machine. Default. */
  readonly target?: "process";
}

/** How a bundle is deployed to a cluster. */
export interface ClusterDeployOptions extends ClusterOptions, PlanOptions {
  /** Pods of a Kubernetes cluster. */
  readonly target: "kubernetes";
}

/** How a bundle is deployed to Nuclio. */
export interface NuclioDeployOptions extends NuclioOptions, PlanOptions {
  /** Functions of Nuclio, by its dashboard. */
  readonly target: "nuclio";
}

/** How a bundle is deployed, by where to. */
export type DeployOptions = ProcessDeployOptions | ClusterDeployOptions | NuclioDeployOptions;

interface OptionsOf {
  readonly process: ProcessDeployOptions;
  readonly kubernetes: ClusterDeployOptions;
  readonly nuclio: NuclioDeployOptions;
}
type Names<Options> = { readonly [Name in Exclude<keyof Options, "target">]-?: true };

const EVERYWHERE = { dryRun: true, deadlineMs: true, onProgress: true, signal: true } as const;
const OPTIONS: { readonly [Target in DeployTarget]: Names<OptionsOf[Target]> } = {
  process: { ...EVERYWHERE, workers: true, port: true, renew: true },
  kubernetes: {
    ...EVERYWHERE,
    namespace: true,
    context: true,
    kubeconfig: true,
    image: true,
    bundleFolder: true,
    bundleUrl: true,
    imagePullSecrets: true,
    replicas: true,
    force: true,
  },
  nuclio: {
    ...EVERYWHERE,
    dashboard: true,
    token: true,
    namespace: true,
    project: true,
    image: true,
    imagePullSecrets: true,
    replicas: true,
    nodePort: true,
    mirrorSchedules: true,
    invokeUrl: true,
    invokeToken: true,
    context: true,
    kubeconfig: true,
    lookUp: true,
  },
};

/** How long everything may take to be ready, in milliseconds, where nobody says. */
export const DEADLINES_MS: { readonly [Target in DeployTarget]: number } = {
  process: DEADLINE_MS,
  kubernetes: CLUSTER_DEADLINE_MS,
  nuclio: NUCLIO_DEADLINE_MS,
};

/** All targets. */
export const DEPLOY_TARGETS = Object.keys(OPTIONS) as readonly DeployTarget[];

/**
 * Whether a target is one, and takes the options that it is given.
 *
 * @throws {DeployError} With every option that it does not take, and whose that is.
 */
export function checkOptions(act: string, { target = "process", ...options }: DeployOptions): void {
  const targets = Object.keys(OPTIONS) as DeployTarget[];
  if (!targets.includes(target)) {
    throw new DeployError(
      act,
      `there is no target "${target}": it is ${targets.map((one) => `"${one}"`).join(" or ")}`,
    );
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined).map(([name]) => name);
  const foreign = given.filter((name) => !Object.hasOwn(OPTIONS[target], name));
  if (foreign.length === 0) return;
  const told = foreign.map((name) => {
    const owners = DEPLOY_TARGETS.filter((one) => Object.hasOwn(OPTIONS[one], name));
    return owners.length === 0
      ? `there is no option "${name}"`
      : `"${name}" is for target ${owners.map((one) => `"${one}"`).join(", ")}`;
  });
  throw new DeployError(act, `${told.join(", ")}. Target "${target}" takes ${Object.keys(OPTIONS[target]).join(", ")}`);
}

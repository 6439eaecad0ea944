/** Where a deployment is, as commands are told: words that all of them take. */
import { DEPLOY_TARGETS, type DeployTarget } from "../deploy/deploy_options.ts";
import type { DeployProgress } from "../deploy/deploy_progress.ts";
import type { Deployment } from "../deploy/deployment.ts";
import type { clusterDeploymentNames } from "../deploy/kubernetes/cluster_deployment.ts";
import type { NuclioOptions } from "../deploy/nuclio/nuclio_options.ts";
import { openDeployment } from "../deploy/open_deployment.ts";
import { deploymentNames } from "../deploy/process/state_folder.ts";
import { type CommandContext, UsageError } from "./command.ts";
import { CLUSTER_NEEDS, prefetch } from "./prefetch.ts";

/** The words. */
export const PLACE_OPTIONS = {
  target: { type: "string" },
  namespace: { type: "string" },
  context: { type: "string" },
  dashboard: { type: "string" },
  project: { type: "string" },
  token: { type: "string" },
} as const;

/** What they mean, for people. */
export const PLACE_HELP =
  `  --target NAME     Where it is: process, this machine, kubernetes, or nuclio. Default: process.
  --namespace NAME  In a cluster: the namespace. Default: that of the context.
  --context NAME    In a cluster: the context of the kubeconfig. Default: its current one. Of Nuclio: where is read why pods are not ready.
  --dashboard URL   Of Nuclio: where it answers. Default: LEVADA_NUCLIO_DASHBOARD.
  --project NAME    Of Nuclio: whose the functions are. Default: default.
  --token NAME      Of Nuclio: the name of a secret, as of an environment variable, that its dashboard takes. Default: none is sent.`;

/** Where a deployment is. */
export type PlaceWish =
  | { readonly target: "process" }
  | { readonly target: "kubernetes"; readonly namespace?: string; readonly context?: string }
  | { readonly target: "nuclio" } & Pick<NuclioOptions, "namespace" | "context" | "dashboard" | "project" | "token">;

/** What stands for words in `options`, by targets: others are refused. */
const WORDS: { readonly [Target in DeployTarget]: readonly string[] } = {
  process: ["workers", "port", "renew", "rates", "picture", "over"],
  kubernetes: `namespace context image bundle-folder bundle-url image-pull-secret replicas force`.split(" "),
  nuclio:
    `namespace context dashboard project token image image-pull-secret replicas node-port invoke-url no-mirror-schedules`
      .split(" "),
};

/** Reads `--target process`. */
export function readTarget(text: string | undefined): DeployTarget | undefined {
  const target = DEPLOY_TARGETS.find((one) => one === text);
  if (text === undefined || target !== undefined) return target;
  throw new UsageError(`there is no target "${text}": it is ${DEPLOY_TARGETS.join(" or ")}`);
}

/**
 * Whether the words that are said are the target's.
 *
 * @throws {UsageError} If one is another target's, naming it.
 */
export function checkWords(target: DeployTarget, values: Readonly<Record<string, unknown>>): void {
  for (const [word, value] of Object.entries(values)) {
    const owner = DEPLOY_TARGETS.find((one) => WORDS[one].includes(word));
    if (value === undefined || owner === undefined || WORDS[target].includes(word)) continue;
    throw new UsageError(`--${word} is for --target ${owner}`);
  }
}

/**
 * Reads where a deployment is.
 *
 * @throws {UsageError} If there is no such target, or a word is another's.
 */
export function readPlace(values: Readonly<Record<string, unknown>>): PlaceWish {
  const target = readTarget(values.target as string | undefined) ?? "process";
  checkWords(target, values);
  const own = Object.keys(PLACE_OPTIONS).filter((word) => word !== "target" && values[word] !== undefined);
  return { target, ...Object.fromEntries(own.map((word) => [word, values[word]])) };
}

/** What is deployed there by this name; nothing is asked yet. Who changes it hears how far that is. */
export async function openPlace(
  name: string,
  place: PlaceWish,
  context: CommandContext & { readonly onProgress?: (progress: DeployProgress) => void },
): Promise<Deployment> {
  await fetchNeeds(place, context);
  const told = context.onProgress === undefined ? {} : { onProgress: context.onProgress };
  return await openDeployment(
    name,
    place.target === "process" ? { ...place, ...told } : { ...place, ...told, signal: context.signal },
  );
}

/** The names of all that is deployed there. */
export async function namesIn(place: PlaceWish, context: CommandContext): Promise<string[]> {
  await fetchNeeds(place, context);
  if (place.target === "process") return await deploymentNames();
  if (place.target === "nuclio") throw new UsageError("what is deployed to Nuclio, its dashboard lists: give a name");
  const { target: _, ...where } = place;
  const module = "../deploy/kubernetes/cluster_deployment.ts"; // in a variable: who asks this machine does not load it
  const loaded = await import(module) as { clusterDeploymentNames: typeof clusterDeploymentNames };
  return await loaded.clusterDeploymentNames(where);
}

async function fetchNeeds({ target }: PlaceWish, context: CommandContext): Promise<void> {
  if (target !== "process") await prefetch(CLUSTER_NEEDS, context);
}

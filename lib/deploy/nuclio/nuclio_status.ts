import type { DeploymentStatus, FunctionStatus } from "../deployment.ts";
import { failureOf } from "./failure_text.ts";
import { isBusy, isReady } from "./follow_state.ts";
import { FUNCTION_LABEL, REVISION_LABEL } from "./labels.ts";
import type { NuclioFunction } from "./nuclio_function.ts";
import type { PodTrouble } from "./nuclio_options.ts";
import type { ReleaseRecord } from "./release_record.ts";

/** How a deployment at Nuclio is. */
export interface NuclioDeploymentStatus extends DeploymentStatus {
  /** Where its dashboard answers. */
  readonly dashboard: string;
  /** Whose the functions are. */
  readonly project: string;
  /** As was said; the dashboard's own where nobody said one. */
  readonly namespace?: string;
  /** Of the kubeconfig, as was said. */
  readonly context?: string;
  /** The name of the secret that the dashboard takes, as was said. */
  readonly token?: string;
}

/** What is known besides the functions. */
export interface StatusParts {
  /** How many pods each has. */
  readonly replicas: readonly number[];
  readonly record: ReleaseRecord | undefined;
  /** Where callers find it. Default: what Nuclio says. */
  readonly url?: string | undefined;
  /** What the cluster says of those that are not ready, by their names. */
  readonly troubles?: ReadonlyMap<string, PodTrouble>;
}

/** How functions at a dashboard are; the first answers callers. */
export function statusOf(
  name: string,
  functions: readonly NuclioFunction[],
  { replicas, record, url, troubles = new Map() }: StatusParts,
): DeploymentStatus {
  const told = functions.map((fn, index) =>
    functionStatus(fn, { pods: replicas[index] ?? 0, trouble: troubles.get(fn.metadata.name) })
  );
  const bad = told.find(({ state }) => state !== "ready");
  return {
    name,
    target: "nuclio",
    state: bad?.state ?? "ready",
    reason: bad?.reason,
    url: url ?? urlOf(functions[0]!),
    revision: record?.revision ?? functions[0]!.metadata.labels?.[REVISION_LABEL] ?? "unknown",
    previous: record?.previous?.revision,
    deployedAt: record?.deployedAt ?? "unknown",
    functions: told,
  };
}

/** Where a function answers: outside of the cluster, if Nuclio says so, else within. */
export function urlOf({ metadata: { name, namespace = "nuclio" }, status = {} }: NuclioFunction): string {
  const { externalInvocationUrls: [outside] = [], internalInvocationUrls: [inside] = [] } = status;
  return `http://${outside ?? inside ?? `nuclio-${name}.${namespace}.svc.cluster.local:8080`}`;
}

function functionStatus(
  fn: NuclioFunction,
  { pods, trouble }: { readonly pods: number; readonly trouble: PodTrouble | undefined },
): FunctionStatus {
  const { metadata: { name, labels }, status = {} } = fn;
  const { state = "without a state" } = status;
  const ready = isReady(status);
  const isReplaced = trouble === undefined && isBusy(status) && pods > 0; // those of before, which serve on, or new ones
  return {
    name: labels?.[FUNCTION_LABEL] ?? name,
    url: urlOf(fn),
    state: ready ? "ready" : isReplaced ? "unknown" : "failing",
    serving: ready || isReplaced ? pods : trouble?.ready ?? 0,
    restarts: 0, // Nuclio does not tell
    reason: ready
      ? undefined
      : trouble !== undefined
      ? trouble.reason
      : isBusy(status)
      ? `Nuclio makes it ready (${state})${
        isReplaced ? `, and does not tell how many of its pods serve: ${pods} there` : ""
      }`
      : failureOf(status) || `it is ${state}`,
  };
}

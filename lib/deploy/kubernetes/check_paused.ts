import { nameOf } from "../cluster/cluster_object.ts";
import type { DeploymentChange } from "./check_quotas.ts";
import { morePods } from "./more_pods.ts";
import { pausedText } from "./rollout/rollout_state.ts";

/** Deployments that somebody has paused, and of which new pods are to be made: a line each. */
export function faultsOfPaused(changes: readonly DeploymentChange[]): string[] {
  return changes.flatMap(({ wished, there }) => {
    if (there?.spec.paused !== true || !morePods(wished, there).isReplaced) return [];
    const { apiVersion, kind, metadata: { name, namespace } } = there;
    return [`${nameOf({ apiVersion, kind, name, namespace: namespace! })}: ${pausedText(there)}`];
  });
}

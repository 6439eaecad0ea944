import type { ClusterObject } from "../cluster/cluster_object.ts";
import { REVISION_LABEL } from "./objects/labels.ts";
import { readQuantity } from "../objects/quantity.ts";

interface Container {
  readonly image: string;
  readonly resources?: Partial<Record<"requests" | "limits", Readonly<Record<string, string>>>>;
}

/** How many pods a Deployment will have besides those that it has. */
export interface MorePods {
  /** To stay. */
  readonly staying: number;
  /** While each is replaced. */
  readonly surging: number;
  /** Whether those that there are are replaced. */
  readonly isReplaced: boolean;
}

/** How many pods more a Deployment takes than it does. */
export function morePods(wished: ClusterObject, there: ClusterObject | undefined): MorePods {
  const now: number = there?.spec.replicas ?? 0;
  const replicas: number = wished.spec.replicas ?? Math.max(1, now); // an autoscaler begins with what there is
  const staying = Math.max(0, replicas - now);
  const isReplaced = there !== undefined && sameOf(wished) !== sameOf(there);
  return { staying, isReplaced, surging: isReplaced && wished.spec.strategy?.rollingUpdate?.maxSurge !== 0 ? 1 : 0 };
}

/** What of a pod is another where pods are replaced: a revision, an image, what it asks for. */
function sameOf({ spec: { template: { metadata, spec: { containers } } } }: ClusterObject): string {
  const amounts = (said: Readonly<Record<string, string>> = {}) =>
    Object.entries(said).map(([name, amount]) => [name, readQuantity(amount)]).sort(); // a server writes 0.1 as 100m
  const each = containers.map((
    { image, resources: { requests, limits } = {} }: Container,
  ) => [image, amounts(requests), amounts(limits)]);
  return JSON.stringify([metadata?.labels?.[REVISION_LABEL], each]);
}

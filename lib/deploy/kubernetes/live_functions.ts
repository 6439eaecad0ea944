import type { ClusterObject } from "../cluster/cluster_object.ts";
import type { ClusterObjects } from "../cluster/cluster_objects.ts";
import type { Running } from "./deployed_releases.ts";
import { isGoing } from "./live_objects.ts";
import { labelsOf, REVISION_LABEL } from "./objects/labels.ts";
import { CONTAINER } from "./objects/pod_template.ts";
import type { ReleasePlace } from "./release.ts";
import { strangerOf } from "./stranger_of.ts";

/** A function of a deployment as its Deployment has it, whoever has applied that. */
export interface LiveFunction {
  /** The child's name, or the serving function's own. */
  readonly name: string;
  readonly objectName: string;
  readonly deployment: ClusterObject;
  /** The bundle that its pods are to run. */
  readonly revision: string;
  /** What they are to be made of. */
  readonly image: string;
  readonly scheme: "http" | "https";
  /** What it asks its callers for. */
  readonly asksFor: "nothing" | "tokens" | "certificates";
  /** Where it answers within the cluster. */
  readonly url: string;
}

/** The functions of a deployment that are there, and not going; the serving function is the first. */
export async function liveFunctions(objects: ClusterObjects, place: ReleasePlace): Promise<LiveFunction[]> {
  const { name, namespace } = place;
  const all = await objects.list({ apiVersion: "apps/v1", kind: "Deployment", namespace, labels: labelsOf(place) });
  const own = all.filter((object) => !isGoing(object) && strangerOf(object, place) === undefined).map((one) =>
    liveFunction(one, namespace)
  );
  return own.sort((one, other) => Number(other.objectName === name) - Number(one.objectName === name));
}

/** What the pods of a Deployment are to run. */
export function runningOf({ spec: { template } }: ClusterObject): Running {
  const containers: readonly { name: string; image?: string }[] = template.spec.containers;
  return {
    revision: template.metadata.labels?.[REVISION_LABEL] ?? "",
    image: (containers.find(({ name }) => name === CONTAINER) ?? containers[0])?.image ?? "",
  };
}

function liveFunction(deployment: ClusterObject, namespace: string): LiveFunction {
  const { metadata: { name: objectName, labels }, spec: { template } } = deployment;
  const words: readonly string[] = template.spec.containers.flatMap(({ args = [] }: { args?: string[] }) => args);
  const scheme = words.includes("--tls-cert") ? "https" : "http";
  return {
    name: labels?.["app.kubernetes.io/name"] ?? objectName,
    objectName,
    deployment,
    ...runningOf(deployment),
    scheme,
    asksFor: words.includes("--token") ? "tokens" : words.includes("--client-ca") ? "certificates" : "nothing",
    url: `${scheme}://${objectName}.${namespace}.svc`,
  };
}

import { MANAGED_LABEL } from "../objects/managed_label.ts";
import type { ClusterObject } from "../cluster/cluster_object.ts";
import { FIELD_MANAGER } from "../cluster/cluster_objects.ts";
import { managersOf } from "./applied_fields.ts";
import { PART_LABEL, TARGET, TARGET_LABEL } from "./objects/labels.ts";
import type { ReleasePlace } from "./release.ts";

/** Whose an object is that is not this deployment's. */
export interface Stranger {
  /** In words. */
  readonly whose: string;
  /** Whether who insists may have it. */
  readonly isTakable: boolean;
}

/** What the cluster itself puts into a namespace, without a word of whose it is. */
const CLUSTERS_OWN: readonly string[] = ["ServiceAccount default", "Service kubernetes"];

/** Whose an object is; undefined where it is this deployment's, by its labels: names can be had by anybody. */
export function strangerOf(object: ClusterObject, { name }: Pick<ReleasePlace, "name">): Stranger | undefined {
  const { kind, metadata: { labels = {}, ownerReferences = [] } } = object;
  const owner = ownerReferences.find(({ controller }) => controller === true);
  if (owner !== undefined) return { whose: `${owner.kind} ${owner.name} has made it`, isTakable: false };
  if (CLUSTERS_OWN.includes(`${kind} ${object.metadata.name}`)) {
    return { whose: "it is the cluster's own", isTakable: false };
  }
  if (labels[MANAGED_LABEL] !== "levada") return unlabelled(object);
  if (labels[PART_LABEL] !== name) return { whose: `it is of deployment "${labels[PART_LABEL]}"`, isTakable: false };
  const target = labels[TARGET_LABEL];
  if (target === TARGET) return undefined;
  if (target !== undefined) return { whose: `it is of target "${target}"`, isTakable: false };
  const isApplied = managersOf(object).some((one) => one.manager === FIELD_MANAGER && one.operation === "Apply");
  return isApplied ? undefined : unlabelled(object); // Levadas before 27 November 2026 said no target
}

function unlabelled(object: ClusterObject): Stranger {
  const names = [...new Set(managersOf(object).map(({ manager }) => `"${manager}"`))];
  return {
    whose: `it has no label of this target, and was written by ${names.length === 0 ? "others" : names.join(", ")}`,
    isTakable: true,
  };
}

import { MANAGED_LABEL } from "../../objects/managed_label.ts";
import type { Release, ReleasedFunction } from "../release.ts";

/** Says whose. */
export const PART_LABEL = "app.kubernetes.io/part-of";
/** Says which target has made it: others hand the two above on to objects of their own. */
export const TARGET_LABEL = "levada.dev/target";
/** This one. */
export const TARGET = "kubernetes";
/** The revision of a pod, for people and for rollouts. */
export const REVISION_LABEL = "levada.dev/revision";

/** Says that an object is a deployment's, and whose: it is looked for by these. */
export function labelsOf({ name }: Pick<Release, "name">): Record<string, string> {
  return { [MANAGED_LABEL]: "levada", [PART_LABEL]: name };
}

/** Labels of all objects of one function; its pods are found by them, so they stay the same from revision to revision. */
export function functionLabels(
  release: Pick<Release, "name">,
  { name }: Pick<ReleasedFunction, "name">,
): Record<string, string> {
  return { ...labelsOf(release), "app.kubernetes.io/name": name };
}

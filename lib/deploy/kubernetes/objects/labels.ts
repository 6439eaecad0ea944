import type { Release, ReleasedFunction } from "../release.ts";

/** Says that an object is a deployment's, and whose: what is pruned and deleted is found by it. */
export function labelsOf({ name }: Pick<Release, "name">): Record<string, string> {
  return { "app.kubernetes.io/managed-by": "levada", "app.kubernetes.io/part-of": name };
}

/** Labels of all objects of one function; its pods are found by them, so they stay the same from revision to revision. */
export function functionLabels(
  release: Pick<Release, "name">,
  { name }: Pick<ReleasedFunction, "name">,
): Record<string, string> {
  return { ...labelsOf(release), "app.kubernetes.io/name": name };
}

/** The revision of a pod, for people and for rollouts. */
export const REVISION_LABEL = "levada.dev/revision";

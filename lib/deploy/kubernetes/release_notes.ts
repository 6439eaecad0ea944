import type { ObjectKind } from "../cluster/cluster_object.ts";
import { isOpen } from "./objects/network_objects.ts";
import type { Release } from "./release.ts";

/** What a release does that its settings do not say: a line each. */
export function notesOf({ functions }: Pick<Release, "functions">): string[] {
  return functions.filter(isOpen).map(({ name, cluster: { ingress } }) => {
    const way = ingress?.from === undefined && ingress !== undefined ? "ingress" : "route";
    return `function ${name}: everybody in the cluster may ask it, since nobody says where those stand who hand the requests of its ${way} ` +
      `on: ${way}: { from: [{ "kubernetes.io/metadata.name": "…" }] }`;
  });
}

/** What nobody could look at: a line, or none. */
export function unseenNotes(unseen: readonly ObjectKind[] = []): string[] {
  if (unseen.length === 0) return [];
  const kinds = unseen.map(({ apiVersion, kind }) => `${kind} (${apiVersion})`).join(", ");
  return [`who asks may not list ${kinds}: one of this deployment that nobody wrote down is left as it is`];
}

import type { ClusterObject } from "../../cluster/cluster_object.ts";
import type { Release } from "../release.ts";
import { labelsOf, REVISION_LABEL } from "./labels.ts";

/** The file of a bundle in its ConfigMap. */
export const CODE_KEY = "bundle.tar.gz";

/** The name of the ConfigMap of a revision. */
export function codeName({ name, revision }: Pick<Release, "name" | "revision">): string {
  return `${name}-${revision}`;
}

/** The code of a revision: it never changes, and pods of the one before keep theirs. */
export function codeObjects(release: Release): ClusterObject[] {
  if (release.code.kind !== "config") return [];
  return [{
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: codeName(release),
      namespace: release.namespace,
      labels: { ...labelsOf(release), [REVISION_LABEL]: release.revision },
    },
    immutable: true,
    binaryData: { [CODE_KEY]: release.code.archive },
  }];
}

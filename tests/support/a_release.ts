import type { Release, ReleasedFunction } from "../../lib/deploy/kubernetes/release.ts";

/** A release of one function, `shop`, to the namespace `stage`. */
export function aRelease(fn: Partial<ReleasedFunction> = {}): Release & { readonly first: ReleasedFunction } {
  const first = {
    name: "shop",
    objectName: "shop",
    env: {},
    settings: {},
    resources: {},
    cluster: {},
    streams: [],
    ...fn,
  };
  return {
    name: "shop",
    namespace: "stage",
    revision: "0123456789ab",
    image: "levada/runtime:1",
    imagePullSecrets: [],
    code: { kind: "image", folder: "/bundle" },
    functions: [first],
    first,
  };
}

import type { Release, ReleasedFunction } from "../../lib/deploy/kubernetes/release.ts";

/** A function of a release of "shop". */
export function functionOf(name: string, parts: Partial<ReleasedFunction> = {}): ReleasedFunction {
  return {
    name,
    objectName: name === "shop" ? "shop" : `shop-${name}`,
    env: {},
    settings: {},
    resources: {},
    cluster: {},
    streams: [],
    publishes: [],
    ...parts,
  };
}

/** A release of "shop" in "market". */
export function releaseOfShop(parts: Partial<Release> = {}): Release {
  return {
    name: "shop",
    namespace: "market",
    revision: "0123456789ab",
    image: "levada/runtime:0.1.0",
    imagePullSecrets: [],
    code: { kind: "config", archive: "" },
    functions: [functionOf("shop")],
    ...parts,
  };
}

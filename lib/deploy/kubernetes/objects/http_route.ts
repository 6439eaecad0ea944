import type { ClusterObject, ObjectKind } from "../../cluster/cluster_object.ts";
import type { Release, ReleasedFunction } from "../release.ts";
import { metadataOf } from "./workload_objects.ts";

/** What a Gateway hands requests on by. */
export const HTTP_ROUTE: ObjectKind = { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute" };

/** How a Gateway finds a function; what paths begin with is taken off. */
export function httpRoute(release: Release, fn: ReleasedFunction): ClusterObject {
  const { host, path = "/", gateway: { name, namespace, listener } } = fn.cluster.route!;
  const prefix = path.replace(/\/+$/, "");
  const parent = {
    name,
    ...namespace !== undefined && { namespace },
    ...listener !== undefined && { sectionName: listener },
  };
  return {
    ...HTTP_ROUTE,
    metadata: metadataOf(release, fn),
    spec: {
      parentRefs: [parent],
      hostnames: [host],
      rules: [{
        matches: [{ path: { type: "PathPrefix", value: prefix || "/" } }],
        ...prefix !== "" && {
          filters: [{
            type: "URLRewrite",
            urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } },
          }],
        },
        backendRefs: [{ name: fn.objectName, port: 80 }],
      }],
    },
  };
}

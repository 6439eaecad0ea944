import type { ClusterObject } from "../../lib/deploy/cluster/cluster_object.ts";
import { type Got, type Loopback, serveLoopback } from "./loopback.ts";

/** What an API server keeps, as far as versions and preconditions go. */
export interface KeptObjects extends Loopback {
  /** By their paths; who writes here is somebody else. */
  readonly objects: Map<string, ClusterObject>;
  /** Answers in its place where it gives something. */
  instead: (got: Got) => Response | undefined;
}

const RESOURCES = [
  ["leases", "Lease"],
  ["pods", "Pod"],
  ["configmaps", "ConfigMap"],
  ["deployments", "Deployment"],
  ["resourcequotas", "ResourceQuota"],
  ["serviceaccounts", "ServiceAccount"],
  ["services", "Service"],
  ["networkpolicies", "NetworkPolicy"],
  ["horizontalpodautoscalers", "HorizontalPodAutoscaler"],
  ["ingresses", "Ingress"],
].map(([name, kind]) => ({ name, kind, namespaced: true }));

/** Serves objects of these kinds in memory, as an API server does: written by version, removed by precondition; what is applied stands for all of it. */
export function serveObjects(): KeptObjects {
  const objects = new Map<string, ClusterObject>();
  let version = 0;
  const keep = (path: string, object: ClusterObject) => {
    const uid = objects.get(path)?.metadata.uid ?? crypto.randomUUID();
    objects.set(path, { ...object, metadata: { ...object.metadata, uid, resourceVersion: String(++version) } });
    return Response.json(objects.get(path));
  };
  const answer = (got: Got): Response => {
    const [path] = got.path.split("?") as [string];
    const body = got.body === "" ? undefined : JSON.parse(got.body);
    const there = objects.get(path);
    if (!path.includes("/namespaces/")) return Response.json({ resources: RESOURCES });
    if (got.method === "POST") {
      const own = `${path}/${body.metadata.name}`;
      return objects.has(own) ? refusal(409) : keep(own, body);
    }
    if (got.method === "GET" && there === undefined && path.split("/").at(-2) !== "namespaces") {
      const items = [...objects].filter(([name]) => name.startsWith(`${path}/`)).map(([, object]) => object);
      if (RESOURCES.some(({ name }) => path.endsWith(`/${name}`))) return Response.json({ items });
    }
    if (got.method === "PATCH" && got.headers.get("content-type") !== "application/merge-patch+json") {
      return keep(path, { ...there, ...body });
    }
    if (there === undefined) return refusal(404);
    const { uid, resourceVersion } = there.metadata;
    if (got.method === "PATCH") {
      if ((body.metadata?.resourceVersion ?? resourceVersion) !== resourceVersion) return refusal(409);
      return keep(path, { ...there, ...body, metadata: { ...there.metadata, ...body.metadata } });
    }
    if (got.method === "PUT") {
      return body.metadata.resourceVersion === resourceVersion ? keep(path, body) : refusal(409);
    }
    if (got.method === "DELETE") {
      const { preconditions = {} } = body ?? {};
      const isMeant = (preconditions.uid ?? uid) === uid &&
        (preconditions.resourceVersion ?? resourceVersion) === resourceVersion;
      if (!isMeant) return refusal(409);
      objects.delete(path);
    }
    return Response.json(there);
  };
  const served: KeptObjects = Object.assign(serveLoopback((got) => served.instead(got) ?? answer(got)), {
    objects,
    instead: () => undefined,
  });
  return served;
}

/** What an API server refuses with. */
export function refusal(status: number): Response {
  return Response.json({ kind: "Status", message: `no: ${status}`, code: status }, { status });
}

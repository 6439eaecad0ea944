import { ok } from "node:assert/strict";
import { ClusterClient } from "../../../lib/deploy/cluster/cluster_client.ts";
import { ClusterError } from "../../../lib/deploy/cluster/cluster_error.ts";
import type { ClusterObject } from "../../../lib/deploy/cluster/cluster_object.ts";
import { ClusterObjects } from "../../../lib/deploy/cluster/cluster_objects.ts";
import { clusterAccess } from "../../../lib/deploy/cluster/kubeconfig.ts";

/** The library's client, by a kubeconfig. */
export class AskedBy implements Disposable {
  readonly client: ClusterClient;
  readonly objects: ClusterObjects;

  constructor(client: ClusterClient) {
    this.client = client;
    this.objects = new ClusterObjects(client);
  }

  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
  }
}

/** Asks as a kubeconfig says. */
export async function askedBy(kubeconfig: string): Promise<AskedBy> {
  return new AskedBy(new ClusterClient(await clusterAccess({ kubeconfig })));
}

/** What a cluster has against something; whatever stands in `secrets` must not be in it. */
export async function refusal(asked: Promise<unknown>, secrets: readonly string[] = []): Promise<ClusterError> {
  const error = await asked.then(() => undefined, (error: unknown) => error);
  ok(error instanceof ClusterError, `no refusal: ${Deno.inspect(error)}`);
  for (const secret of secrets) ok(!Deno.inspect(error).includes(secret), "a secret is told");
  return error;
}

/** A ConfigMap. */
export function configMap(namespace: string, name: string, data: Record<string, string> = {}): ClusterObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace, labels: { of: "test" } }, data };
}

/** A Deployment without pods. */
export function deployment(namespace: string, spec: object = {}, container: object = {}): ClusterObject {
  const labels = { app: "still" };
  const containers = [{ name: "main", image: "levada.test/still:1", ...container }];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "still", namespace },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
      ...spec,
    },
  };
}

import { strictEqual } from "node:assert/strict";
import type { Cluster } from "../../support/cluster/cluster.ts";

/** Something that is shown at a real control plane; in a namespace of its own, `await cluster.namespace()`. */
export interface ClusterCase {
  readonly name: string;
  /** Whether its pods must really run, which needs root. Default true. */
  readonly needsNode?: boolean;
  /** Why it cannot be run here; undefined if it can. Default: it can. */
  readonly lack?: () => Promise<string | undefined>;
  readonly run: (cluster: Cluster) => Promise<void>;
}

/** What the suite itself stands on. */
export const HARNESS_CASES: readonly ClusterCase[] = [{
  name: "the control plane runs pods as processes, and reaches them and their Services",
  async run(cluster) {
    const namespace = await cluster.namespace();
    const code = `Deno.serve({ port: 8080 }, () => new Response("served"))`;
    await cluster.addImage("levada.test/harness", { argv: ["deno", "eval", code] });
    await cluster.kubectl(["apply", "-n", namespace, "-f", "-"], {
      apiVersion: "v1",
      kind: "List",
      items: [{
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "served", labels: { app: "served" } },
        spec: {
          containers: [{
            name: "main",
            image: "levada.test/harness:1",
            readinessProbe: { httpGet: { path: "/", port: 8080 }, periodSeconds: 1 },
          }],
          terminationGracePeriodSeconds: 1,
        },
      }, {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "served" },
        spec: { selector: { app: "served" }, ports: [{ port: 80, targetPort: 8080 }] },
      }],
    });
    await cluster.kubectl(["wait", "--for=condition=Ready", "pod/served", "-n", namespace, "--timeout=60s"]);
    const through = `/api/v1/namespaces/${namespace}`;
    strictEqual(await cluster.kubectl(["get", "--raw", `${through}/services/served:80/proxy/`]), "served");
    strictEqual(await cluster.kubectl(["get", "--raw", `${through}/pods/served:8080/proxy/`]), "served");
    const answer = await fetch(await cluster.serviceUrl(namespace, "served", 80));
    strictEqual(await answer.text(), "served");
  },
}];

import { deepStrictEqual, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { remote, RemoteModel, serving, weightedRouter } from "levada";
import type { Bundle } from "../../../lib/bundle/bundle.ts";
import { readBundle } from "../../../lib/bundle/bundle_folder.ts";
import { documentOf, type FunctionDocument } from "../../../lib/deploy/settings/deployed_functions.ts";
import { ClusterClient } from "../../../lib/deploy/cluster/cluster_client.ts";
import type { ClusterObject } from "../../../lib/deploy/cluster/cluster_object.ts";
import { ClusterObjects } from "../../../lib/deploy/cluster/cluster_objects.ts";
import { clusterAccess } from "../../../lib/deploy/cluster/kubeconfig.ts";
import { inferenceGraph } from "../../../lib/deploy/serverless/inference_graph.ts";
import { inferenceService } from "../../../lib/deploy/serverless/inference_service.ts";
import { knativeService } from "../../../lib/deploy/serverless/knative_service.ts";
import { lintGraph } from "../../../lib/deploy/serverless/lint_graph.ts";
import type { GraphDocument } from "../../../lib/graph/document.ts";
import type { Cluster } from "../../support/cluster/cluster.ts";
import { applyKinds } from "../../support/cluster/apply_kinds.ts";
import { plainBundle } from "../../support/nuclio_contract.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";
import type { ClusterCase } from "./cluster_case.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const IMAGE = "registry.test/levada:1";
const NOTEBOOKS = ["01_router", "02_ensemble", "03_streaming_nlp"];

const FULL = {
  env: { MODE: "fast" },
  resources: { cpu: 0.5, memory: "1Gi", gpu: 1 },
  serve: { tokens: ["CALLERS"], limits: { maxConcurrent: 8, requestTimeoutMs: 900_000 }, graceMs: 120_000 },
  cluster: {
    replicas: { min: 0, max: 4, cpu: 70 },
    secretNames: ["models"],
    envFrom: [{ secretName: "keys" }, { configMapName: "plain" }],
    serviceAccount: "reader",
    nodeSelector: { disk: "ssd" },
    tolerations: [{ key: "gpu", operator: "Exists" }],
  },
};

/** Objects of Knative and KServe: what the real kinds' schemas say to them, by a real API server. */
export const SERVERLESS_CASES: readonly ClusterCase[] = [
  {
    name:
      "a Service of Knative and an InferenceService of the notebooks' graphs, and of a function that asks for everything, are as their kinds are",
    needsNode: false,
    async run(cluster) {
      await applyKinds(cluster, ["knative_service", "kserve_inferenceservice"]);
      const namespace = await cluster.namespace();
      const bundles = [plainBundle("full", "aaaaaaaaaaaa", FULL), ...await notebookBundles()];
      for (const bundle of bundles) {
        for (const wish of [{ image: IMAGE, namespace, imagePullSecrets: ["pull"] }]) {
          await tried(cluster, knativeService(bundle, wish).object);
          await tried(cluster, inferenceService(bundle, wish).object);
          await tried(cluster, inferenceService(bundle, { ...wish, mode: "Knative" }).object);
        }
      }
      // deno-lint-ignore no-explicit-any -- an object of any kind
      const misspelt = structuredClone(knativeService(bundles[0]!, { image: IMAGE, namespace }).object) as any;
      misspelt.spec.template.spec.containers[0].readynessProbe = {};
      await rejects(tried(cluster, misspelt), /readynessProbe/);
      // deno-lint-ignore no-explicit-any -- an object of any kind
      const wrong = structuredClone(inferenceService(bundles[0]!, { image: IMAGE, namespace }).object) as any;
      wrong.spec.predictor.minReplicas = "one";
      await rejects(tried(cluster, wrong), /minReplicas/);
    },
  },
  {
    name:
      "an InferenceGraph of remote steps is as its kind is; of the notebooks' graphs each step is named that cannot be said",
    needsNode: false,
    async run(cluster) {
      await applyKinds(cluster, ["kserve_inferencegraph"]);
      const namespace = await cluster.namespace();
      await tried(cluster, inferenceGraph(remoteFunction(), { namespace }).object);
      const told = (await notebookBundles()).map((bundle) =>
        lintGraph(documentOf(bundle).graph!).faults.map(({ step, cause }) =>
          `${step ?? "graph"}: ${cause.split(";")[0]}`
        )
      );
      deepStrictEqual(told, NOTEBOOKS_TOLD);
    },
  },
];

/** A chain that KServe can say. */
function remoteFunction(): FunctionDocument & { readonly graph: GraphDocument } {
  const { serviceAccount, nodeSelector, tolerations, replicas } = FULL.cluster;
  const fn = serving("shop", { cluster: { serviceAccount, nodeSelector, tolerations, replicas } });
  const router = fn.setTopology("flow", { timeoutMs: 2_000 })
    .to("pre", remote({ url: "http://pre.shop/v1/models/pre:predict" }))
    .to("canary", weightedRouter({ old: 9, new: 1 }));
  router.addRoute("old", RemoteModel, { url: "http://old.shop" }).addRoute("new", RemoteModel, {
    url: "http://new.shop",
  });
  router.respond();
  return JSON.parse(JSON.stringify(fn)) as FunctionDocument & { graph: GraphDocument };
}

/** Has a real API server check an object, each field of it, without keeping it. */
async function tried(cluster: Cluster, object: object): Promise<void> {
  using client = new ClusterClient(await clusterAccess({ kubeconfig: cluster.kubeconfig }));
  const answer = await new ClusterObjects(client).apply(object as ClusterObject, { dryRun: true });
  ok(answer.metadata.uid !== undefined);
}

let bundled: Promise<Bundle[]> | undefined;

/** The first three notebooks as bundles. */
function notebookBundles(): Promise<Bundle[]> {
  return bundled ??= Promise.all(NOTEBOOKS.map(async (name) => {
    await using folder = await temporaryFolder();
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--lock=deno.lock",
        "-A",
        "lib/cli/main.ts",
        "bundle",
        `notebooks/${name}.ipynb`,
        "--export",
        "fn",
        "--output",
        join(folder.path, name),
      ],
      cwd: ROOT,
      env: { NO_COLOR: "1", STREAMS: "kafka://broker:9092/" }, // queues of one machine are refused
    }).output();
    if (!success) throw new Error(`levada bundle ${name}: ${new TextDecoder().decode(stderr)}`);
    return await readBundle(join(folder.path, name));
  }));
}

const NOTEBOOKS_TOLD: readonly (readonly string[])[] = [
  ["modelRouter: it goes by the path of a request"],
  [
    "enrich: it is code, which a router of KServe has no place for",
    "pre-process: it is code, which a router of KServe has no place for",
    "pre-process: it has an error handler, and KServe has none",
    "ensemble: it votes",
    "final: it is code, which a router of KServe has no place for",
    "catcher: it handles errors, and KServe has no handlers",
  ],
  [
    ...["load_url: CODE", "to_paragraphs: CODE", "flatten_paragraphs: MANY", "q1: STREAM"],
    ...[
      "nlp: CODE",
      "nlp: CHILD",
      "extract_entities: CODE",
      "extract_entities: CHILD",
      "enrich_entities: CODE",
      "enrich_entities: CHILD",
    ],
    ...[
      "flatten_entities: MANY",
      "flatten_entities: CHILD",
      "printer: CODE",
      "printer: CHILD",
      "output_stream: STREAM",
    ],
  ].map(spelt),
];

function spelt(line: string): string {
  return line.replace("CODE", "it is code, which a router of KServe has no place for")
    .replace(
      "MANY",
      "it makes several events of one, or one of several, and a router of KServe has one answer for one request",
    )
    .replace("STREAM", "it is a stream, of which KServe has none")
    .replace("CHILD", 'it runs in function "enrich", and KServe has none of these');
}

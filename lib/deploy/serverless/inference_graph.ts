import { GraphError } from "../../errors.ts";
import type { GraphDocument, StepDocument } from "../../graph/document.ts";
import type { ClusterSettings } from "../settings/cluster_settings.ts";
import type { FunctionDocument } from "../settings/deployed_functions.ts";
import { lintFunction } from "./lint_function.ts";
import { lintGraph, sharesOf } from "./lint_graph.ts";
import { percents } from "./percents.ts";
import { urlOf } from "./url_of.ts";
import { labelsOf, type ServerlessManifest } from "./whole_function.ts";

const ROOT = "root"; // where KServe begins

/**
 * A function whose graph is a chain of remote steps as an InferenceGraph of KServe (`serving.kserve.io/v1alpha1`), whose router asks them in
 * the place of Levada.
 *
 * @throws {GraphError} With everything of it that cannot be said there, step by step, each with the reason. A whole graph runs there as
 * one `inferenceService`.
 */
export function inferenceGraph(
  document: FunctionDocument & { readonly graph: GraphDocument },
  { namespace }: { readonly namespace?: string } = {},
): ServerlessManifest {
  const { name, graph, options: { cluster = {} } = {} } = document;
  const whole = lintFunction(document);
  const { faults, order } = lintGraph(graph);
  const errors = [...whole.faults, ...faults].filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new GraphError(`say graph "${name}" as an InferenceGraph`, errors);
  const splitters = order.filter(({ kind }) => kind === "weightedRouter");
  const nodeOf = nodeNames(order);
  const { timeoutMs } = graph.limits ?? {};
  const timeout = timeoutMs === undefined ? undefined : Math.ceil(timeoutMs / 1_000);
  return {
    object: {
      apiVersion: "serving.kserve.io/v1alpha1",
      kind: "InferenceGraph",
      metadata: { name, ...namespace === undefined ? {} : { namespace }, labels: labelsOf(name) },
      spec: {
        nodes: {
          [ROOT]: {
            routerType: "Sequence",
            steps: order.map((step, index) => ({
              name: step.name,
              data: index === 0 ? "$request" : "$response",
              dependency: "Hard", // else the next step gets the body of an error
              ...step.kind === "remote"
                ? { serviceUrl: urlOf(step.own as { url: string }) }
                : { nodeName: nodeOf(step) },
            })),
          },
          ...Object.fromEntries(splitters.map((step) => [nodeOf(step), splitter(step)])),
        },
        ...timeout === undefined ? {} : { timeout },
        ...podsOf(cluster),
      },
    },
    notes: [
      ...faults.map(({ step, cause, cure }) => `step ${step}: ${cause}. ${cure}`),
      ...whole.notes,
      ...timeout === undefined || timeout * 1_000 === timeoutMs
        ? []
        : [`its graph's timeoutMs (${timeoutMs}) is ${timeout} s there: KServe counts whole seconds`],
    ],
  };
}

/** What a step's node is called: as the step, but where KServe's own first node is called so. */
function nodeNames(steps: readonly StepDocument[]): (step: StepDocument) => string {
  const names = new Set(steps.map(({ name }) => name));
  let free = `${ROOT}-router`;
  while (names.has(free)) free += "-router";
  return ({ name }) => name === ROOT ? free : name;
}

function splitter(step: StepDocument): object {
  const weights = percents(sharesOf(step));
  return {
    routerType: "Splitter",
    steps: (step.routes ?? []).map(({ key, args = {} }) => {
      const { url, model = key } = args as { url: string; model?: string };
      return {
        name: key,
        serviceUrl: urlOf({ url, subpath: `v2/models/${encodeURIComponent(model)}/infer` }),
        weight: weights[key],
      };
    }),
  };
}

/** How many pods its router has, and where. */
function podsOf({ replicas, serviceAccount, nodeSelector, tolerations }: ClusterSettings): object {
  const scale = typeof replicas === "number" ? { min: replicas, max: replicas } : replicas;
  const cpu = typeof replicas === "object" ? replicas.cpu : undefined;
  return {
    ...scale !== undefined && { minReplicas: scale.min, maxReplicas: scale.max },
    ...cpu !== undefined && { scaleMetric: "cpu", scaleTarget: cpu },
    ...serviceAccount !== undefined && { serviceAccountName: serviceAccount },
    ...nodeSelector !== undefined && { nodeSelector },
    ...tolerations !== undefined && { tolerations },
  };
}

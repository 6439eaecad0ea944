import { GraphError } from "../../errors.ts";
import type { GraphDocument, StepDocument } from "../../graph/document.ts";
import { errorFault } from "../../graph/fault.ts";
import { type GraphLint, lintGraph } from "./lint_graph.ts";
import type { ServerlessManifest } from "./whole_function.ts";

const PERCENT = 100;

/**
 * A graph of remote steps as an InferenceGraph of KServe (`serving.kserve.io/v1alpha1`), whose router asks them in the place of Levada.
 *
 * @throws {GraphError} With everything in it that cannot be said there, step by step, each with the reason. A whole graph runs there as
 * one `inferenceService`.
 */
export function inferenceGraph(
  document: GraphDocument,
  { namespace }: { readonly namespace?: string } = {},
): ServerlessManifest {
  const { faults, order }: GraphLint = lintGraph(document);
  const errors = faults.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new GraphError(`say graph "${document.name}" as an InferenceGraph`, errors);
  const splitters = order.filter(({ kind }) => kind === "weightedRouter");
  return {
    object: {
      apiVersion: "serving.kserve.io/v1alpha1",
      kind: "InferenceGraph",
      metadata: { name: document.name, ...namespace === undefined ? {} : { namespace } },
      spec: {
        nodes: {
          root: {
            routerType: "Sequence",
            steps: order.map((step, index) => ({
              name: step.name,
              data: index === 0 ? "$request" : "$response",
              dependency: "Hard", // else the next step gets the body of an error
              ...step.kind === "remote" ? { serviceUrl: urlOf(step) } : { nodeName: step.name },
            })),
          },
          ...Object.fromEntries(splitters.map((step) => [step.name, splitter(step)])),
        },
      },
    },
    notes: faults.filter(({ severity }) => severity === "warning").map(({ step, cause, cure }) =>
      `step ${step}: ${cause}. ${cure}`
    ),
  };
}

/** Whom a remote step asks. */
export function urlOf({ own = {} }: StepDocument): string {
  const { url, subpath } = own as { url?: string; subpath?: string };
  return subpath === undefined ? url ?? "" : `${(url ?? "").replace(/\/+$/, "")}/${subpath.replace(/^\/+/, "")}`;
}

function splitter({ own = {}, routes = [], name }: StepDocument): object {
  const shares = own.shares as Readonly<Record<string, number>>;
  const weights = percents(routes.map(({ key }) => shares[key] ?? 0), name);
  return {
    routerType: "Splitter",
    steps: routes.map(({ key, args = {} }, index) => {
      const { url, model = key } = args as { url?: string; model?: string };
      return {
        name: key,
        serviceUrl: `${(url ?? "").replace(/\/+$/, "")}/v2/models/${encodeURIComponent(model)}/infer`,
        weight: weights[index],
      };
    }),
  };
}

/** Whole numbers that are 100 together, in the proportions of the shares: what rounding takes goes where most was lost. */
function percents(shares: readonly number[], step: string): number[] {
  const sum = shares.reduce((all, share) => all + share, 0);
  if (!(sum > 0)) {
    throw new GraphError("say its shares", [
      errorFault("its shares are nothing together", "Give each route a share", step),
    ]);
  }
  const exact = shares.map((share) => share / sum * PERCENT);
  const whole = exact.map(Math.floor);
  const left = PERCENT - whole.reduce((all, share) => all + share, 0);
  const most = exact.map((share, index) => [share - whole[index]!, index] as const).sort(([one], [other]) =>
    other - one
  );
  for (const [, index] of most.slice(0, left)) whole[index]! += 1;
  return whole;
}

import type { Fault } from "../../errors.ts";
import type { GraphDocument } from "../../graph/document.ts";
import { errorFault } from "../../graph/fault.ts";
import type { FlowLimits } from "../../graph/limits.ts";
import { faultsOfObjectName } from "../objects/object_name.ts";
import { faultsOfResources } from "../objects/resource_faults.ts";
import { faultsOfCluster } from "../settings/cluster_faults.ts";
import type { ClusterSettings } from "../settings/cluster_settings.ts";
import type { FunctionDocument, Place } from "../settings/deployed_functions.ts";
import { answersTo } from "../settings/function_fields.ts";
import { faultsOfSettings } from "../settings/process_settings.ts";
import { INFERENCE_GRAPH } from "./graph_fields.ts";
import { WHOLE } from "./lint_graph.ts";

/** What of a function, besides its steps, an InferenceGraph can say. */
export interface FunctionLint {
  /** What it cannot. */
  readonly faults: readonly Fault[];
  /** What gets lost: a line each. */
  readonly notes: readonly string[];
}

/** What becomes of a field: it is said, or there is nothing to lose; it is lost, which is told with the reason; or it is refused, with that. */
type Fate = "said" | readonly ["lost" | "refused", reason: string];
/** Each field has one: who adds a field is asked. */
type Fates<Whole> = { readonly [Field in keyof Required<Whole>]: Fate };

const NO_CODE: Fate = ["lost", "no code of it runs there that would read it"];

const FUNCTION: Fates<FunctionDocument> = {
  levada: "said",
  name: "said",
  options: "said", // each by itself, below
  topology: "said",
  graph: "said",
  children: "said",
  params: NO_CODE,
  triggers: ["refused", "a router of KServe is asked by HTTP, and would read no stream and go by no schedule"],
  api: ["refused", "a router of KServe answers every path, and with whole replies"],
  tracking: ["lost", "a router of KServe keeps no records of what models are asked"],
};
const GRAPH: Fates<GraphDocument> = {
  levada: "said",
  name: "said",
  steps: "said",
  onError: "said",
  limits: "said",
  input: ["lost", "a router of KServe passes on what it is sent, unchecked"],
};
const LIMITS: Fates<FlowLimits> = {
  allowCycles: "said", // circles are refused
  maxIterations: "said",
  timeoutMs: "said",
  closeTimeoutMs: ["lost", "KServe ends its routers in its own way"],
  maxInFlight: ["lost", "a router of KServe takes what comes"],
};

/** What becomes of what a function says of its place. */
export const PLACE_FATES: Fates<Place> = {
  dependencies: "said", // of code, of which there is none
  defaultContentType: ["lost", "a router of KServe passes bodies on as they came"],
  env: "said", // these by `INFERENCE_GRAPH`
  errorStream: "said",
  serve: "said",
  resources: "said",
  cluster: "said",
};

/** Looks what of a function, besides its steps, can be said as an InferenceGraph: each field of it is said there, told, or refused. */
export function lintFunction(document: FunctionDocument): FunctionLint {
  const { name, options = {}, children = {}, graph } = document;
  const { serve = {}, cluster = {}, resources = {} } = options;
  const answered = answersTo(options, INFERENCE_GRAPH);
  const { limits = {}, steps = [] } = graph ?? {};
  const told = [
    ...toldOf("", document, FUNCTION),
    ...toldOf("", options, PLACE_FATES),
    ...toldOf("its graph's ", graph ?? {}, GRAPH),
    ...toldOf("its graph's ", limits, LIMITS),
  ];
  const wrong = [
    ...faultsOfObjectName(name),
    ...faultsOfSettings(serve),
    ...faultsOfResources(resources),
    ...faultsOfScaled(cluster),
  ];
  return {
    faults: [
      ...wrong.map((cause) => errorFault(cause, "Mend that")),
      ...[...told.flatMap(({ text, isRefused }) => isRefused ? [text] : []), ...answered.faults].map((cause) =>
        errorFault(cause, WHOLE)
      ),
    ],
    notes: [
      ...told.flatMap(({ text, isRefused }) => isRefused ? [] : [text]),
      ...answered.notes,
      ...Object.entries(children).filter(([, place]) => !isEmpty(place)).map(([child]) =>
        `function ${child}: nothing of it runs there, and nothing that it asks for is looked at`
      ),
      ...steps.some(({ responder }) => responder === true)
        ? []
        : ["no step of it responds: a router of KServe answers with what the last service says"],
      "where its graph has an `output`, that checks no reply there: what the last service says is the answer",
    ],
  };
}

interface ToldField {
  readonly text: string;
  readonly isRefused: boolean;
}

function toldOf<Whole extends object>(place: string, whole: Whole, fates: Fates<Whole>): ToldField[] {
  return Object.entries(whole).filter(([, value]) => !isEmpty(value)).flatMap(([field]) => {
    const fate: Fate = Object.hasOwn(fates, field)
      ? fates[field as keyof Whole]
      : ["refused", "an InferenceGraph has no word for it"];
    if (fate === "said") return [];
    const [kind, reason] = fate;
    return [{
      text: `${place}${field} ${kind === "lost" ? "is lost" : "cannot be said"}: ${reason}`,
      isRefused: kind === "refused",
    }];
  });
}

/** None is a matter of course there; `lag` is refused by its name. */
function faultsOfScaled({ replicas, ...cluster }: ClusterSettings): string[] {
  const { lag: _, ...scaled } = typeof replicas === "object" ? replicas : { min: 1, max: 1 };
  const scale = typeof replicas === "object" ? { ...scaled, min: replicas.min === 0 ? 1 : replicas.min } : replicas;
  return faultsOfCluster({ ...cluster, ...scale === undefined ? {} : { replicas: scale } }, { isFed: false });
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === false ||
    (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}

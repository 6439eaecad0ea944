import type { Fault } from "../../errors.ts";
import type { GraphDocument } from "../../graph/document.ts";
import { errorFault } from "../../graph/fault.ts";
import type { FlowLimits } from "../../graph/limits.ts";
import { faultsOfObjectName } from "../objects/object_name.ts";
import { faultsOfCluster } from "../settings/cluster_faults.ts";
import type { ClusterSettings } from "../settings/cluster_settings.ts";
import type { FunctionDocument, Place } from "../settings/deployed_functions.ts";
import { faultsOfSettings, type ProcessSettings } from "../settings/process_settings.ts";
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
const ADDRESS: Fate = ["lost", "KServe gives a graph its address itself"];

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
  env: NO_CODE,
  defaultContentType: ["lost", "a router of KServe passes bodies on as they came"],
  errorStream: ["lost", "a router of KServe writes failures to no stream"],
  serve: "said",
  resources: ["lost", "a router of KServe has what KServe's configuration says"],
  cluster: "said",
};
const SERVE: Fates<ProcessSettings> = {
  workers: ["lost", "a router of KServe is one process: say cluster.replicas"],
  host: ["lost", "a router of KServe listens where KServe says"],
  grpcPort: ["lost", "a router of KServe answers HTTP alone"],
  tokens: ["refused", "a router of KServe asks for no token, and would answer everybody"],
  tls: ["refused", "a router of KServe takes no certificate: the cluster has it"],
  limits: ["lost", "a router of KServe takes what comes"],
  cors: ["lost", "a router of KServe tells browsers nothing"],
  graceMs: ["lost", "KServe ends its routers in its own way"],
  accessLog: ["lost", "a router of KServe logs in its own way"],
  logLevel: ["lost", "a router of KServe logs in its own way"],
  workerFlags: ["lost", "no process of Levada runs there"],
};
const CLUSTER: Fates<ClusterSettings> = {
  replicas: "said",
  secretNames: NO_CODE,
  envFrom: NO_CODE,
  ingress: ADDRESS,
  route: ADDRESS,
  from: ["lost", "no network policy is made here"],
  serviceAccount: "said",
  nodeSelector: "said",
  tolerations: "said",
  rollout: ["lost", "KServe replaces pods in its own way"],
  user: ["lost", "KServe says who its routers run as"],
};

/** Looks what of a function, besides its steps, can be said as an InferenceGraph: each field of it is said there, told, or refused. */
export function lintFunction(document: FunctionDocument): FunctionLint {
  const { name, options = {}, children = {}, graph } = document;
  const { serve = {}, cluster = {} } = options;
  const { limits = {}, steps = [] } = graph ?? {};
  const told = [
    ...toldOf("", document, FUNCTION),
    ...toldOf("", options, PLACE_FATES),
    ...toldOf("serve.", serve, SERVE),
    ...toldOf("cluster.", cluster, CLUSTER),
    ...toldOf("its graph's ", graph ?? {}, GRAPH),
    ...toldOf("its graph's ", limits, LIMITS),
  ];
  const wrong = [...faultsOfObjectName(name), ...faultsOfSettings(serve), ...faultsOfScaled(cluster)];
  return {
    faults: [
      ...wrong.map((cause) => errorFault(cause, "Mend that")),
      ...told.flatMap(({ text, isRefused }) => isRefused ? [errorFault(text, WHOLE)] : []),
    ],
    notes: [
      ...told.flatMap(({ text, isRefused }) => isRefused ? [] : [text]),
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

/** None is a matter of course there. */
function faultsOfScaled({ replicas, ...cluster }: ClusterSettings): string[] {
  const scale = typeof replicas === "object" && replicas.min === 0 ? { ...replicas, min: 1 } : replicas;
  return faultsOfCluster({ ...cluster, ...scale === undefined ? {} : { replicas: scale } }, { isFed: false });
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === false ||
    (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}

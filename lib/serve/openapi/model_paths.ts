import type { JsonSchema } from "../../graph/json_schema.ts";
import type { ModelFacts, ServedModel } from "../../graph/served_model.ts";
import { json, operation, type PathItem, type Paths, ref, REFUSALS } from "./operation.ts";
import { INFER_REPLY, inferRequest, namedRowsRequest } from "./tensors.ts";
import { textOperation } from "./text_operation.ts";
import type { ServerView } from "../own/own_path.ts";

const ANSWERED = [...REFUSALS, 404, 405, 422];
const READY_MADE = /^onnxruntime/; // no code of the user's is in these
const UNKNOWN: ModelFacts = { platform: "levada", inputs: [], outputs: [] };
const NAMES: Readonly<Record<string, string>> = {
  infer: "Predict",
  predict: "Predict",
  infer_dict: "Predict from rows by name",
  predict_dict: "Predict from rows by name",
  explain: "Explain a prediction",
};

/** What the models of a flow's routers answer, each at its own address, and ensembles at theirs. */
export function modelPaths(server: ServerView): Paths {
  const { routers, isRouter } = server.flow.describe();
  if (routers.length === 0) return {};
  const routed = server.models().filter(({ load }) => load !== undefined);
  const isOpen = (facts: ModelFacts) => !isRouter || !READY_MADE.test(facts.platform);
  const paths: Record<string, PathItem> = {
    "/v2/models": {
      get: operation({
        id: "list_models",
        summary: "The models",
        tag: "models",
        answers: { 200: ["Their names", json(LIST)] },
        failures: ANSWERED,
      }),
    },
  };
  for (const model of routed) Object.assign(paths, pathsOf(model, isOpen(factsOf(model))));
  for (const { name } of routers.filter(({ kind }) => kind === "votingEnsemble")) {
    const facts = routed.map(factsOf).find(({ inputs }) => inputs.length > 0) ?? UNKNOWN;
    const base = `/v2/models/${encodeURIComponent(name)}`;
    const voted = { base, id: `ensemble_${idOf(name)}`, facts, isOpen: isOpen(facts), title: `ensemble "${name}"` };
    Object.assign(paths, { [base]: { get: metadata(voted) }, [`${base}/ready`]: { get: ready(voted) } });
    for (const word of ["infer", "predict"]) {
      paths[`${base}/${word}`] = { post: ask(voted, word) };
      paths[`/v2/models/${word}`] = { post: ask({ ...voted, id: `ensemble_${idOf(name)}_alone` }, word) };
    }
  }
  return paths;
}

const LIST: JsonSchema = {
  type: "object",
  required: ["models"],
  properties: { models: { type: "array", items: { type: "string" } } },
};

interface Addressed {
  readonly base: string;
  readonly id: string;
  readonly title: string;
  readonly facts: ModelFacts;
  readonly isOpen: boolean;
}

function pathsOf(model: ServedModel, isOpen: boolean): Paths {
  const { key, name, version } = model;
  const at = version === undefined ? "" : `/versions/${encodeURIComponent(version)}`;
  const base = `/v2/models/${encodeURIComponent(name)}${at}`;
  const facts = factsOf(model);
  const one: Addressed = { base, id: idOf(key), title: `model "${key}"`, facts, isOpen };
  const operations = operationsOf(model, facts).filter((word) => word !== "ready");
  return {
    [base]: { get: metadata(one) },
    [`${base}/ready`]: { get: ready(one) },
    ...Object.fromEntries(["config", "stats"].map((word) => [`${base}/${word}`, { get: about(one, word) }])),
    ...Object.fromEntries(
      operations.map((word) => [`${base}/${word}`, { post: askText(one, word, operations) ?? ask(one, word) }]),
    ),
  };
}

function operationsOf(model: ServedModel, { inputs }: ModelFacts): readonly string[] {
  return model.operations?.() ?? ["infer", "predict", ...(inputs.length > 0 ? ["infer_dict", "predict_dict"] : [])];
}

function factsOf(model: ServedModel): ModelFacts {
  try {
    return model.facts();
  } catch {
    return UNKNOWN; // it is not loaded
  }
}

function metadata({ id, title }: Addressed) {
  return operation({
    id: `${id}_metadata`,
    summary: `What ${title} takes and gives`,
    tag: "models",
    answers: { 200: ["Its metadata", json(ref("ModelMetadata"))] },
    failures: ANSWERED,
  });
}

function about({ id, title }: Addressed, word: string) {
  return operation({
    id: `${id}_${word}`,
    summary: word === "config" ? `The configuration of ${title}` : `What ${title} was asked, and how long it took`,
    tag: "models",
    answers: { 200: ["As Triton's extension has it", json({ type: "object" })] },
    failures: ANSWERED,
  });
}

function ready({ id, title }: Addressed) {
  return operation({
    id: `${id}_ready`,
    summary: `Whether ${title} is ready`,
    tag: "models",
    answers: { 200: ["It is", { "text/plain": { type: "string" }, "application/json": {} }] },
    failures: ANSWERED,
  });
}

function askText({ id, title }: Addressed, word: string, operations: readonly string[]) {
  const text = textOperation(word, operations);
  return text && operation({
    id: `${id}_${word}`,
    summary: `${text.summary}: ${title}`,
    tag: "models",
    body: text.body,
    answers: { 200: text.answer },
    failures: ANSWERED,
    isOpen: true,
  });
}

function ask({ id, title, facts, isOpen }: Addressed, word: string) {
  const isKnown = Object.hasOwn(NAMES, word);
  return operation({
    id: `${id}_${word}`,
    summary: `${NAMES[word] ?? `Operation ${word}`}: ${title}`,
    tag: "models",
    body: word.endsWith("_dict") && isKnown
      ? namedRowsRequest(facts.inputs)
      : isKnown
      ? inferRequest(facts, { isStrict: READY_MADE.test(facts.platform) })
      : {},
    answers: isKnown
      ? { 200: ["What it predicts", json(INFER_REPLY)] }
      : { 200: ["What it says", { "*/*": {} }], 204: ["Nothing"] },
    failures: ANSWERED,
    isOpen: isOpen || !isKnown,
  });
}

function idOf(key: string): string {
  return key.replaceAll(/[^A-Za-z0-9]+/g, "_");
}

/** Rules about routers, models and ensembles. */

import { errorShape } from "../compare.ts";
import type { BuildCall, GoldenCase, GoldenRequest } from "../golden_case.ts";
import { isRaised } from "../library/raised.ts";
import { type Answered, answered, type Difference, refused, type Rule, type Verdict, verdict } from "../rule.ts";
import { difference as valueDifference } from "../same.ts";
import { isRecord } from "../special.ts";
import { errorOf, recordedError, statusIs } from "./errors.ts";

/** A model tells what it takes, and what the open inference protocol asks besides. */
const METADATA_IS_THE_MODELS: Rule = {
  name: "metadata-is-the-models",
  reason:
    "a model's inputs and outputs are read from its file, where MLRun knows them only if somebody wrote them down; the open inference protocol's fields stand beside MLRun's",
  judge(difference) {
    const given = answered(difference);
    const recorded = metadataIn(given?.request.expect);
    if (given?.request.method !== "GET" || recorded === undefined) return undefined;
    const told = metadataIn({ body: given.answer.body ?? textOf(given.answer.text) });
    if (told === undefined) return undefined;
    const { inputs, outputs, platform, versions, backend: _backend, reason: _reason, ...rest } = told;
    const { inputs: knownInputs, outputs: knownOutputs, ...expected } = recorded;
    const version = /\/versions\/([^/]+)$/.exec(given.request.path)?.[1];
    return verdict(
      statusIs(200, given.answer),
      valueDifference(expected, rest),
      valueDifference(version === undefined ? undefined : [version], versions),
      typeof platform === "string" && platform !== "" ? undefined : `no platform: ${JSON.stringify(platform)}`,
      ...[[knownInputs, inputs], [knownOutputs, outputs]].map(([known, told]) =>
        isUnknown(known) && areTensors(told) ? undefined : valueDifference(known, told)
      ),
    );
  },
};

function isUnknown(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** A model's metadata as it was recorded, over a socket as text; undefined for any other answer. */
function metadataIn(
  expected: { body?: unknown; response?: { body_text?: unknown } | undefined } | undefined,
): Record<string, unknown> | undefined {
  const told = expected?.body ?? textOf(expected?.response?.body_text);
  return isRecord(told) && "inputs" in told && "outputs" in told && "model_endpoint_uid" in told ? told : undefined;
}

function textOf(text: unknown): unknown {
  return typeof text === "string" && text.startsWith("{") ? JSON.parse(text) : undefined;
}

/** The server tells of itself. */
const SERVER_METADATA: Rule = {
  name: "server-metadata-is-the-servers",
  reason:
    "GET /v2 is the open inference protocol's question for the server: name, version and extensions; MLRun takes it for a wrong path",
  judge(difference) {
    const { aspect, asked } = difference;
    if (asked?.request.path !== "/v2" || !["GET", "HEAD"].includes(asked.request.method)) return undefined;
    if (aspect === "trace" || aspect === "routes") {
      return verdict(asked.trace.length + asked.routes.length === 0 ? undefined : `it asked ${asked.trace.join(" ")}`);
    }
    const given = answered(difference);
    if (given === undefined || asked.request.method === "HEAD") return undefined;
    const { body, text } = given.answer;
    const isTold = isRecord(body) && body.name === "levada" && Array.isArray(body.extensions);
    return verdict(statusIs(200, given.answer), isTold ? undefined : `no metadata: ${text}`);
  },
};

/** A model that is a step has an address too. */
const STEPS_HAVE_ADDRESSES: Rule = {
  name: "model-steps-have-addresses",
  reason:
    "clients of the open inference protocol ask /v2/models/<model>/infer also where the model is a step of a flow; MLRun takes the whole path for an operation",
  judge(difference) {
    const given = answered(difference);
    const [, name, operation] = /^\/v2\/models\/([^/]+)\/(infer|predict)$/.exec(given?.request.path ?? "") ?? [];
    const text = given && recordedError(given.request, 400);
    if (given === undefined || !text?.includes(`illegal model operation v2/models/${name}/${operation}`)) {
      return undefined;
    }
    const { body } = given.answer;
    const isAnswered = isRecord(body) && body.model_name === name && "outputs" in body && "timestamp" in body;
    return verdict(statusIs(200, given.answer), isAnswered ? undefined : `no answer of ${name}: ${given.answer.text}`);
  },
};

/** Asking for metadata runs nothing. */
const METADATA_ASKS_NOBODY: Rule = {
  name: "metadata-asks-nobody",
  reason: "an ensemble's metadata is known without running its members",
  judge({ aspect, asked }) {
    const body = asked?.request.expect.body;
    const isMetadata = asked?.request.method === "GET" && isRecord(body) && "inputs" in body && "outputs" in body;
    if (aspect !== "routes" || !isMetadata) return undefined;
    return verdict(asked.routes.length === 0 ? undefined : `it asked ${asked.routes.join(" ")}`);
  },
};

/** An ensemble can be asked whether it is ready. */
const ENSEMBLES_TELL_READINESS: Rule = {
  name: "ensembles-tell-readiness",
  reason: "GET …/ready works for an ensemble: it is ready when its members are; MLRun fails with an AttributeError",
  judge(difference) {
    const given = answered(difference);
    const name = /\/models\/([^/]+)\/ready$/.exec(given?.request.path ?? "")?.[1];
    if (given === undefined || name === undefined || given.request.expect.error_class !== "AttributeError") {
      return undefined;
    }
    const isTold = given.answer.text.includes(name) && given.answer.text.includes("is ready");
    return verdict(statusIs(200, given.answer), isTold ? undefined : `it says: ${given.answer.text}`);
  },
};

/** The server tells itself whether it lives and is ready. */
const HEALTH_IS_THE_SERVERS: Rule = {
  name: "health-is-the-servers",
  reason:
    "/live, /ready and /v2/health/live|ready tell of the whole server, whatever its graph is; in MLRun a model or router answers, and tells of itself",
  judge(difference) {
    const { aspect, asked } = difference;
    if (asked === undefined || !/^(\/v2\/health)?\/(live|ready)$/.test(asked.request.path)) return undefined;
    if (!["GET", "HEAD"].includes(asked.request.method)) return undefined;
    if (aspect === "trace" || aspect === "routes") {
      return verdict(asked.trace.length + asked.routes.length === 0 ? undefined : `it asked ${asked.trace.join(" ")}`);
    }
    const given = answered(difference);
    if (given === undefined) return undefined;
    const expected = asked.request.path.endsWith("live") ? { live: true } : { ready: true };
    return verdict(statusIs(200, given.answer), valueDifference(expected, given.answer.body));
  },
};

/** A member that fails is told of. */
const MEMBER_FAILURES_ARE_TOLD: Rule = {
  name: "member-failures-are-told",
  reason:
    'a failing member fails the ensemble\'s reply, which names it (onMemberError: "fail"); MLRun votes a wrong number with 200',
  judge(difference) {
    const given = answered(difference);
    if (given === undefined || !isEnsemble(difference.case) || given.answer.status < 400) return undefined;
    const text = errorOf(given.answer);
    if (!text.includes('member "') || !asksAll(difference, given.request)) return undefined;
    const members = routesOf(difference.case).map(({ args }) => String(args?.[0]));
    const isExplain = /operation "explain"/.test(text) && given.request.expect.status === 200;
    const failing = routesOf(difference.case).filter(({ with: args }) => args?.class_name === "RaisingModel");
    const named = [...text.matchAll(/member "([^"]+)" failed: ([^;]+)/g)].map(([, name, why]) => ({
      name: name!,
      why: why!,
    }));
    const isKnown = ({ name, why }: { name: string; why: string }) =>
      members.includes(name) && (isRaised(why) || why.startsWith("Cannot ") || given.answer.status === 400);
    const all = isExplain ? members : failing.map(({ args }) => String(args?.[0]));
    return verdict(
      given.answer.status === 400 || given.answer.status === 500 ? undefined : statusIs(500, given.answer),
      errorShape(given.request, given.answer),
      ...all.map((name) =>
        named.some((member) => member.name === name) ? undefined : `the text does not name member "${name}"`
      ),
      named.length > 0 && named.every(isKnown) ? undefined : `the text does not tell why: ${text}`,
    );
  },
};

/** Only ratios of weights matter. */
const WEIGHTS_ARE_NORMALISED: Rule = {
  name: "weights-are-normalised",
  reason:
    "only ratios of weights matter; MLRun refuses a sum below 1 and uses one above 1 as it is, so that a mean is no mean",
  judge(difference) {
    const weights = difference.case.graph?.build?.find(({ call }) => call === "set_topology")?.with?.weights;
    if (!isRecord(weights)) return undefined;
    const sum = Object.values(weights).reduce((total: number, weight) => total + Number(weight), 0);
    if (difference.aspect === "build") {
      const isBelowOne = sum < 1 && difference.case.build_error?.class === "TypeError";
      return isBelowOne ? verdict(refused(difference)?.error.message) : undefined;
    }
    const given = answered(difference);
    const recorded = given?.request.expect.body;
    if (given === undefined || !isRecord(recorded) || !Array.isArray(recorded.outputs) || sum <= 1) return undefined;
    const outputs = recorded.outputs.map((value) => Number(value) / sum);
    return verdict(statusIs(200, given.answer), valueDifference({ ...recorded, outputs }, given.answer.body));
  },
};

/** The majority wins, whatever the classes are. */
const MAJORITIES_WIN: Rule = {
  name: "majorities-win",
  reason:
    "classes are voted on by how often they are named, text and negative ones too; MLRun counts them as places in an array",
  judge(difference) {
    const given = answered(difference);
    const classes = constants(difference.case);
    const isVote = JSON.stringify(difference.case.graph?.build ?? []).includes('"classification"');
    if (given === undefined || classes === undefined || !isVote || !asksAll(difference, given.request)) {
      return undefined;
    }
    if (!classes.every((value) => Number.isInteger(value) || typeof value === "string")) return undefined;
    if (classes.every((value) => Number(value) >= 0)) return undefined;
    const votes = (value: unknown) => classes.filter((other) => other === value).length;
    const [winner] = [...new Set(classes)].sort((a, b) =>
      votes(b) - votes(a) || ((a as string) < (b as string) ? -1 : 1)
    );
    return outputsAre(given, () => winner);
  },
};

/** Vectors keep their shape. */
const VECTORS_KEEP_THEIR_SHAPE: Rule = {
  name: "vectors-keep-their-shape",
  reason: "the mean of vectors is a vector a row; MLRun gives them back transposed",
  judge(difference) {
    const given = answered(difference);
    const vectors = constants(difference.case);
    if (given === undefined || vectors === undefined || !asksAll(difference, given.request)) return undefined;
    if (!vectors.every((vector) => Array.isArray(vector) && vector.every((value) => typeof value === "number"))) {
      return undefined;
    }
    const rows = vectors as number[][];
    return outputsAre(given, () => rows[0]!.map((_, at) => rows.reduce((sum, row) => sum + row[at]!, 0) / rows.length));
  },
};

/** Options that mean nothing are refused. */
const OPTIONS_ARE_CHECKED: Rule = {
  name: "options-are-checked",
  reason: 'an unknown vote type is refused, with the known ones; MLRun takes "median" and computes a mean',
  judge(difference) {
    const voteType = difference.case.graph?.build?.find(({ call }) => call === "set_topology")?.with?.vote_type;
    if (difference.aspect !== "build" || voteType === undefined || difference.case.build_error !== undefined) {
      return undefined;
    }
    if (voteType === "regression" || voteType === "classification") return undefined;
    const text = refused(difference)?.error.message ?? "";
    return verdict(
      ...["voteType", "regression", "classification"].map((name) =>
        text.includes(name) ? undefined : `the text lacks ${name}`
      ),
    );
  },
};

/** The rules about routers, models and ensembles, the most particular first. */
export const ROUTER_RULES: readonly Rule[] = [
  METADATA_IS_THE_MODELS,
  SERVER_METADATA,
  STEPS_HAVE_ADDRESSES,
  METADATA_ASKS_NOBODY,
  ENSEMBLES_TELL_READINESS,
  HEALTH_IS_THE_SERVERS,
  MEMBER_FAILURES_ARE_TOLD,
  WEIGHTS_ARE_NORMALISED,
  MAJORITIES_WIN,
  VECTORS_KEEP_THEIR_SHAPE,
  OPTIONS_ARE_CHECKED,
];

/** What each member answers for every row, where all members are constant and weigh the same. */
function constants(given: GoldenCase): readonly unknown[] | undefined {
  const members = routesOf(given).map(({ with: args }) => args ?? {});
  const isWeighted = JSON.stringify(given.graph?.build ?? []).includes('"weights"');
  const areConstant = members.length > 0 &&
    members.every(({ class_name, c }) => class_name === "ConstModel" && c !== undefined);
  return areConstant && !isWeighted && isEnsemble(given) ? members.map(({ c }) => c) : undefined;
}

/** Tells whether a request asks the ensemble, not one member. */
function asksAll({ case: given }: Difference, { path, method }: GoldenRequest): boolean {
  const isMember = routesOf(given).some(({ args }) => path.startsWith(`/v2/models/${args?.[0]}/`));
  return method === "POST" && !isMember;
}

function outputsAre({ request, answer }: Answered, output: () => unknown): Verdict {
  const inputs = isRecord(request.body) && Array.isArray(request.body.inputs) ? request.body.inputs : [];
  const body = isRecord(answer.body) ? answer.body : {};
  return verdict(
    statusIs(200, answer),
    body.id === request.id && typeof body.model_name === "string" ? undefined : "the reply does not say whose it is",
    valueDifference(inputs.map(output), body.outputs),
  );
}

function areTensors(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 &&
    value.every((tensor) => isRecord(tensor) && typeof tensor.datatype === "string" && Array.isArray(tensor.shape));
}

function isEnsemble({ graph }: GoldenCase): boolean {
  return JSON.stringify(graph?.build ?? []).includes("VotingEnsemble");
}

function routesOf({ graph }: GoldenCase): BuildCall[] {
  return (graph?.build ?? []).filter(({ call }) => call === "add_route" || call === "add_model");
}

/** Rules about routers, models and ensembles. */

import { errorShape } from "../compare.ts";
import type { BuildCall, GoldenCase } from "../golden_case.ts";
import { answered, refused, type Rule, verdict } from "../rule.ts";
import { difference as valueDifference } from "../same.ts";
import { isRecord } from "../special.ts";
import { errorOf, statusIs } from "./errors.ts";

/** A model tells what it takes. */
const METADATA_IS_THE_MODELS: Rule = {
  name: "metadata-is-the-models",
  reason: "a model's inputs and outputs are read from its file; MLRun knows them only where somebody wrote them down",
  judge(difference) {
    const given = answered(difference);
    const recorded = given?.request.expect.body;
    if (given?.request.method !== "GET" || !isRecord(recorded) || !isRecord(given.answer.body)) return undefined;
    const isUnknown = (value: unknown) => Array.isArray(value) && value.length === 0;
    if (!isUnknown(recorded.inputs) || !isUnknown(recorded.outputs)) return undefined;
    const { inputs, outputs, ...rest } = given.answer.body;
    const { inputs: _inputs, outputs: _outputs, ...expected } = recorded;
    return verdict(
      statusIs(200, given.answer),
      valueDifference(expected, rest),
      ...[inputs, outputs].map((tensors) => areTensors(tensors) ? undefined : `no tensors: ${JSON.stringify(tensors)}`),
    );
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

/** A member that fails is told of. */
const MEMBER_FAILURES_ARE_TOLD: Rule = {
  name: "member-failures-are-told",
  reason:
    'a failing member fails the ensemble\'s reply, which names it (onMemberError: "fail"); MLRun votes a wrong number with 200',
  judge(difference) {
    const given = answered(difference);
    if (given === undefined || !isEnsemble(difference.case) || given.answer.status < 400) return undefined;
    const { expect } = given.request;
    const members = routesOf(difference.case);
    const failing = members.filter(({ with: args }) => args?.class_name === "RaisingModel").map(({ args }) =>
      String(args?.[0])
    );
    const operation = isRecord(given.request.body) && typeof given.request.body.operation === "string"
      ? given.request.body.operation
      : given.request.path.split("/").filter((part) => part !== "").at(-1);
    const isExplain = operation === "explain" && expect.status === 200;
    const named = isExplain ? members.map(({ args }) => String(args?.[0])) : failing;
    if (named.length === 0 || (expect.status !== 200 && expect.body !== "ValueError: prediction failed")) {
      return undefined;
    }
    if (members.some(({ args }) => given.request.path.startsWith(`/v2/models/${args?.[0]}/`))) return undefined;
    const text = errorOf(given.answer);
    return verdict(
      statusIs(isExplain ? 400 : 500, given.answer),
      errorShape(given.request, given.answer),
      ...named.map((name) =>
        text.includes(`member "${name}" failed`) ? undefined : `the text does not name member "${name}"`
      ),
      isExplain || text.includes("prediction failed") ? undefined : "the text does not tell why",
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
    "classes are voted on by how often they are named, negative ones too; MLRun counts them as places in an array",
  judge(difference) {
    const given = answered(difference);
    const recorded = given?.request.expect.body;
    const members = routesOf(difference.case).map(({ with: args }) => args ?? {});
    const isConstant = members.length > 0 &&
      members.every(({ class_name, c }) => class_name === "ConstModel" && Number.isInteger(c));
    const isVote = isEnsemble(difference.case) &&
      JSON.stringify(difference.case.graph?.build).includes('"classification"');
    if (given === undefined || !isRecord(recorded) || !isConstant || !isVote) return undefined;
    const classes = members.map(({ c }) => c as number);
    if (classes.every((value) => value >= 0) || !Array.isArray(recorded.outputs)) return undefined;
    const votes = (value: number) => classes.filter((other) => other === value).length;
    const winner = [...new Set(classes)].sort((a, b) => votes(b) - votes(a) || a - b)[0];
    const outputs = recorded.outputs.map(() => winner);
    return verdict(statusIs(200, given.answer), valueDifference({ ...recorded, outputs }, given.answer.body));
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
  METADATA_ASKS_NOBODY,
  ENSEMBLES_TELL_READINESS,
  MEMBER_FAILURES_ARE_TOLD,
  WEIGHTS_ARE_NORMALISED,
  MAJORITIES_WIN,
  OPTIONS_ARE_CHECKED,
];

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

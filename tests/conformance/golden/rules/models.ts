/** Rules about what models are called, and how far they are. */

import { errorShape } from "../compare.ts";
import type { GoldenCase } from "../golden_case.ts";
import { times } from "../library/python.ts";
import { answered, type Rule, verdict } from "../rule.ts";
import { difference as valueDifference } from "../same.ts";
import { isRecord } from "../special.ts";
import { errorOf, recordedError, statusIs } from "./errors.ts";

/** A name without a version is a model. */
const NAMES_STAND_FOR_THEIR_NEWEST: Rule = {
  name: "names-stand-for-their-newest",
  reason:
    "a name without a version is the version that was added last, as with servers of the open protocol; MLRun knows no such model",
  judge(difference) {
    const given = answered(difference);
    const text = given && recordedError(given.request, 400);
    const [, name, all] = /model (\S+) doesnt exist, available models: (.*)$/.exec(text ?? "") ?? [];
    const newest = all?.split(" | ").findLast((key) => key.startsWith(`${name}:`));
    if (given === undefined || newest === undefined) return undefined;
    const operation = /\/models\/[^/]+\/(.+)$/.exec(given.request.path)?.[1] ?? "infer";
    const { body } = given.answer;
    const { timestamp, ...reply } = isRecord(body) ? body : {};
    if (operation !== "infer") {
      return verdict(
        statusIs(400, given.answer),
        errorShape(given.request, given.answer),
        errorOf(given.answer).includes(`operation "${operation}" of model "${newest}"`)
          ? undefined
          : "it does not name the version",
      );
    }
    const k = argumentsOf(difference.case, newest).k;
    const [input] = (given.request.body as { inputs: unknown[] }).inputs;
    return verdict(
      statusIs(200, given.answer),
      valueDifference({ id: given.request.id, model_name: name, outputs: times(input, Number(k)) }, reply) ??
        (typeof timestamp === "string" ? undefined : "it does not say when"),
    );
  },
};

/** A model that is not loaded yet is told of as such. */
const NOT_READY_IS_408: Rule = {
  name: "not-ready-is-408",
  reason:
    "a model that is still loading is told of as such, 408 naming it, whatever it is asked; MLRun says 400 for all but its readiness, and does not name it there",
  judge(difference) {
    const given = answered(difference);
    if (given === undefined || !isUnready(given.request.expect) || difference.case.topics.includes("error")) {
      return undefined;
    }
    const name = /\/models\/([^/]+)/.exec(given.request.path)?.[1];
    return verdict(
      statusIs(408, given.answer),
      errorShape(given.request, given.answer),
      errorOf(given.answer).includes(`"${name}" yet: it is not ready`) ? undefined : `it does not name ${name}`,
    );
  },
};

/** A model that could not be loaded is no model that is still loading. */
const FAILED_LOADS_ARE_TOLD: Rule = {
  name: "failed-loads-are-told",
  reason:
    "a model that could not be loaded is told of as such, 503 with the reason; in MLRun it looks as if it were loading, for ever",
  judge(difference) {
    const { aspect, asked } = difference;
    if (asked === undefined || !isUnready(asked.request.expect) || !difference.case.topics.includes("error")) {
      return undefined;
    }
    if (aspect === "routes") return verdict(asked.routes.length === 0 ? undefined : `it asked ${asked.routes}`);
    const given = answered(difference);
    if (given === undefined) return undefined;
    const name = /\/models\/([^/]+)/.exec(given.request.path)?.[1];
    const text = errorOf(given.answer);
    return verdict(
      statusIs(503, given.answer),
      errorShape(given.request, given.answer),
      [`"${name}"`, "could not be loaded", "cannot load"].every((part) => text.includes(part))
        ? undefined
        : `it says ${text}`,
    );
  },
};

/** Columns have names. */
const COLUMNS_HAVE_NAMES: Rule = {
  name: "columns-have-names",
  reason:
    "an ensemble's votes stand under the column's name where it has one; MLRun's fails on members that answer lists",
  judge(difference) {
    const given = answered(difference);
    const options = difference.case.graph?.build?.find(({ call }) => call === "set_topology")?.with;
    if (given === undefined || options?.format_response_with_col_name_flag !== true) return undefined;
    const rows = (given.request.body as { inputs: number[] }).inputs;
    const factors = (difference.case.graph?.build ?? []).flatMap(({ with: args }) =>
      typeof args?.k === "number" ? [args.k] : []
    );
    const mean = factors.reduce((sum, k) => sum + k, 0) / factors.length;
    const { outputs } = isRecord(given.answer.body) ? given.answer.body : {};
    const column = String(options.prediction_col_name ?? "prediction");
    return verdict(statusIs(200, given.answer), valueDifference({ [column]: rows.map((row) => row * mean) }, outputs));
  },
};

/** Routes have no limit. */
const ROUTES_HAVE_NO_LIMIT: Rule = {
  name: "routes-have-no-limit",
  reason:
    "a router takes as many routes as there is room for: one of 5,001 is found as fast as one of ten; MLRun refuses more than 5,000",
  judge({ aspect, what, case: given, performance }) {
    const check = given.checks?.find((one) => one.what === what);
    if (aspect !== "check" || !/more than 5000 model endpoints/.test(check?.raises?.message ?? "")) return undefined;
    const document = JSON.stringify(performance.built?.graph?.toJSON() ?? {});
    return verdict(
      document.includes('"m5000"') && document.includes('"m4999"') ? undefined : "the route was not added",
    );
  },
};

/** The rules about models, the most particular first. */
export const MODEL_RULES: readonly Rule[] = [
  NAMES_STAND_FOR_THEIR_NEWEST,
  NOT_READY_IS_408,
  FAILED_LOADS_ARE_TOLD,
  COLUMNS_HAVE_NAMES,
  ROUTES_HAVE_NO_LIMIT,
];

function isUnready({ body }: { readonly body?: unknown }): boolean {
  return (isRecord(body) && body.$bytes === "model not ready") || /model \S+ is not ready yet$/.test(String(body));
}

function argumentsOf({ graph }: GoldenCase, key: string): Record<string, unknown> {
  return graph?.build?.find(({ args = [] }) => args[0] === key)?.with ?? {};
}

/** Rules about a function's API: its paths, and what is read of them. */

import { answered, type Rule, verdict } from "../rule.ts";
import { difference as valueDifference } from "../same.ts";
import { isRecord } from "../special.ts";
import { statusIs } from "./errors.ts";

/** MLRun's name of the step that it puts in front. */
const HIDDEN_STEP = "api-handler";

/** The server decides, not a step. */
const APIS_ARE_NO_STEPS: Rule = {
  name: "apis-are-no-steps",
  reason:
    "which paths a function answers is decided before its graph is entered; MLRun puts a hidden step in front, which no picture shows",
  judge({ aspect, asked }) {
    if (aspect !== "trace" || asked?.request.trace?.[0] !== HIDDEN_STEP) return undefined;
    return verdict(valueDifference(asked.request.trace.slice(1), asked.trace));
  },
};

/** A path with `*` finds a list. */
const WILDCARDS_GIVE_LISTS: Rule = {
  name: "wildcards-give-lists",
  reason: "a JSONPath with [*] gives a list, however many it finds; MLRun gives a single one bare",
  judge(difference) {
    const found = answered(difference);
    const config = difference.case.function?.api_handler_config;
    const body = found?.request.expect.body;
    if (found === undefined || !isRecord(config) || !isRecord(body) || !isRecord(body.params)) return undefined;
    const { endpoints } = config as { endpoints: readonly { input_body_mappings?: readonly (readonly unknown[])[] }[] };
    const lists = endpoints.flatMap(({ input_body_mappings = [] }) => input_body_mappings)
      .filter(([path]) => String(path).includes("*")).map(([, name]) => String(name));
    const params = Object.entries(body.params).map(([name, value]) =>
      [name, lists.includes(name) && !Array.isArray(value) ? [value] : value] as const
    );
    const expected = { ...body, params: Object.fromEntries(params) };
    if (JSON.stringify(expected) === JSON.stringify(body)) return undefined;
    return verdict(statusIs(200, found.answer), valueDifference(expected, found.answer.body));
  },
};

/** The rules about APIs. */
export const API_RULES: readonly Rule[] = [APIS_ARE_NO_STEPS, WILDCARDS_GIVE_LISTS];

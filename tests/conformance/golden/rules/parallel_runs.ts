/** Rules about parallel runs and model runners: who is told of what. */

import { errorShape } from "../compare.ts";
import type { BuildCall, GoldenCase } from "../golden_case.ts";
import { isRaised } from "../library/raised.ts";
import { handlerOf } from "../meanings.ts";
import { type Answered, answered, type Rule, verdict } from "../rule.ts";
import { difference as valueDifference } from "../same.ts";
import { isRecord } from "../special.ts";
import { errorOf, statusIs } from "./errors.ts";

/** A route that fails is told of. */
const ROUTES_ARE_NOT_DROPPED: Rule = {
  name: "routes-are-not-dropped",
  reason:
    'a failing route of a parallel run fails the reply, which names it (onMemberError: "fail"); MLRun leaves its fields out, with 200',
  judge(difference) {
    const given = answered(difference);
    if (given?.request.method !== "POST" || !isParallel(difference.case)) return undefined;
    if (given.request.expect.status !== 200) return undefined;
    const failing = results(difference.case, given).filter(({ result }) => result instanceof Error);
    if (failing.length === 0) return undefined;
    const text = errorOf(given.answer);
    const named = [...text.matchAll(/member "([^"]+)" failed: ([^;]+)/g)].map(([, name, why]) => ({ name, why }));
    return verdict(
      statusIs(500, given.answer),
      errorShape(given.request, given.answer),
      valueDifference(failing.map(({ route }) => route), named.map(({ name }) => name)),
      named.every(({ why = "" }) => isRaised(why) || why.startsWith("Cannot "))
        ? undefined
        : `it does not say why: ${text}`,
    );
  },
};

/** What cannot be merged has a place. */
const ANSWERS_GO_BY_ROUTE: Rule = {
  name: "answers-go-by-route",
  reason: "an answer of a parallel run that is no object goes under its route's name; MLRun fails to merge it",
  judge(difference) {
    const given = answered(difference);
    if (given === undefined || !isParallel(difference.case) || given.request.expect.status !== 400) return undefined;
    const all = results(difference.case, given);
    if (!all.some(({ result }) => Array.isArray(result)) || !isRecord(given.request.body)) return undefined;
    const expected: Record<string, unknown> = { ...given.request.body };
    for (const { route, result } of all) Object.assign(expected, isRecord(result) ? result : { [route]: result });
    return verdict(statusIs(200, given.answer), valueDifference(expected, given.answer.body));
  },
};

/** A router in a flow is a step. */
const ROUTERS_ARE_STEPS: Rule = {
  name: "routers-are-steps",
  reason: "a router within a flow says its step's name, by which logs and errors know it; MLRun says its class",
  judge(difference) {
    const given = answered(difference);
    const recorded = given?.request.expect.body;
    if (given?.request.method !== "GET" || !isRecord(recorded) || difference.case.graph?.topology !== "flow") {
      return undefined;
    }
    const step = difference.case.graph.steps?.find(({ kind, class_name }) =>
      kind === "router" && String(class_name).split(".").at(-1) === recorded.name
    );
    if (step === undefined || !("extensions" in recorded)) return undefined;
    return verdict(statusIs(200, given.answer), valueDifference({ ...recorded, name: step.name }, given.answer.body));
  },
};

/** The rules about parallel runs, the most particular first. */
export const PARALLEL_RULES: readonly Rule[] = [ROUTES_ARE_NOT_DROPPED, ANSWERS_GO_BY_ROUTE, ROUTERS_ARE_STEPS];

/** A parallel run without paths: its routes get the request's body. */
function isParallel({ graph }: GoldenCase): boolean {
  return /ParallelRun(?!.*(?:input|result)_path)/.test(JSON.stringify(graph?.build ?? []));
}

/** What each route gives, worked out without the library; an Error where it fails. */
function results({ graph }: GoldenCase, { request }: Answered): { route: string; result: unknown }[] {
  const routes = (graph?.build ?? []).filter(({ call }) => call === "add_route");
  return routes.map((call: BuildCall) => {
    const handler = handlerOf(String(call.with?.handler)) as (body: unknown) => unknown;
    try {
      return { route: String(call.args?.[0]), result: handler(structuredClone(request.body)) };
    } catch (error) {
      return { route: String(call.args?.[0]), result: error instanceof Error ? error : new Error(String(error)) };
    }
  });
}

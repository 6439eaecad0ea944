/** Rules about what cases look at by itself. */

import { foundBy } from "../checks.ts";
import type { GoldenCase } from "../golden_case.ts";
import { type Difference, type Rule, verdict } from "../rule.ts";
import { difference as valueDifference, show } from "../same.ts";
import { isRecord } from "../special.ts";
import type { Settled } from "../storey/run.ts";

type GoldenStep = NonNullable<NonNullable<GoldenCase["graph"]>["steps"]>[number];

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Ids are UUIDs. */
const IDS_ARE_UUIDS: Rule = {
  name: "ids-are-uuids",
  reason:
    "an event without an id gets a random UUID, which no other process gives; storey numbers 1,024 events from one random base",
  judge(difference) {
    const recorded = recordedResult(difference);
    if (typeof recorded !== "string" || !/^<base\d>-\d{4}$/.test(recorded)) return undefined;
    const found = foundIn(difference);
    return verdict("result" in found && UUID.test(String(found.result)) ? undefined : `it is ${showFound(found)}`);
  },
};

/** What MLRun and storey refuse, and what happens here instead. */
const WORKS: Readonly<Record<string, readonly [what: string, gives: unknown]>> = {
  "events-come-from-outside": ["Map(...).run()", [2]],
  "folds-go-on": ["Reduce(...).to(Map)", [2, 4]],
  "functions-may-be-asynchronous": ["Map(coroutine, long_running=True)", [2]],
  "sources-are-bounded": ["AsyncEmitSource(buffer_size=8)", 210],
  "streams-tell-their-end": ["Collector(0)", [[5, 6, 7]]],
  "sliding-windows-say-their-period": ["SlidingWindows(['1h', '24h']).period_millis", [1, 2, 1]],
  "fixed-windows-need-no-period": ["FixedWindows(['1h', '24h']).period_millis", [1, 2, 1]],
};

const REASONS: Readonly<Record<keyof typeof WORKS, string>> = {
  "events-come-from-outside":
    "a source is no step: every graph takes events from whoever asks, emits or triggers, so one step alone is a graph",
  "folds-go-on": "a fold passes on the value so far, so steps may stand behind it; storey's must be the last",
  "functions-may-be-asynchronous":
    "a function answers at once or later, as it likes; storey wants to be told, and refuses some combinations",
  "sources-are-bounded":
    "how many events may wait is a limit of the graph (maxInFlight) and works; in storey the option of AsyncEmitSource raises an AttributeError",
  "sliding-windows-say-their-period":
    "a window slides where a period is given, to which it is exact, and is fixed otherwise; storey's choose one by themselves, half of the shortest window",
  "fixed-windows-need-no-period":
    "a fixed window holds what is in it, to the millisecond; how it is put together is nobody's concern",
  "streams-tell-their-end":
    "a collector sees each stream's end by itself; storey's has to be told how many ends to wait for",
};

const WORKING_RULES: readonly Rule[] = Object.entries(WORKS).map(([name, [what, gives]]) => ({
  name,
  needs: "aggregateByKey", // their case looks at windows as well
  reason: REASONS[name]!,
  judge(difference) {
    if (difference.aspect !== "check" || difference.what !== what) return undefined;
    const found = foundIn(difference);
    return verdict("result" in found ? valueDifference(gives, found.result) : `it failed: ${found.raises.message}`);
  },
}));

/** A step as data, in our words. */
const DOCUMENTS: Readonly<Record<string, unknown>> = {
  "to_dict of Map(add1, name, full_event, paths)": {
    name: "m",
    kind: "map",
    code: { fn: "add1" },
    options: { inputPath: "a", resultPath: "b" },
  },
  "EmitAfterMaxEvent from dict": { afterEvents: 4 },
  "RemoteStep(name, url='/url', method='GET', input_path='req', result_path='resp', retries=4).to_dict()": {
    name: "remote_echo",
    kind: "remote",
    own: { url: "/url", method: "GET" },
    options: { inputPath: "req", resultPath: "resp", retries: 4 },
  },
  "to_dict of Batch": { name: "b", kind: "batch", own: { maxEvents: 4, flushAfterMs: 2_000 } },
};

/** A whole function as data: its steps are those of the case, in our words. */
function functionComplaint({ graph, function: fn }: GoldenCase, document: unknown): string | undefined {
  if (!isRecord(document) || !isRecord(document.graph)) return `it is ${show(document)}`;
  const steps = document.graph.steps as readonly Record<string, unknown>[];
  const { default_content_type: defaultContentType, parameters = {} } = fn ?? {};
  return valueDifference({ defaultContentType }, document.options) ?? valueDifference(parameters, document.params) ??
    valueDifference(
      (graph?.steps ?? []).map(stepInOurs),
      steps.map(({ name, ...rest }) => ({
        name,
        ...Object.fromEntries(Object.entries(rest).filter(([key]) => SAID.includes(key))),
        ...(rest.routes === undefined
          ? {}
          : { routes: (rest.routes as Route[]).map(({ key, args }) => ({ key, args })) }),
      })),
    );
}

/** What a document says of a step besides its kind and its code. */
const SAID: readonly string[] = ["after", "before", "args", "options", "onError", "routes"];

interface Route {
  readonly key: string;
  readonly args: unknown;
}

function stepInOurs(step: GoldenStep): Record<string, unknown> {
  const { name, kind, after, before, class_args: args, on_error: handler, function: own, full_event: fullEvent } = step;
  const options = { ...(own === undefined ? {} : { function: own }), ...(fullEvent === true ? { fullEvent } : {}) };
  return {
    name,
    ...(after === undefined ? {} : { after }),
    ...(before === undefined ? {} : { before }),
    ...(args === undefined || kind === "router" ? {} : { args }),
    ...(Object.keys(options).length === 0 ? {} : { options }),
    ...(handler === undefined ? {} : { onError: [{ handler }] }),
    ...(Array.isArray(step.routes) ? { routes: step.routes.map(routeInOurs) } : {}),
  };
}

function routeInOurs({ name, class_args }: { name: string; class_args: Record<string, unknown> }): Route {
  const { model_path: path, ...args } = class_args;
  return { key: name, args: path === "" ? args : { ...args, modelPath: path } };
}

/** The document is Levada's. */
const DOCUMENTS_ARE_LEVADAS: Rule = {
  name: "documents-are-levadas",
  needs: "aggregateByKey",
  reason:
    "a graph's document says the same in Levada's words, and names the functions that it needs; MLRun's leaves functions out",
  judge(difference) {
    const { aspect, what = "" } = difference;
    if (aspect === "check" && what === "serving_spec") {
      const found = foundIn(difference);
      return verdict("result" in found ? functionComplaint(difference.case, found.result) : found.raises.message);
    }
    if (aspect !== "check" || !Object.hasOwn(DOCUMENTS, what)) return undefined;
    const found = foundIn(difference);
    return verdict(
      "result" in found ? valueDifference(DOCUMENTS[what], found.result) : `it failed: ${found.raises.message}`,
    );
  },
};

/** The rules about what is looked at by itself. */
export const LOOK_RULES: readonly Rule[] = [IDS_ARE_UUIDS, ...WORKING_RULES, DOCUMENTS_ARE_LEVADAS];

function recordedResult({ aspect, case: given, what }: Difference): unknown {
  return aspect === "check" ? given.checks?.find((check) => check.what === what)?.result : undefined;
}

function foundIn({ case: given, what, performance }: Difference): Settled {
  return foundBy(given.checks!.find((check) => check.what === what)!, performance);
}

function showFound(found: Settled): string {
  return "result" in found ? show(found.result) : found.raises.message;
}

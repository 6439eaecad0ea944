/** The `checks` of a case: what was looked at besides answers. */

import type { GoldenCase } from "./golden_case.ts";
import { Needs } from "./needs.ts";
import type { Performance } from "./perform.ts";
import { handlersOf, routesOf, upstreamsOf } from "./plot.ts";
import { settledDifference } from "./storey/compare.ts";
import { canLook } from "./storey/looks.ts";
import type { Settled } from "./storey/run.ts";

type Check = NonNullable<GoldenCase["checks"]>[number];
type Look = (performance: Performance) => unknown;

/** What to look at for each `what`. */
const LOOKS: Readonly<Record<string, Look>> = {
  "printed by the step `printer`, in order": ({ printed }) => printed,
  "records on output_stream, in order": ({ sent }) => [...sent.get("output_stream") ?? []],
  "type of a record on output_stream": ({ sent }) =>
    (sent.get("output_stream") ?? []).every((record) => typeof record === "object") ? "dict" : "something else",
  "joins seen after the merge": ({ entered }) => entered.get("k") ?? [],
  "bodies that reached the step after the batch": ({ entered }) => entered.get("keep") ?? [],
  "what the stream holds": ({ sent }) => [...sent.values()].flat(),
  "records on the tracking stream": ({ tracked }) => tracked,
  "termination callback": ({ termination }) => termination.error === undefined ? "completed" : termination.error,
  "wait_for_completion": ({ termination }) => termination.result ?? null,
  "server.wait_for_completion()": ({ termination }) => termination.result ?? null,
  "requests the remote service got": ({ remote }) => remote,
  "number of requests the remote service got": ({ remote }) => remote?.length,
  "steps": upstreams,
  "after of each step": upstreams,
  "returned step": ({ built }) => built?.returned,
  "records": ({ failures }) =>
    failures.map(({ step, event: { id, body }, error }) => ({
      source: step,
      event: { id, body },
      message: error.message,
    })),
  "deploy()": ({ refusal }) => refusal?.error.message ?? "started",
  "serving_spec": ({ built }) => built?.fn.toJSON(),
  "change m0": ({ built }) => ({ step: built!.graph!.addRoute!("m0", () => 1) === built!.graph ? "m0" : "nothing" }),
  "add m5000": ({ built }) => ({
    step: built!.graph!.addRoute!("m5000", () => 1) === built!.graph ? "m5000" : "nothing",
  }),
  "routes": ({ dot = "" }) => routesOf(dot),
};

/** What to look at for a `what` that names a step. */
const LOOKS_AT: readonly (readonly [RegExp, (step: string, performance: Performance) => unknown])[] = [
  [/^on_error of (.+)$/, (step, { dot = "" }) => handlersOf(dot)[step]?.[0]],
];

/**
 * Tells how a check differs; undefined where it does not.
 *
 * @throws {Needs} If nobody knows yet where to look.
 */
export function checkDifference(check: Check, performance: Performance): string | undefined {
  const text = settledDifference(check, foundBy(check, performance));
  return text === undefined ? undefined : `${check.what}: ${text}`;
}

/**
 * What a check finds here.
 *
 * @throws {Needs} If nobody knows yet where to look.
 */
export function foundBy(check: Check, performance: Performance): Settled {
  return performance.looked.get(check.what) ?? { result: lookOf(check)(performance) };
}

/** The first check that nobody knows how to make here; undefined where all are known. */
export function unknownCheck({ checks = [], graph }: GoldenCase): string | undefined {
  return checks.find(({ what }) => lookAt(what) === undefined && !(graph === undefined && canLook(what)))?.what;
}

function lookOf({ what }: Check): Look {
  const look = lookAt(what);
  if (look === undefined) throw new Needs(`a way to check "${what}"`);
  return look;
}

function lookAt(what: string): Look | undefined {
  if (Object.hasOwn(LOOKS, what)) return LOOKS[what];
  for (const [pattern, look] of LOOKS_AT) {
    const step = pattern.exec(what)?.[1];
    if (step !== undefined) return (performance) => look(step, performance);
  }
  return undefined;
}

/** The steps before each step, as the picture shows them. */
function upstreams({ dot = "" }: Performance): unknown {
  return upstreamsOf(dot);
}

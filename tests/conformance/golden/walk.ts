/** What a path of plain steps makes of a body, computed without the library: what a rule may expect of our answer. */

import { classOf, handlerOf } from "./meanings.ts";
import type { GoldenCase } from "./golden_case.ts";
import { decodeSpecial, isRecord } from "./special.ts";

type GoldenStep = NonNullable<NonNullable<GoldenCase["graph"]>["steps"]>[number];

/** What the steps from the start to a step give; `known: false` where one of them is no plain function of the body. */
export type Walked = { readonly known: true; readonly body: unknown } | { readonly known: false };

const UNKNOWN: Walked = { known: false };

/** Walks the first path from a start step to the target. */
export function walk({ graph }: GoldenCase, target: string, body: unknown): Walked {
  const path = pathTo(graph?.steps ?? [], target);
  let walked: Walked = { known: true, body: decodeSpecial(body) };
  for (const step of path) if (walked.known) walked = through(step, walked.body);
  return path.length === 0 ? UNKNOWN : walked;
}

/** The last step of a graph of MLRun's synchronous engine: the end of the first path. */
export function lastStep({ graph }: GoldenCase): string | undefined {
  const steps = graph?.steps ?? [];
  const behind = (name: string) => steps.find((step) => step.after?.includes(name));
  let last = steps.find((step) => (step.after ?? []).length === 0 && step.kind !== "error_step");
  for (let next = last; next !== undefined; next = behind(next.name)) last = next;
  return last?.name;
}

function pathTo(steps: readonly GoldenStep[], target: string, later: readonly string[] = []): GoldenStep[] {
  const step = steps.find(({ name }) => name === target);
  if (step === undefined || later.includes(target)) return [];
  const [before] = step.after ?? [];
  return before === undefined ? [step] : [...pathTo(steps, before, [...later, target]), step];
}

/** One step; asynchronous handlers (`async_add1`) mean the same as their synchronous twins. */
function through(step: GoldenStep, whole: unknown): Walked {
  if (step.full_event === true) return UNKNOWN;
  if (step.kind === "queue") return { known: true, body: whole };
  const { input_path: from, result_path: to } = step;
  const given = typeof from !== "string" ? whole : isRecord(whole) ? whole[from] : undefined;
  const walked = call(step, given);
  if (!walked.known || typeof to !== "string") return walked;
  const isPlain = isRecord(whole) && ![from, to].some((path) => typeof path === "string" && path.includes("."));
  return isPlain ? { known: true, body: { ...whole, [to]: walked.body } } : UNKNOWN;
}

function call(step: GoldenStep, body: unknown): Walked {
  if (step.kind === "queue") return { known: true, body };
  const { class_name: className, handler, class_args: args, name } = step;
  const word = isRecord(args) && typeof args._fn === "string" ? args._fn : handler;
  const fn = typeof word === "string" ? handlerOf(word.replace(/^async_/, "")) : undefined;
  if (className === undefined || className === "storey.Map") return apply(fn, body);
  if (className === "storey.Extend") {
    const added = apply(fn, body);
    return added.known && isRecord(body) && isRecord(added.body)
      ? { known: true, body: { ...body, ...added.body } }
      : UNKNOWN;
  }
  const Class = typeof className === "string" && handler === undefined ? classOf(className) : undefined;
  if (typeof Class !== "function") return UNKNOWN;
  const made = new (Class as new (args: unknown, context: unknown) => { do?: (body: unknown) => unknown })(args ?? {}, {
    step: name,
  });
  return typeof made.do === "function" ? apply((given: unknown) => made.do!(given), body) : UNKNOWN;
}

function apply(fn: unknown, body: unknown): Walked {
  if (typeof fn !== "function") return UNKNOWN;
  try {
    const result: unknown = fn(structuredClone(body), {});
    return result instanceof Promise ? UNKNOWN : { known: true, body: result };
  } catch {
    return UNKNOWN; // a step that fails gives nothing
  }
}

/** What a flow of plain steps makes of its events, computed without the library: what a rule may expect of our answer. */

import { FOLDS } from "../library/folds.ts";
import { handlerOf } from "../meanings.ts";
import type { GoldenEmit } from "../golden_case.ts";
import { decodeSpecial, isRecord } from "../special.ts";
import { isBranch, type Recovery, stepsOf, type StoreyItem, type StoreyStep } from "./flow.ts";

/** What became of each event, what each fold holds at the end, and which failures nobody took. */
export interface Reference {
  /** The bodies that reached a `Complete`, by event. */
  readonly completed: readonly (readonly unknown[])[];
  /** By the step's name, in the order in which the steps are written. */
  readonly folds: Readonly<Record<string, unknown>>;
  readonly failures: readonly { readonly emit: number; readonly step: string; readonly message: string }[];
}

/** Computes a flow; undefined where one of its steps is no plain function of the body. */
export function referTo(items: readonly StoreyItem[], emits: readonly GoldenEmit[]): Reference | undefined {
  const isKnown = stepsOf(items).every(({ className, args }) =>
    className in PLAIN && args.input_path === undefined && args.result_path === undefined
  );
  if (!isKnown) return undefined;
  const reference = new Evaluator(items);
  for (const [index, { body }] of emits.entries()) reference.take(index, decodeSpecial(body));
  return reference;
}

type Args = StoreyStep["args"];
/** Calls a function of the golden library by its name. */
type Call = (fn: unknown, body: unknown) => unknown;

/** What one event becomes behind a step: none, one, or several. */
const PLAIN: Readonly<Record<string, (body: unknown, args: Args, call: Call) => readonly unknown[]>> = {
  Map: (body, { fn }, call) => [call(fn, body)],
  ConcurrentExecution: (body, { event_processor: fn, retries = 0 }, call) => {
    for (let left = Number(retries); left > 0; left--) {
      try {
        return [call(fn, body)];
      } catch { /* another try is left */ }
    }
    return [call(fn, body)];
  },
  Filter: (body, { fn }, call) => call(fn, body) ? [body] : [],
  FlatMap: (body, { fn }, call) => call(fn, body) as unknown[],
  ForEach: (body) => [body],
  JoinWithTable: join,
  Complete: (body) => [body],
  Reduce: (body) => [body],
  Recover: (body) => [body],
};

class Evaluator implements Reference {
  readonly completed: unknown[][] = [];
  readonly folds: Record<string, unknown> = {};
  readonly failures: { emit: number; step: string; message: string }[] = [];
  readonly #items: readonly StoreyItem[];
  /** One of each, for those that remember their calls. */
  readonly #functions = new Map<string, (body: unknown) => unknown>();
  #emit = 0;

  constructor(items: readonly StoreyItem[]) {
    this.#items = items;
    for (const { name, className, args } of stepsOf(items)) {
      if (className === "Reduce") this.folds[name] = structuredClone(args.initial_value);
    }
  }

  take(emit: number, body: unknown): void {
    this.#emit = emit;
    this.completed[emit] = [];
    this.#walk(this.#items, body);
  }

  #walk([item, ...rest]: readonly StoreyItem[], body: unknown): void {
    if (item === undefined) return;
    if (isBranch(item)) {
      this.#walk(item, structuredClone(body));
      return this.#walk(rest, body);
    }
    for (const next of this.#step(item, body)) this.#walk(rest, next);
  }

  #step(step: StoreyStep, body: unknown): readonly unknown[] {
    if (step.className === "Complete") this.completed[this.#emit]!.push(body);
    if (step.className === "Reduce") this.#fold(step, body);
    try {
      return PLAIN[step.className]!(body, step.args, (fn, given) => this.#call(String(fn), given));
    } catch (error) {
      this.#fail(step, body, error as Error);
      return [];
    }
  }

  #fail({ name, recoveries }: StoreyStep, body: unknown, error: Error): void {
    const taker = recoveries.find((recovery: Recovery) =>
      recovery.error === undefined || recovery.error === error.name
    );
    if (taker === undefined) this.failures.push({ emit: this.#emit, step: name, message: error.message });
    else this.#fold(taker.step, taker.step.args.full_event === true ? { body, error } : body);
  }

  #call(name: string, body: unknown): unknown {
    const fn = this.#functions.get(name) ?? handlerOf(name) as (body: unknown) => unknown;
    this.#functions.set(name, fn);
    return fn(structuredClone(body));
  }

  #fold({ name, args }: StoreyStep, given: unknown): void {
    this.folds[name] = FOLDS[String(args.fn)]!(this.folds[name] as never, given as never);
  }
}

function join(body: unknown, args: Args, call: Call): readonly unknown[] {
  const rows = isRecord(args.table_rows) ? args.table_rows : {};
  const row = rows[String(call(args.key_extractor, body))];
  if (typeof args.join_function === "string") return [FOLDS[args.join_function]!(body as never, row as never)];
  if (row === undefined && args.inner_join === true) return [];
  return [{ ...body as object, ...row as object }];
}

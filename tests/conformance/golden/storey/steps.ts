/** storey's classes as makers of ready steps: a new one is one entry. What the library does not export is skipped with its name. */

import { type AnyFunction, callMethod, maker } from "../facade.ts";
import { handlerOf } from "../meanings.ts";
import { Needs } from "../needs.ts";
import { isRecord } from "../special.ts";
import { stepOptions, take } from "../words.ts";
import { aggregateOptions } from "./aggregations.ts";
import type { StoreyStep } from "./flow.ts";

/** A step as `to` takes it, with its options. */
export interface Made {
  readonly step: unknown;
  readonly options: Readonly<Record<string, unknown>>;
}

type Words = Map<string, unknown>;
/** Where a step is made: the options that every step has, which it may add to, and the function that it belongs to. */
interface Place {
  readonly options: Record<string, unknown>;
  readonly fn: AnyFunction;
}

/** Makes a step of storey's arguments; those it takes, it takes out of `words`. */
type Maker = (words: Words, place: Place) => unknown;

const STEPS: Readonly<Record<string, Maker>> = {
  Map: ofFunction("map"),
  Filter: ofFunction("filter"),
  FlatMap: ofFunction("flatMap"),
  ForEach: ofFunction("forEach"),
  Extend: ofFunction("extend"),
  Flatten: () => maker("flatten")(),
  Rename: (words) => maker("rename")(take(words, "mapping")),
  Reduce: (words) => maker("reduce")(take(words, "initial_value"), functionOf(words, "fn")),
  Batch: (words) => maker("batch")(batchOptions(words)),
  MapWithState(words) {
    const initial = take(words, "initial_state");
    const isGrouped = take(words, "group_by_key") === true;
    return maker("mapWithState")(
      () => structuredClone(initial),
      functionOf(words, "fn"),
      isGrouped ? {} : { key: () => "all" },
    );
  },
  SampleWindow: (words) =>
    maker("sampleWindow")({
      windowEvents: take(words, "window_size"),
      ...given("emit", String(take(words, "emit_period") ?? "FIRST").toLowerCase()),
      ...given("emitBeforeTermination", take(words, "emit_before_termination")),
    }),
  Partition(words, { options }) {
    options.fullEvent = true; // storey's predicate gets the event
    return maker("partition")(functionOf(words, "predicate"));
  },
  ConcurrentExecution(words, { options }) {
    take(words, "concurrency_mechanism"); // storey's threads and processes are Levada's own affair
    const seconds = take(words, "backoff_factor");
    Object.assign(options, given("retries", take(words, "retries")));
    if (typeof seconds === "number") options.backoffMs = seconds * 1_000;
    return maker("concurrent")(
      functionOf(words, "event_processor"),
      given("maxInFlight", take(words, "max_in_flight")),
    );
  },
  ReifyMetadata: (words) => maker("reifyMetadata")(take(words, "mapping")),
  AggregateByKey: (words) => maker("aggregateByKey")(aggregateOptions(words)),
  JoinWithTable(words, { fn }) {
    const join = maker("joinWithTable");
    callMethod(fn, "addTable", "rows", take(words, "table_rows"));
    const isInner = take(words, "inner_join") === true;
    return join("rows", {
      key: functionOf(words, "key_extractor"),
      ...given("attributes", take(words, "attributes")),
      ...given("inner", isInner ? true : undefined),
      ...given("join", functionOf(words, "join_function")),
    });
  },
};

/** The ready step of a storey step, and its options. */
export function makeStep({ className, args }: StoreyStep, fn: AnyFunction): Made {
  const words = new Map(Object.entries(args));
  const make = Object.hasOwn(STEPS, className) ? STEPS[className] : undefined;
  if (make === undefined) throw new Needs(`a step like storey.${className}`);
  const options = stepOptions(words);
  const step = make(words, { options, fn });
  for (const word of words.keys()) throw new Needs(`${word} of storey.${className}`);
  return { step, options };
}

/** What a batch is told. */
export function batchOptions(words: Words): Record<string, unknown> {
  const seconds = take(words, "flush_after_seconds");
  const field = take(words, "key_field");
  return {
    ...given("maxEvents", take(words, "max_events")),
    ...(typeof seconds === "number" ? { flushAfterMs: seconds * 1_000 } : {}),
    ...(typeof field === "string" ? { key: (body: unknown) => isRecord(body) ? body[field] : undefined } : {}),
  };
}

function ofFunction(name: string): Maker {
  return (words) => maker(name)(functionOf(words, "fn"));
}

function functionOf(words: Words, word: string): unknown {
  const name = take(words, word);
  return typeof name === "string" ? handlerOf(name) : name;
}

function given(option: string, value: unknown): Record<string, unknown> {
  return value === undefined ? {} : { [option]: value };
}

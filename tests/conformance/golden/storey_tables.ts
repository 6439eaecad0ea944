/** Storey's own flows of tables and windows: `[AggregateByKey | JoinWithTable | QueryByKey …, Reduce]`, built, run and compared. */

import { type AnyChain, type AnyFunction, type AnyGraph, callMethod, hasExport, maker, serving } from "./facade.ts";
import type { GoldenCase } from "./golden_case.ts";
import { missingFrom } from "./error_text.ts";
import { handlerOf } from "./meanings.ts";
import { Needs } from "./needs.ts";
import type { Performance } from "./perform.ts";
import type { Difference } from "./rule.ts";
import { difference } from "./same.ts";
import { decodeSpecial, isRecord } from "./special.ts";

type Args = Record<string, unknown>;
type Body = Record<string, unknown>;

/** One event that a flow of storey is given. */
export interface Emit {
  readonly body: unknown;
  readonly key?: string;
  readonly time?: string;
}

interface Flow {
  emit(body: unknown, options: object): Promise<void>;
  close(): Promise<unknown>;
}

/** Functions of the golden library that take two arguments. */
const TWO_ARGUMENTS: Readonly<Record<string, (one: never, other: never) => unknown>> = {
  append_and_return: (list: unknown[], x: unknown) => [...list, x],
  join_raise(event: Body, row: Body | undefined) {
    if (Object.keys(row ?? {}).length === 0) throw new RangeError("no row");
    return { ...event, ...row };
  },
};

const MAKERS: Readonly<Record<string, string>> = {
  AggregateByKey: "aggregateByKey",
  JoinWithTable: "joinWithTable",
  QueryByKey: "queryByKey",
};

/** Tells whether a case is a flow that begins with tables or windows, and the library has them. */
export function isTableFlow({ graph }: GoldenCase): boolean {
  if (graph?.topology !== "storey") return false;
  const first = classOf(graph.flow?.[0]);
  return first !== undefined && Object.hasOwn(MAKERS, first) && hasExport(MAKERS[first]!);
}

/** The events of a case, in the order in which they come. */
export function emitsOf(given: GoldenCase): readonly Emit[] {
  return (given.emits ?? []) as readonly Emit[];
}

/** Runs such a case, once for each recorded run; the result of the last is its ending. */
export async function performTables(given: GoldenCase): Promise<Performance> {
  const nothing = { asked: [], termination: {}, printed: [], sent: new Map<string, unknown[]>() };
  const fn = serving("golden");
  const last = build(fn, fn.setTopology("flow"), given.graph!.flow!);
  let termination: Performance["termination"] = {};
  for (let run = 0; run < Math.max(1, ((given.runs ?? []) as unknown[]).length); run++) {
    let flow: Flow;
    try {
      flow = await callMethod(fn, "start", { log: SILENT }) as Flow;
    } catch (error) {
      return { ...nothing, refusal: { stage: "build", error: error as Error } };
    }
    for (const { body, key, time } of emitsOf(given)) {
      await flow.emit(structuredClone(body), { key, ...(time === undefined ? {} : { time: new Date(time) }) });
    }
    const result = await flow.close();
    termination = { result: isRecord(result) && last in result ? result[last] : result };
  }
  return { ...nothing, termination };
}

/** Lists every difference of such a case. */
export function compareTables(given: GoldenCase, performance: Performance): Difference[] {
  const expected = given.build_error;
  const { refusal, termination } = performance;
  const note = (aspect: Difference["aspect"], text: string | undefined): Difference[] =>
    text === undefined ? [] : [{ case: given, aspect, text, performance }];
  if (expected !== undefined) {
    return note(
      "build",
      refusal === undefined
        ? `was built; storey refuses: ${expected.message}`
        : missingFrom(expected.message, refusal.error.message) ?? namesMissing(given, refusal.error.message),
    );
  }
  if (refusal !== undefined) return note("build", `refused at ${refusal.stage}: ${refusal.error.message}`);
  if (termination.error !== undefined) return note("termination", `closing failed: ${termination.error}`);
  return recordedRuns(given).flatMap((run) => note("termination", difference(run, termination.result)));
}

/** What each recorded run ended with. */
export function recordedRuns({ runs }: GoldenCase): unknown[] {
  return ((runs ?? []) as { termination?: { result?: unknown } }[]).map((run) =>
    decodeSpecial(run.termination?.result)
  );
}

/** Two aggregators of one name: the text must name it. */
function namesMissing({ graph }: GoldenCase, text: string): string | undefined {
  const [, args] = graph!.flow![0] as [string, { aggregates?: { name: string }[] }];
  const names = (args.aggregates ?? []).map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  return twice === undefined || text.includes(`"${twice}"`) ? undefined : `the text lacks "${twice}": ${text}`;
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** Builds the chain, and the recovery steps beside it; gives the name of the chain's last step. */
function build(fn: AnyFunction, graph: AnyGraph, flow: readonly unknown[]): string {
  let chain: AnyGraph | AnyChain = graph;
  for (const [index, item] of flow.entries()) {
    const [name, args = {}] = item as [string, Args?];
    const { recovery, ...rest } = args;
    const step: AnyChain = chain.to(`${index}`, stepOf(name, { ...rest }, fn));
    if (Array.isArray(recovery)) {
      const [catcher, given] = recovery as [string, Args];
      step.errorHandler(`${index}-recovery`, stepOf(catcher, { ...given }, fn));
    }
    chain = step;
  }
  return String(flow.length - 1);
}

function stepOf(name: string, args: Args, fn: AnyFunction): unknown {
  switch (name) {
    case "AggregateByKey":
      return aggregateStep(args);
    case "JoinWithTable":
      return joinStep(args, fn);
    case "Reduce":
      return maker("reduce")(args.initial_value, functionOf(String(args.fn)));
    default:
      throw new Needs(`a translation of ${name} in a flow of tables`);
  }
}

function aggregateStep(args: Args): unknown {
  const { aggregates, key_field, time_field, emit_policy, ...others } = args;
  refuseOthers("AggregateByKey", others);
  return maker("aggregateByKey")({
    ...(key_field === undefined ? {} : { key: key_field }),
    ...(time_field === undefined ? {} : { time: time_field }),
    ...(emit_policy === undefined ? {} : { emit: emitOf(emit_policy as Args) }),
    aggregations: (aggregates as Args[]).map((given) => {
      const { name, field, aggr, windows, period, aggr_filter, max_value, ...rest } = given;
      refuseOthers("an aggregator", rest);
      return {
        name,
        column: field,
        operations: aggr,
        windows,
        ...(period === undefined ? {} : { period }),
        ...(aggr_filter === undefined ? {} : { where: handlerOf(String(aggr_filter)) }),
        ...(max_value === undefined ? {} : { maxValue: max_value }),
      };
    }),
  });
}

function emitOf({ max_events, timeout_secs, ...others }: Args): object {
  refuseOthers("an emit policy", others);
  if (typeof max_events !== "number") throw new Needs("a translation of this emit policy");
  return { afterEvents: max_events, ...(typeof timeout_secs === "number" ? { timeoutMs: timeout_secs * 1_000 } : {}) };
}

function joinStep(args: Args, fn: AnyFunction): unknown {
  const { table_rows, key_extractor, attributes, inner_join, join_function, ...others } = args;
  refuseOthers("JoinWithTable", others);
  callMethod(fn, "addTable", "rows", table_rows);
  return maker("joinWithTable")("rows", {
    key: handlerOf(String(key_extractor)) ?? key_extractor,
    ...(attributes === undefined ? {} : { attributes }),
    ...(inner_join === true ? { inner: true } : {}),
    ...(join_function === undefined ? {} : { join: functionOf(String(join_function)) }),
  });
}

function functionOf(name: string): unknown {
  if (Object.hasOwn(TWO_ARGUMENTS, name)) return TWO_ARGUMENTS[name];
  throw new Needs(`a translation of ${name}`);
}

function refuseOthers(what: string, others: Args): void {
  const [word] = Object.keys(others);
  if (word !== undefined) throw new Needs(`${word} of ${what}`);
}

function classOf(item: unknown): string | undefined {
  return Array.isArray(item) && typeof item[0] === "string" ? item[0] : undefined;
}

import type { TableRows } from "../flow/memory_table.ts";
import { fromDocument } from "../graph/from_document.ts";
import { Graph } from "../graph/graph.ts";
import type { KeyedTable } from "../graph/keyed_table.ts";
import type { Schema } from "../graph/schema.ts";
import { dataOf } from "../graph/secret_data.ts";
import { type TrackingOptions, trackingSettings } from "../monitoring/tracking_options.ts";
import type { ApiOptions } from "../serve/api/api_options.ts";
import { checkedApi } from "../serve/api/checked_api.ts";
import { checkedTrigger } from "../triggers/checked_trigger.ts";
import type { Trigger } from "../triggers/trigger.ts";
import { CATALOGUE } from "./catalogue.ts";
import type { FunctionOptions } from "./function_options.ts";
import { RouterGraph } from "./router_graph.ts";
import type { Told } from "./told.ts";

/** What a function has besides its document and its code. */
export interface DocumentOptions {
  /** The input schema of its graph, which may check more than its JSON Schema tells. Default: what that tells. */
  readonly input?: Schema<unknown>;
  /** The schema of what its responder gives. Default: none. */
  readonly output?: Schema<unknown>;
  /** The tables that are handed in, as `addTable` takes them. */
  readonly tables?: Readonly<
    Record<string, { readonly rows: TableRows | KeyedTable; readonly options?: { readonly key?: string } }>
  >;
}

/** What makes a function. */
export interface ReadFunction {
  readonly name: string;
  /** What it needs where it runs. */
  readonly place: FunctionOptions;
  readonly told: readonly Told[];
  readonly tables: readonly (readonly [
    name: string,
    given: { readonly rows: TableRows | KeyedTable; readonly options: { readonly key?: string } },
  ])[];
}

/** The form of a function's document. */
interface FunctionDocument {
  readonly levada?: unknown;
  readonly name: string;
  readonly options?: FunctionOptions;
  readonly topology?: "flow" | "router";
  readonly graph?: unknown;
  readonly children?: Readonly<Record<string, FunctionOptions>>;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly triggers?: Readonly<Record<string, Trigger>>;
  readonly api?: ApiOptions;
  readonly tracking?: TrackingOptions & { readonly path: string };
}

/**
 * Reads the document of a function.
 *
 * @throws {TypeError} If it is none.
 * @throws {GraphError} With everything that is wrong with its graph.
 */
export function toldOf(
  document: unknown,
  code: ReadonlyMap<string, unknown>,
  { input, output, tables = {} }: DocumentOptions = {},
): ReadFunction {
  const { levada, name, topology, graph, api, ...rest } = (document ?? {}) as FunctionDocument;
  if (levada !== "function/1") {
    throw new TypeError(`Cannot read a function: "levada" is ${JSON.stringify(levada)}, and must be "function/1"`);
  }
  const { options = {}, children = {}, params = {}, triggers = {}, tracking } = dataOf({ ...rest }) as Omit<
    FunctionDocument,
    "name"
  >;
  const told: Told[] = [];
  if (graph !== undefined) {
    const read = fromDocument(graph, { code, catalogue: CATALOGUE });
    const schema = input ?? read.input;
    const whole = topology === "router"
      ? new RouterGraph(read.builder, read.builder.hear().nodes[0]!.name)
      : new Graph(read.builder, {
        ...read.limits,
        ...schema === undefined ? {} : { input: schema },
        ...output === undefined ? {} : { output },
      });
    told.push({ kind: "topology", graph: whole });
  }
  for (const [child, place] of Object.entries(children)) told.push({ kind: "child", name: child, options: place });
  for (const [param, value] of Object.entries(params)) told.push({ kind: "param", name: param, value });
  for (const [trigger, given] of Object.entries(triggers)) {
    told.push({ kind: "trigger", name: trigger, trigger: checkedTrigger(name, trigger, given) });
  }
  if (api !== undefined) told.push({ kind: "api", options: checkedApi(api) });
  if (tracking !== undefined) {
    const { path, ...rest } = tracking;
    told.push({ kind: "tracking", settings: trackingSettings(path, rest) });
  }
  const given = Object.entries(tables).map(([table, { rows, options = {} }]) => [table, { rows, options }] as const);
  return { name, place: options, told, tables: given };
}

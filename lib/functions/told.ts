import type { Graph } from "../graph/graph.ts";
import type { KeyedTable } from "../graph/keyed_table.ts";
import type { ApiOptions } from "../serve/api/api_options.ts";
import type { TrackingSettings } from "../monitoring/tracking_options.ts";
import type { Trigger } from "../triggers/trigger.ts";
import type { FunctionOptions } from "./function_options.ts";
import type { RouterGraph } from "./router_graph.ts";

/** One thing that was told of a function. */
export type Told =
  | { readonly kind: "topology"; readonly graph: Graph | RouterGraph }
  | { readonly kind: "child"; readonly name: string; readonly options: FunctionOptions }
  | { readonly kind: "param"; readonly name: string; readonly value: unknown }
  | { readonly kind: "tracking"; readonly settings: TrackingSettings }
  | { readonly kind: "trigger"; readonly name: string; readonly trigger: Trigger }
  | { readonly kind: "api"; readonly options: ApiOptions }
  | { readonly kind: "table"; readonly name: string; readonly open: () => KeyedTable; readonly given: GivenTable };

/** A table as it was handed in. */
export interface GivenTable {
  /** Rows, or a table. */
  readonly rows: unknown;
  readonly options: { readonly key?: string };
}

import type { Catalogue } from "../graph/from_document.ts";
import type { StepDefinition } from "../graph/operator.ts";
import { AGGREGATE_BY_KEY } from "./aggregate_by_key.ts";
import { BATCH } from "./batch.ts";
import { CHOICE } from "./choice.ts";
import { COLLECTOR } from "./collector.ts";
import { EXTEND } from "./extend.ts";
import { FILTER } from "./filter.ts";
import { FLAT_MAP } from "./flat_map.ts";
import { FLATTEN } from "./flatten.ts";
import { FOR_EACH } from "./for_each.ts";
import { JOIN_WITH_TABLE } from "./join_with_table.ts";
import { MAP } from "./map.ts";
import { MAP_WITH_STATE } from "./map_with_state.ts";
import { MERGE } from "./merge.ts";
import { QUERY_BY_KEY } from "./query_by_key.ts";
import { QUEUE } from "./queue.ts";
import { REDUCE } from "./reduce.ts";
import { RENAME } from "./rename.ts";

const ALL: readonly StepDefinition[] = [
  AGGREGATE_BY_KEY,
  BATCH,
  CHOICE,
  COLLECTOR,
  EXTEND,
  FILTER,
  FLAT_MAP,
  FLATTEN,
  FOR_EACH,
  JOIN_WITH_TABLE,
  MAP,
  MAP_WITH_STATE,
  MERGE,
  QUERY_BY_KEY,
  QUEUE,
  REDUCE,
  RENAME,
];

/** The ready steps by kind, as a graph's document names them. */
export const STEPS: Catalogue = new Map(ALL.map((step) => [step.kind, step]));

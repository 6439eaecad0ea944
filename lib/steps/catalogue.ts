import type { Catalogue } from "../graph/from_document.ts";
import type { StepDefinition } from "../graph/operator.ts";
import { BATCH } from "./batch.ts";
import { CHOICE } from "./choice.ts";
import { COLLECTOR } from "./collector.ts";
import { EXTEND } from "./extend.ts";
import { FILTER } from "./filter.ts";
import { FLAT_MAP } from "./flat_map.ts";
import { FLATTEN } from "./flatten.ts";
import { FOR_EACH } from "./for_each.ts";
import { MAP } from "./map.ts";
import { MAP_WITH_STATE } from "./map_with_state.ts";
import { MERGE } from "./merge.ts";
import { QUEUE } from "./queue.ts";
import { REDUCE } from "./reduce.ts";
import { RENAME } from "./rename.ts";
import { WRITE_CSV } from "./write_csv.ts";
import { WRITE_JSON_LINES } from "./write_json_lines.ts";
import { WRITE_PARQUET } from "./write_parquet.ts";
import { WRITE_SQL } from "./write_sql.ts";

const ALL: readonly StepDefinition[] = [
  BATCH,
  CHOICE,
  COLLECTOR,
  EXTEND,
  FILTER,
  FLAT_MAP,
  FLATTEN,
  FOR_EACH,
  MAP,
  MAP_WITH_STATE,
  MERGE,
  QUEUE,
  REDUCE,
  RENAME,
  WRITE_CSV,
  WRITE_JSON_LINES,
  WRITE_PARQUET,
  WRITE_SQL,
];

/** The ready steps by kind, as a graph's document names them. */
export const STEPS: Catalogue = new Map(ALL.map((step) => [step.kind, step]));

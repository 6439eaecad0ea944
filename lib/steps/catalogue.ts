import type { Catalogue } from "../graph/from_document.ts";
import type { StepDefinition } from "../graph/operator.ts";
import { ASSERT_EVENTS } from "./assert_events.ts";
import { AGGREGATE_BY_KEY } from "./aggregate_by_key.ts";
import { BATCH } from "./batch.ts";
import { CHOICE } from "./choice.ts";
import { CHOICE_BY_FIELD } from "./choice_by_field.ts";
import { COLLECTOR } from "./collector.ts";
import { CONCURRENT } from "./concurrent.ts";
import { DATE_EXTRACTOR } from "./date_extractor.ts";
import { DROP_FIELDS } from "./drop_fields.ts";
import { EXTEND } from "./extend.ts";
import { FILTER } from "./filter.ts";
import { FLAT_MAP } from "./flat_map.ts";
import { FLATTEN } from "./flatten.ts";
import { FOR_EACH } from "./for_each.ts";
import { IMPUTER } from "./imputer.ts";
import { JOIN_WITH_TABLE } from "./join_with_table.ts";
import { MAP } from "./map.ts";
import { MAP_VALUES } from "./map_values.ts";
import { MAP_WITH_STATE } from "./map_with_state.ts";
import { MERGE } from "./merge.ts";
import { ONE_HOT_ENCODER } from "./one_hot_encoder.ts";
import { PARALLEL } from "./parallel.ts";
import { PARTITION } from "./partition.ts";
import { QUERY_BY_KEY } from "./query_by_key.ts";
import { QUEUE } from "./queue.ts";
import { REDUCE } from "./reduce.ts";
import { REIFY_METADATA } from "./reify_metadata.ts";
import { REMOTE } from "./remote.ts";
import { REMOTE_BATCH } from "./remote_batch.ts";
import { RENAME } from "./rename.ts";
import { SAMPLE_WINDOW } from "./sample_window.ts";
import { SET_EVENT_METADATA } from "./set_event_metadata.ts";
import { VALIDATOR } from "./validator.ts";
import { WRITE_CSV } from "./write_csv.ts";
import { WRITE_JSON_LINES } from "./write_json_lines.ts";
import { WRITE_PARQUET } from "./write_parquet.ts";
import { WRITE_SQL } from "./write_sql.ts";

const ALL: readonly StepDefinition[] = [
  ASSERT_EVENTS,
  AGGREGATE_BY_KEY,
  BATCH,
  CHOICE,
  CHOICE_BY_FIELD,
  COLLECTOR,
  CONCURRENT,
  DATE_EXTRACTOR,
  DROP_FIELDS,
  EXTEND,
  FILTER,
  FLAT_MAP,
  FLATTEN,
  FOR_EACH,
  IMPUTER,
  JOIN_WITH_TABLE,
  MAP,
  MAP_VALUES,
  MAP_WITH_STATE,
  MERGE,
  ONE_HOT_ENCODER,
  PARALLEL,
  PARTITION,
  QUERY_BY_KEY,
  QUEUE,
  REDUCE,
  REIFY_METADATA,
  REMOTE,
  REMOTE_BATCH,
  RENAME,
  SAMPLE_WINDOW,
  SET_EVENT_METADATA,
  VALIDATOR,
  WRITE_CSV,
  WRITE_JSON_LINES,
  WRITE_PARQUET,
  WRITE_SQL,
];

/** The ready steps by kind, as a graph's document names them. */
export const STEPS: Catalogue = new Map(ALL.map((step) => [step.kind, step]));

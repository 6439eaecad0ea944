import type { Catalogue } from "../graph/from_document.ts";
import type { StepDefinition } from "../graph/operator.ts";
import { BATCH } from "./batch.ts";
import { CHOICE } from "./choice.ts";
import { COLLECTOR } from "./collector.ts";
import { EXTEND } from "./extend.ts";
import { FILTER } from "./filter.ts";
import { FLAT_MAP } from "./flat_map.ts";
import { MAP } from "./map.ts";
import { MERGE } from "./merge.ts";
import { QUEUE } from "./queue.ts";
import { REDUCE } from "./reduce.ts";

const ALL: readonly StepDefinition[] = [
  BATCH,
  CHOICE,
  COLLECTOR,
  EXTEND,
  FILTER,
  FLAT_MAP,
  MAP,
  MERGE,
  QUEUE,
  REDUCE,
];

/** The ready steps by kind, as a graph's document names them. */
export const STEPS: Catalogue = new Map(ALL.map((step) => [step.kind, step]));

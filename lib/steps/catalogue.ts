import type { Catalogue } from "../graph/from_document.ts";
import { EXTEND } from "./extend.ts";
import { FILTER } from "./filter.ts";
import { FLAT_MAP } from "./flat_map.ts";
import { MAP } from "./map.ts";
import { QUEUE } from "./queue.ts";

/** The ready steps by kind, as a graph's document names them. */
export const STEPS: Catalogue = new Map([EXTEND, FILTER, FLAT_MAP, MAP, QUEUE].map((step) => [step.kind, step]));

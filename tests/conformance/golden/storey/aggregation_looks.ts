/** What cases look at in aggregations: their windows and when they give out. */

import { maker } from "../facade.ts";
import type { Look } from "./looks.ts";

export const AGGREGATION_LOOKS: Readonly<Record<string, Look>> = Object.fromEntries([
  "SlidingWindows(['1h'], '7m')",
  "SlidingWindows(['1h', '24h']).period_millis",
  "FixedWindows(['1h', '24h']).period_millis",
  "FixedWindows(['1x'])",
  "EmitAfterMaxEvent from dict",
  "emit policy with unknown mode",
  "emit policy with missing field",
].map((what) => [what, () => maker("aggregateByKey")()]));

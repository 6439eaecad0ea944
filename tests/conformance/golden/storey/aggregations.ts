/** storey's aggregations over windows of time, as ours. */

import { handlerOf } from "../meanings.ts";
import { Needs } from "../needs.ts";
import { isRecord } from "../special.ts";
import { take } from "../words.ts";

/** storey's names of what an aggregation says, and ours. */
const NAMES: Readonly<Record<string, string>> = {
  name: "name",
  field: "column",
  aggr: "operations",
  windows: "windows",
  period: "period",
  aggr_filter: "where",
  max_value: "maxValue",
};

/** What `aggregateByKey` is told. */
export function aggregateOptions(words: Map<string, unknown>): Record<string, unknown> {
  const [key, time, emit] = ["key_field", "time_field", "emit_policy"].map((word) => take(words, word));
  return {
    ...(key === undefined ? {} : { key }),
    ...(time === undefined ? {} : { time }),
    ...(isRecord(emit) ? { emit: emitOptions(emit) } : {}),
    aggregations: (take(words, "aggregates") as Record<string, unknown>[]).map(aggregationOf),
  };
}

function aggregationOf(given: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given).map(([word, value]) => {
      const name = NAMES[word];
      if (name === undefined) throw new Needs(`${word} of an aggregation`);
      return [name, word === "aggr_filter" ? handlerOf(String(value)) : value];
    }),
  );
}

function emitOptions({ max_events, timeout_secs, ...rest }: Record<string, unknown>): Record<string, unknown> {
  for (const word of Object.keys(rest)) throw new Needs(`${word} of an emit policy`);
  return {
    afterEvents: max_events,
    ...(typeof timeout_secs === "number" ? { timeoutMs: timeout_secs * 1_000 } : {}),
  };
}

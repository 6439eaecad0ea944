/** What cases look at in aggregations: their windows, and when they give something out. */

import { type AnyGraph, maker, serving } from "../facade.ts";

type Options = Readonly<Record<string, unknown>>;

const HOURS = { windows: ["1h", "24h"] };

/** What to look at, by what the cases call it. */
export const AGGREGATION_LOOKS: Readonly<Record<string, () => unknown>> = {
  "SlidingWindows(['1h'], '7m')": () => hourly({ windows: ["1h"], period: "7m" }),
  "SlidingWindows(['1h', '24h']).period_millis": () => hourly(HOURS),
  "FixedWindows(['1h', '24h']).period_millis": () => hourly(HOURS),
  "FixedWindows(['1x'])": () => hourly({ windows: ["1x"] }),
  "EmitAfterMaxEvent from dict": () => {
    const graph = serving("looked").setTopology("flow");
    addCount(graph, HOURS, { emit: { afterEvents: 4 } });
    const { steps: [step] } = graph.toJSON() as { steps: { own?: { emit?: unknown } }[] };
    return step?.own?.emit;
  },
  "emit policy with unknown mode": () => hourly(HOURS, { emit: { nope: 4 } }),
  "emit policy with missing field": () => hourly(HOURS, { emit: { timeoutMs: 1_000 } }),
};

const MINUTES = [0, 59, 60];

/** The counts of the first window, of events of one key in these minutes. */
async function hourly(aggregation: Options, options: Options = {}): Promise<unknown[]> {
  const fn = serving("looked");
  addCount(fn.setTopology("flow"), aggregation, options).to("count", countOf).respond();
  const flow = await fn.start({});
  try {
    const counts: unknown[] = [];
    for (const minute of MINUTES) {
      counts.push(await flow.ask({ n: 1 }, { key: "k", time: new Date(Date.UTC(2020, 0, 1, 12, minute)) }));
    }
    return counts;
  } finally {
    await flow.close();
  }
}

function addCount(graph: AnyGraph, aggregation: Options, options: Options) {
  const aggregations = [{ name: "n", column: "n", operations: ["count"], ...aggregation }];
  return graph.to("a", maker("aggregateByKey")({ aggregations, ...options }));
}

function countOf(body: Readonly<Record<string, unknown>>): unknown {
  return body.n_count_1h;
}

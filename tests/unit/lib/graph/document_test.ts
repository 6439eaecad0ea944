import { deepStrictEqual, throws } from "node:assert/strict";
import { z } from "zod";
import { Graph } from "../../../../lib/graph/graph.ts";
import { STEPS } from "../../../../lib/steps/catalogue.ts";
import { aggregateByKey } from "../../../../lib/steps/aggregate_by_key.ts";
import { extend } from "../../../../lib/steps/extend.ts";
import { filter } from "../../../../lib/steps/filter.ts";
import { flatMap } from "../../../../lib/steps/flat_map.ts";
import { joinWithTable } from "../../../../lib/steps/join_with_table.ts";
import { map } from "../../../../lib/steps/map.ts";
import { queryByKey } from "../../../../lib/steps/query_by_key.ts";
import { queue } from "../../../../lib/steps/queue.ts";
import { runGraph } from "../../../support/run_graph.ts";

class Add {
  readonly #by: number;
  constructor({ by }: { by: number }) {
    this.#by = by;
  }
  do(n: number): number {
    return n + this.#by;
  }
}

function boom(n: number): number {
  if (n > 1_000) throw new RangeError("too large");
  return n;
}

function whole(): Graph<number> {
  const graph = new Graph<number>("whole", { input: z.number() });
  graph.to("add", Add, { by: 2, comment: "twice" })
    .to("boom", boom).errorHandler("catch", (n: number) => -n, { only: [RangeError] })
    .to("map", map((n) => n * 2))
    .to("filter", filter((n) => n !== 0))
    .to("flatMap", flatMap((n) => [n]))
    .to("q", queue({ capacityEvents: 3 }))
    .to("object", (n: number) => ({ n }), { share: true })
    .to("extend", extend((body) => ({ more: body.n + 1 })))
    .to("join", joinWithTable("t", { key: "n", join: (body, row) => ({ ...body, row }) }))
    .to(
      "aggregate",
      aggregateByKey({
        key: ({ n }) => n,
        table: "t",
        lateness: "1h",
        aggregations: [
          { name: "n", column: "n", operations: ["sum"], windows: ["1h"], where: ({ n }) => n > 0, maxValue: 100 },
          { name: "m", value: ({ more }) => more, operations: ["last"], windows: ["1h"], period: "1m" },
        ],
      }),
    )
    .to("query", queryByKey(["n_sum_1h", "m_last_1h"], { key: "n", table: "t" })).respond();
  graph.addStep("first", (n: number) => n, { before: "add" });
  graph.errorHandler("rest", () => "rest");
  return graph;
}

Deno.test("Graph.fromJSON() builds the graph that toJSON() gave, for every kind of step", async () => {
  const graph = whole();
  const document = JSON.parse(JSON.stringify(graph));
  const again = Graph.fromJSON(document, graph.code, STEPS);
  deepStrictEqual(JSON.parse(JSON.stringify(again)), document);
  await using one = await runGraph(graph);
  await using other = await runGraph(again);
  for (const body of [1, 5_000]) deepStrictEqual(await other.ask(body), await one.ask(body));
  deepStrictEqual(await one.ask(-4), { n: -4, more: -3, row: undefined, n_sum_1h: null, m_last_1h: -3 });
});

Deno.test("Graph.toJSON() names code by its own name, and by its step where it has none", () => {
  deepStrictEqual([...whole().code.keys()].slice(0, 4), ["Add", "boom", "RangeError", "#step/catch/handler"]);
});

Deno.test("Graph.toJSON() names the option that is not JSON", () => {
  const graph = new Graph("g");
  class Takes {
    constructor(readonly args: { at: Date }) {}
    do(): void {}
  }
  graph.to("t", Takes, { at: new Date() });
  throws(() => graph.toJSON(), /step "t" as JSON: option at \(Date\).*load\(\)/);
});

Deno.test("Graph.fromJSON() lists every missing ref and unknown kind at once", () => {
  const graph = whole();
  throws(() => Graph.fromJSON(graph.toJSON(), new Map(), new Map()), (error: Error) => {
    deepStrictEqual(error.message.includes(`code "Add" is missing`), true);
    deepStrictEqual(error.message.includes(`kind "filter" is not in the catalogue`), true);
    return true;
  });
});

Deno.test("Graph.fromJSON() refuses what is no document", () => {
  const hostile = JSON.parse(
    `{"levada":"graph/1","name":"x","steps":[{"name":"a","kind":"map","__proto__":{"x":1},"evil":1}]}`,
  );
  for (const document of [null, "text", 5, [], {}, { levada: "graph/2", name: "x", steps: [] }, hostile]) {
    throws(() => Graph.fromJSON(document, new Map(), STEPS), { name: "GraphError" });
  }
});

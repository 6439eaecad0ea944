import { deepStrictEqual, throws } from "node:assert/strict";
import { z } from "zod";
import { Graph } from "../../../../lib/graph/graph.ts";
import { STEPS } from "../../../../lib/steps/catalogue.ts";
import { extend } from "../../../../lib/steps/extend.ts";
import { filter } from "../../../../lib/steps/filter.ts";
import { flatMap } from "../../../../lib/steps/flat_map.ts";
import { map } from "../../../../lib/steps/map.ts";
import { queue } from "../../../../lib/steps/queue.ts";
import { writeCsv } from "../../../../lib/steps/write_csv.ts";
import { writeJsonLines } from "../../../../lib/steps/write_json_lines.ts";
import { writeParquet } from "../../../../lib/steps/write_parquet.ts";
import { writeSql } from "../../../../lib/steps/write_sql.ts";
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
    .to("extend", extend((body) => ({ more: body.n + 1 }))).respond();
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
  deepStrictEqual(await one.ask(1), { n: 6, more: 7 });
});

Deno.test("Graph.fromJSON() builds writers of files and tables as toJSON() gave them", () => {
  const graph = new Graph<object>("g");
  graph.to("csv", writeCsv({ path: "a.csv", columns: ["n=a", "$key"], header: false, delimiter: ";", maxEvents: 5 }))
    .to("lines", writeJsonLines({ path: new URL("file:///a.jsonl"), flushAfterMs: 5 }))
    .to("parquet", writeParquet({ path: "a", partitionBy: ["$year"], timeField: "at", types: { n: "DECIMAL(10,2)" } }))
    .to("table", writeSql({ database: "a.duckdb", table: "t", mode: "upsert", key: ["n"] }));
  const document = JSON.parse(JSON.stringify(graph));
  deepStrictEqual(JSON.parse(JSON.stringify(Graph.fromJSON(document, graph.code, STEPS))), document);
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

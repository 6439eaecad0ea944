import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { z } from "zod";
import type { GraphError } from "../../../../lib/errors.ts";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { assertEvents } from "../../../../lib/steps/assert_events.ts";
import { STEPS } from "../../../../lib/steps/catalogue.ts";
import { aggregateByKey } from "../../../../lib/steps/aggregate_by_key.ts";
import { extend } from "../../../../lib/steps/extend.ts";
import { filter } from "../../../../lib/steps/filter.ts";
import { flatMap } from "../../../../lib/steps/flat_map.ts";
import { joinWithTable } from "../../../../lib/steps/join_with_table.ts";
import { map } from "../../../../lib/steps/map.ts";
import { queryByKey } from "../../../../lib/steps/query_by_key.ts";
import { queue } from "../../../../lib/steps/queue.ts";
import { choiceByField } from "../../../../lib/steps/choice_by_field.ts";
import { concurrent } from "../../../../lib/steps/concurrent.ts";
import { dateExtractor } from "../../../../lib/steps/date_extractor.ts";
import { dropFields } from "../../../../lib/steps/drop_fields.ts";
import { imputer } from "../../../../lib/steps/imputer.ts";
import { mapValues } from "../../../../lib/steps/map_values.ts";
import { oneHotEncoder } from "../../../../lib/steps/one_hot_encoder.ts";
import { parallel } from "../../../../lib/steps/parallel.ts";
import { partition } from "../../../../lib/steps/partition.ts";
import { reifyMetadata } from "../../../../lib/steps/reify_metadata.ts";
import { sampleWindow } from "../../../../lib/steps/sample_window.ts";
import { setEventMetadata } from "../../../../lib/steps/set_event_metadata.ts";
import { validator } from "../../../../lib/steps/validator.ts";
import { remote } from "../../../../lib/steps/remote.ts";
import { remoteBatch } from "../../../../lib/steps/remote_batch.ts";
import { serveLoopback } from "../../../support/loopback.ts";
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

/** A graph of the smaller steps, each with all of its options. */
function small(): Graph<{ n: number; at: string }> {
  const graph = new Graph<{ n: number; at: string }>("small");
  graph.to("check", validator({ n: { min: 0, max: 9 }, at: z.iso.datetime() }, { onViolation: "fail" }))
    .to("named", setEventMetadata({ keyPath: "n", randomId: true }))
    .to("sample", sampleWindow({ windowEvents: 2, emit: "first", key: ({ n }) => n, emitBeforeTermination: false }))
    .to(
      "more",
      concurrent((body) => ({ ...body, to: "yes", color: "red", age: null as number | null }), { maxInFlight: 3 }),
    )
    .to("fill", imputer({ columns: { age: 5 }, default: 0 }))
    .to("date", dateExtractor({ column: "at", parts: ["hour"], timeZone: "Asia/Tokyo" }))
    .to("hot", oneHotEncoder({ color: ["red", "blue"] }, { onUnknown: "fail" }))
    .to("map", mapValues({ age: { ranges: [{ below: 18, to: "child" }] } }, { withOriginals: true, suffix: "group" }))
    .to("meta", reifyMetadata({ key: "key" }))
    .to("drop", dropFields("color_blue", "at"))
    .to("pick", choiceByField("to", { default: "yes" }))
    .to("yes", assertEvents({ each: (body) => body.n > 0, atMost: 9, includeNone: [], message: "positive" }))
    .to("both", parallel({ n: ({ n }) => n, rest: (body) => body }, { select: () => ["n", "rest"], onError: "drop" }))
    .to("side", partition((body) => body.n === 1)).respond();
  return graph;
}

Deno.test("Graph.fromJSON() builds the graph that toJSON() gave, for the smaller steps with their options", async () => {
  const graph = small();
  const document = JSON.parse(JSON.stringify(graph));
  const again = Graph.fromJSON(document, graph.code, STEPS);
  deepStrictEqual(JSON.parse(JSON.stringify(again)), document);
  deepStrictEqual(compile(sourceOf(again)).steps.map(({ options }) => options.maxInFlight ?? 0).filter(Boolean), [3]);
  const rest = { n: 1, to: "yes", age: 5, at_hour: 21, color_red: 1, age_group: "child", key: "1" };
  for (const one of [graph, again]) {
    await using flow = await runGraph(one);
    const [first, second] = [{ n: 1, at: "2024-05-01T12:00:00Z" }, { n: 12, at: "now" }];
    deepStrictEqual(await flow.ask(first), { left: { n: 1, rest } });
    deepStrictEqual(await flow.ask(first), undefined);
    await rejects(flow.ask(second), /field "n" is 12, more than 9 \(max\); field "at" is not right/);
  }
});

Deno.test("Graph.fromJSON() builds steps that ask other services, with their schemas", async () => {
  await using service = serveLoopback(({ body }) =>
    new Response(body, { headers: { "content-type": "application/json" } })
  );
  const reply = z.number().max(5);
  const graph = new Graph<number>("asking");
  graph.to(
    "ask",
    remote({ url: `${service.url}$path`, subpath: "x", method: "POST", headers: { "x-own": "1" }, reply }),
  )
    .to("list", (n) => [n, n + 1])
    .to("each", remoteBatch({ url: () => service.url, body: (n) => n * 2, reply, onItemError: "report" }), {
      retries: 0,
    })
    .to("count", (list) => list.filter((n) => typeof n === "number")).respond();
  const document = JSON.parse(JSON.stringify(graph));
  const again = Graph.fromJSON(document, graph.code, STEPS);
  deepStrictEqual(JSON.parse(JSON.stringify(again)), document);
  await using one = await runGraph(graph);
  await using other = await runGraph(again);
  deepStrictEqual([await one.ask(2), await other.ask(2)], [[4], [4]]);
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

Deno.test("fromJSON() of a document that has left out secrets builds a graph that says where they are missing", () => {
  class Asks {
    readonly args: Record<string, string>;
    constructor(args: { apiKey: string; url: string }) {
      this.args = args;
    }
    do(body: unknown): unknown {
      return body;
    }
  }
  const graph = new Graph("g");
  graph.to("asks", Asks, { apiKey: "key-of-ann", url: "https://ann:pw@h/" }).respond();
  const read = Graph.fromJSON(JSON.parse(JSON.stringify(graph)), graph.code, STEPS);
  throws(() => compile(sourceOf(read)), (error: GraphError) => {
    deepStrictEqual(error.faults.map(({ cause }) => cause), [
      "argument apiKey is ***, as documents have it where a secret was",
      "argument url is ***, as documents have it where a secret was",
    ]);
    return true;
  });
});

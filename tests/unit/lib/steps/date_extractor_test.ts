import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { dateExtractor, type DatePart } from "../../../../lib/steps/date_extractor.ts";
import { runGraph } from "../../../support/run_graph.ts";

const ALL: readonly DatePart[] = [
  "year",
  "quarter",
  "month",
  "week",
  "day",
  "dayOfWeek",
  "dayOfYear",
  "hour",
  "minute",
  "second",
];

async function parts(at: unknown, options: { parts?: readonly DatePart[]; timeZone?: string } = {}): Promise<number[]> {
  const graph = new Graph<{ at: unknown }>("g");
  graph.to("d", dateExtractor({ column: "at", parts: ALL, ...options })).respond();
  await using flow = await runGraph(graph);
  const { at: kept, ...added } = await flow.ask({ at });
  deepStrictEqual(kept, at);
  return Object.values(added);
}

Deno.test("dateExtractor() adds the parts of a date in UTC: of a Date, milliseconds, or ISO 8601 text", async () => {
  const date = new Date("2024-12-30T23:59:58.999Z"); // a Monday; ISO 8601 counts it in week 1 of 2025
  const expected = [2024, 4, 12, 1, 30, 0, 365, 23, 59, 58];
  for (
    const at of [
      date,
      date.getTime(),
      date.getTime() + 0.5,
      "2024-12-30T23:59:58.999Z",
      "2024-12-31T01:59:58.999+02:00",
    ]
  ) {
    deepStrictEqual(await parts(at), expected);
  }
  deepStrictEqual(await parts("2024-12-30T23:59:58.999123456"), expected);
  deepStrictEqual(await parts("2024-12-30 23:59:58"), expected);
});

Deno.test("dateExtractor() takes dates without a time, leap days, Sundays and years before 1970", async () => {
  deepStrictEqual(await parts("2024-02-29"), [2024, 1, 2, 9, 29, 3, 60, 0, 0, 0]);
  deepStrictEqual(await parts("1969-07-20T20:17:40Z"), [1969, 3, 7, 29, 20, 6, 201, 20, 17, 40]);
  deepStrictEqual(await parts(-0.5, { parts: ["year", "second"] }), [1969, 59]);
});

Deno.test("dateExtractor() goes by the clocks of a place where it is told to, also for text without an offset", async () => {
  const [day, hour] = ["day", "hour"] as const;
  const options = { parts: [day, hour], timeZone: "Europe/Berlin" };
  deepStrictEqual(await parts("2024-06-30T22:30:00Z", options), [1, 0]);
  deepStrictEqual(await parts("2024-12-31T22:30:00Z", options), [31, 23]);
  deepStrictEqual(await parts("2024-06-30T22:30:00", options), [30, 22]);
  for (
    const at of [
      "2024-06-30T22:30-02",
      "20240630T223000-0200",
      "2024-06-30T22:30-02:00[America/Noronha]",
      "2024-06-30T22:30[America/Noronha]",
    ]
  ) {
    deepStrictEqual(await parts(at, options), [1, 2]);
  }
});

Deno.test("dateExtractor() names the fields by column and part, and replaces them where they are there", async () => {
  const graph = new Graph<{ at: Date; at_hour: string }>("g");
  graph.to("d", dateExtractor({ column: "at", parts: ["hour", "hour"] })).respond();
  await using flow = await runGraph(graph);
  const body = { at: new Date(0), at_hour: "old" };
  deepStrictEqual([await flow.ask(body), body.at_hour], [{ at: new Date(0), at_hour: 0 }, "old"]);
});

Deno.test("dateExtractor() fails the event where the field holds no date", async () => {
  const graph = new Graph<{ at: unknown }>("g");
  graph.to("d", dateExtractor({ column: "at", parts: ["hour"] })).respond();
  await using flow = await runGraph(graph);
  const wrong = [
    [{}, /in field "at": it is undefined, not a Date, ISO 8601 text or milliseconds/],
    [{ at: null }, /it is null/],
    [{ at: NaN }, /it is NaN/],
    [{ at: Infinity }, /it is Infinity/],
    [{ at: 1e300 }, /it is 1e\+300/],
    [{ at: new Date(NaN) }, /it is an invalid Date/],
    [{ at: "yesterday" }, /it is "yesterday"/],
    [{ at: "" }, /it is ""/],
    [{ at: "2024-02-30" }, /it is "2024-02-30"/],
    [{ at: "2024-06-30T22:30+99:00" }, /it is "2024-06-30T22:30\+99:00"/],
    [{ at: "2024-06-30T22:30[Mars/Olympus]" }, /it is "2024/],
    [{ at: "2024-02-30T00:00:00Z" }, /it is "2024-02-30T00:00:00Z"/],
    [{ at: "05/06/2024" }, /it is "05\/06\/2024"/],
    [{ at: "x".repeat(1_000_000) }, /it is "x{50}…"/],
    [{ at: {} }, /it is object/],
    [null, /Cannot take a date out of the body: the body is null/],
  ] as const;
  for (const [body, message] of wrong) await rejects(flow.ask(body), message);
});

Deno.test("dateExtractor() writes where resultPath says", async () => {
  const graph = new Graph<{ order: { at: number } }>("g");
  graph.to("d", dateExtractor({ column: "at" as never, parts: ["year"] }), { inputPath: "order", resultPath: "order" })
    .respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await flow.ask({ order: { at: 0 } }), { order: { at: 0, at_year: 1970 } });
});

Deno.test("dateExtractor() refuses unknown parts, none, and unknown time zones, when the graph is compiled", () => {
  const wrong = [
    [{ parts: [] }, /option parts: names no part/],
    [{ parts: ["century"] }, /option parts\.0/],
    [{ parts: ["day"], timeZone: "Mars/Olympus" }, /option timeZone: is no time zone/],
    [{ parts: ["day"], column: "" }, /option column/],
  ] as const;
  for (const [options, message] of wrong) {
    const graph = new Graph<{ at: string }>("g");
    graph.to("d", dateExtractor({ column: "at", ...options } as never));
    throws(() => compile(sourceOf(graph)), message);
  }
});

import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { mapValues, type MapValuesOptions, type ValueMapping } from "../../../../lib/steps/map_values.ts";
import { runGraph } from "../../../support/run_graph.ts";

function mapping(columns: Record<string, ValueMapping>, options?: MapValuesOptions<boolean, string>): Graph<object> {
  const graph = new Graph<object>("g");
  graph.to("map", mapValues(columns, options)).respond();
  return graph;
}

Deno.test("mapValues() replaces values by name, finding numbers and booleans by their text; others stay", async () => {
  await using flow = await runGraph(mapping({ v: { values: { red: 1, "2": "two", true: null, "": 0 } } }));
  const pairs = [["red", 1], [2, "two"], ["2", "two"], [true, null], ["", 0], ["blue", "blue"], [null, null], [
    3,
    3,
  ]] as const;
  for (const [v, mapped] of pairs) deepStrictEqual(await flow.ask({ v, other: v }), { v: mapped, other: v });
  for (const v of ["constructor", "__proto__", {}, ["red"], NaN]) deepStrictEqual(await flow.ask({ v }), { v });
});

Deno.test("mapValues() replaces numbers by the first range that holds them, lower ends included, upper ones not", async () => {
  const ranges = [{ below: 0, to: "minus" }, { from: 0, below: 10, to: "small" }, { from: 5, to: "large" }];
  await using flow = await runGraph(mapping({ n: { ranges } }));
  const pairs = [[-1, "minus"], [-Infinity, "minus"], [0, "small"], [5, "small"], [9.99, "small"], [10, "large"], [
    Infinity,
    "large",
  ]];
  for (const [n, mapped] of pairs) deepStrictEqual(await flow.ask({ n }), { n: mapped });
  for (const n of [NaN, "5", null, true]) deepStrictEqual(await flow.ask({ n }), { n });
});

Deno.test("mapValues() prefers names to ranges, and gives otherwise for the rest, but adds no field", async () => {
  await using flow = await runGraph(
    mapping({ n: { values: { "1": "one" }, ranges: [{ to: "any" }], otherwise: "none" } }),
  );
  for (const [n, mapped] of [[1, "one"], [2, "any"], ["x", "none"], [null, "none"], [NaN, "none"]] as const) {
    deepStrictEqual(await flow.ask({ n }), { n: mapped });
  }
  deepStrictEqual(await flow.ask({}), {});
  await using zero = await runGraph(mapping({ n: { otherwise: null } }));
  deepStrictEqual(await zero.ask({ n: 1 }), { n: null });
});

Deno.test("mapValues() keeps originals where it is told to, and gives the new values fields of their own", async () => {
  await using flow = await runGraph(mapping({ c: { values: { r: 1 } } }, { withOriginals: true }));
  deepStrictEqual([await flow.ask({ c: "r" }), await flow.ask({})], [{ c: "r", c_mapped: 1 }, {}]);
  await using other = await runGraph(mapping({ c: { values: { r: 1 } } }, { withOriginals: true, suffix: "code" }));
  deepStrictEqual(await other.ask({ c: "b" }), { c: "b", c_code: "b" });
});

Deno.test("mapValues() gives each event a value of its own, and leaves the sender's body as it is", async () => {
  const graph = new Graph<{ v: string }>("g");
  graph.to("map", mapValues({ v: { values: { a: [0] }, otherwise: [9] } }))
    .to("push", (body) => (body.v as unknown as number[]).push(1) && body).respond();
  await using flow = await runGraph(graph);
  const body = { v: "a" };
  deepStrictEqual([await flow.ask(body), await flow.ask({ v: "a" }), body], [{ v: [0, 1] }, { v: [0, 1] }, { v: "a" }]);
  deepStrictEqual([await flow.ask({ v: "b" }), await flow.ask({ v: "b" })], [{ v: [9, 1] }, { v: [9, 1] }]);
});

Deno.test("mapValues() maps within a part of the body", async () => {
  const graph = new Graph<{ car: object }>("g");
  graph.to("map", mapValues({ c: { values: { r: 1 } } } as never), { inputPath: "car", resultPath: "car" }).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await flow.ask({ car: { c: "r" } }), { car: { c: 1 } });
});

Deno.test("mapValues() refuses bodies that are no objects, no columns, empty ranges, and what is no JSON", async () => {
  await using flow = await runGraph(mapping({ a: {} }));
  for (const body of [null, 5, [1]]) await rejects(flow.ask(body), /Cannot map values of the body: the body is/);
  const wrong = [
    [{}, /option columns: names no column/],
    [{ a: { ranges: [{ from: 1, below: 1, to: 0 }] } }, /option columns\.a\.ranges\.0: holds no number/],
    [{ a: { ranges: [{ from: NaN, to: 0 }] } }, /option columns\.a\.ranges\.0\.from/],
    [{ a: { values: { x: new Date() } } }, /option columns\.a\.values\.x/],
    [{ a: { vals: {} } }, /option columns\.a/],
    [undefined, /option columns/],
  ] as const;
  for (const [columns, message] of wrong) throws(() => compile(sourceOf(mapping(columns as never))), message);
});

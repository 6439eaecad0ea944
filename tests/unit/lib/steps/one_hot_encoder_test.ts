import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { oneHotEncoder, type OneHotEncoderOptions } from "../../../../lib/steps/one_hot_encoder.ts";
import { memoryLog, runGraph } from "../../../support/run_graph.ts";

function encoding(columns: object, options?: OneHotEncoderOptions): Graph<object> {
  const graph = new Graph<object>("g");
  graph.to("encode", oneHotEncoder(columns, options)).respond();
  return graph;
}

Deno.test("oneHotEncoder() replaces columns by one field of 0 or 1 a category, in order, each category once", async () => {
  await using flow = await runGraph(encoding({ color: ["red", "dark-blue x", "red"], size: [1, -2, 0.5] }));
  deepStrictEqual(
    Object.entries(await flow.ask({ color: "dark-blue x", n: 7, size: -2 })),
    Object.entries({ n: 7, color_red: 0, color_dark_blue_x: 1, size_1: 0, size__2: 1, "size_0.5": 0 }),
  );
});

Deno.test("oneHotEncoder() gives zeros for what is no category, counts it, and logs it once a column", async () => {
  const log = memoryLog();
  await using flow = await runGraph(encoding({ a: ["x", 1], b: ["y"] }), { log });
  const zeros = { a_x: 0, a_1: 0, b_y: 1 };
  for (const a of ["1", "X", null, NaN, undefined, {}, true]) deepStrictEqual(await flow.ask({ a, b: "y" }), zeros);
  deepStrictEqual(await flow.ask({ b: "y" }), zeros);
  deepStrictEqual(flow.counts().encode, { unknownCategory: 8 });
  deepStrictEqual(log.lines, ['warn: Field "a" is "1", not one of "x", 1: it is encoded as zeros']);
});

Deno.test("oneHotEncoder() fails the event for what is no category, where it is told to", async () => {
  await using flow = await runGraph(encoding({ a: ["x"] }, { onUnknown: "fail" }));
  deepStrictEqual(await flow.ask({ a: "x" }), { a_x: 1 });
  await rejects(flow.ask({ a: "y" }), /Cannot encode field "a": it is "y", not one of "x"/);
  await rejects(flow.ask({}), /it is undefined/);
});

Deno.test("oneHotEncoder() encodes a part of the body, and leaves the sender's as it is", async () => {
  const graph = new Graph<{ car: { color: string } }>("g");
  graph.to("e", oneHotEncoder({ color: ["red"] } as never), { inputPath: "car", resultPath: "codes" }).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await flow.ask({ car: { color: "red" } }), { car: { color: "red" }, codes: { color_red: 1 } });
});

Deno.test("oneHotEncoder() refuses bodies that are no objects, columns without categories, and fields of one name", async () => {
  await using flow = await runGraph(encoding({ a: ["x"] }));
  for (const body of [null, "text", [1]]) {
    await rejects(flow.ask(body), /Cannot encode fields of the body: the body is/);
  }
  const wrong = [
    [{}, /option columns: names no column/],
    [{ a: [] }, /option columns\.a: has no categories/],
    [{ a: [NaN] }, /option columns\.a/],
    [{ a: [true] }, /option columns\.a/],
    [{ a: ["b c", "b-c"] }, /makes field "a_b_c" of "b c" of "a" and of "b-c" of "a"/],
    [{ a: ["b_c"], a_b: ["c"] }, /makes field "a_b_c" of "b_c" of "a" and of "c" of "a_b"/],
    [{ a: [1, "1"] }, /makes field "a_1"/],
  ] as const;
  for (const [columns, message] of wrong) throws(() => compile(sourceOf(encoding(columns))), message);
});

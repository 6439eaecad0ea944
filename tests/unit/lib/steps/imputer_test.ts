import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { imputer, type ImputerOptions } from "../../../../lib/steps/imputer.ts";
import { runGraph } from "../../../support/run_graph.ts";

function filling(options: ImputerOptions<object>): Graph<object> {
  const graph = new Graph<object>("g");
  graph.to("fill", imputer(options)).respond();
  return graph;
}

Deno.test("imputer() fills named fields that are missing, null or NaN, and others that are null or NaN by the default", async () => {
  await using flow = await runGraph(filling({ columns: { a: 1, b: "x" }, default: 0 }));
  deepStrictEqual(await flow.ask({}), { a: 1, b: "x" });
  deepStrictEqual(await flow.ask({ a: null, b: NaN, c: null, d: NaN, e: undefined }), {
    a: 1,
    b: "x",
    c: 0,
    d: 0,
    e: 0,
  });
});

Deno.test("imputer() leaves values as they are: zeros, empty text, infinite numbers, and others' null without a default", async () => {
  await using flow = await runGraph(filling({ columns: { a: 1 } }));
  for (const a of [0, "", false, Infinity, -Infinity, []]) {
    deepStrictEqual(await flow.ask({ a, b: null }), { a, b: null });
  }
  const body = { a: null };
  deepStrictEqual([await flow.ask(body), body], [{ a: 1 }, { a: null }]);
});

Deno.test("imputer() gives each event a value of its own", async () => {
  const graph = new Graph<{ list?: number[] }>("g");
  graph.to("fill", imputer({ columns: { list: [0] } })).to("push", (body) => body.list.push(1) && body).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual([await flow.ask({}), await flow.ask({})], [{ list: [0, 1] }, { list: [0, 1] }]);
});

Deno.test("imputer() fills a part of the body, and keeps a field called __proto__ what it is", async () => {
  const graph = new Graph<{ user: object }>("g");
  graph.to("fill", imputer({ columns: { age: 1 } } as never), { inputPath: "user", resultPath: "user" }).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await flow.ask({ user: {} }), { user: { age: 1 } });
  await using hostile = await runGraph(filling({ default: { admin: true } }));
  const reply = await hostile.ask(JSON.parse('{"__proto__": null}'));
  deepStrictEqual([Object.keys(reply), reply.admin], [["__proto__"], undefined]);
});

Deno.test("imputer() refuses bodies that are no objects, and options that fill nothing in or are no JSON", async () => {
  await using flow = await runGraph(filling({ default: 0 }));
  for (const body of [null, 5, [null]]) await rejects(flow.ask(body), /Cannot fill in fields of the body: the body is/);
  for (const options of [{}, { columns: { a: new Date() } }, { default: () => 0 }, { columns: 5 }]) {
    throws(() => compile(sourceOf(filling(options as never))), /option (columns|default)/);
  }
});

import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { dropFields } from "../../../../lib/steps/drop_fields.ts";
import { runGraph } from "../../../support/run_graph.ts";

Deno.test("dropFields() takes fields out, leaves alone what is not there, and the sender's body as it is", async () => {
  const graph = new Graph<{ a: number; b?: number; c: number }>("g");
  graph.to("drop", dropFields("a", "b")).respond();
  await using flow = await runGraph(graph);
  const body = { a: 1, c: 3 };
  deepStrictEqual([await flow.ask(body), body], [{ c: 3 }, { a: 1, c: 3 }]);
});

Deno.test("dropFields() keeps a field called __proto__, and drops it where it is told to", async () => {
  const hostile = JSON.parse('{"__proto__": {"admin": true}, "a": 1}');
  for (const [name, kept] of [["a", ["__proto__"]], ["__proto__", ["a"]]] as const) {
    const graph = new Graph<object>("g");
    graph.to("drop", dropFields(name as never)).to("keys", (body) => [Object.keys(body), "admin" in body]).respond();
    await using flow = await runGraph(graph);
    deepStrictEqual(await flow.ask(hostile), [kept, false]);
  }
});

Deno.test("dropFields() drops within a part of the body", async () => {
  const graph = new Graph<{ user: { name: string; password?: string } }>("g");
  graph.to("drop", dropFields("password" as never), { inputPath: "user", resultPath: "user" }).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await flow.ask({ user: { name: "ann", password: "x" } }), { user: { name: "ann" } });
});

Deno.test("dropFields() refuses bodies that are no objects, and no names", async () => {
  const graph = new Graph<object>("g");
  graph.to("drop", dropFields("a" as never)).respond();
  await using flow = await runGraph(graph);
  for (const body of [null, 5, [1], "text"]) {
    await rejects(flow.ask(body), /Cannot drop fields of the body: the body is/);
  }
  const none = new Graph<object>("g");
  none.to("drop", dropFields());
  throws(() => compile(sourceOf(none)), /option names: names no field/);
});

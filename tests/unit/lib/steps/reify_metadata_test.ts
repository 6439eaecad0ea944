import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { reifyMetadata } from "../../../../lib/steps/reify_metadata.ts";
import { runGraph } from "../../../support/run_graph.ts";

const TIME = new Date("2024-05-01T10:00:00Z");
const INIT = { id: "e1", key: "k", path: "/p", method: "PUT", trigger: "t", partition: "7", time: TIME };

Deno.test("reifyMetadata() copies what is known of the event into the body, null where nobody said", async () => {
  const graph = new Graph<{ n: number; path?: string }>("g");
  graph.to(
    "meta",
    reifyMetadata({ id: "i", key: "k", time: "t", path: "path", method: "m", trigger: "by", partition: "part" }),
  ).respond();
  await using flow = await runGraph(graph);
  const body = { n: 1, path: "old" };
  deepStrictEqual(
    await flow.ask(body, INIT),
    { n: 1, i: "e1", k: "k", t: TIME, path: "/p", m: "PUT", by: "t", part: "7" },
  );
  deepStrictEqual(body, { n: 1, path: "old" });
  const { k, by, part } = await flow.ask(body);
  deepStrictEqual([k, by, part], [null, null, null]);
});

Deno.test("reifyMetadata() gives a date of the body's own", async () => {
  const graph = new Graph<object>("g");
  graph.to("meta", reifyMetadata({ time: "at" })).to("change", (body) => body.at.setTime(0))
    .to("event", (event) => (event as unknown as { time: Date }).time, { fullEvent: true }).respond();
  await using flow = await runGraph(graph);
  const time = new Date(TIME);
  deepStrictEqual(await flow.ask({}, { time }), TIME);
});

Deno.test("reifyMetadata() works behind a step that answers later, in branches and with paths", async () => {
  const graph = new Graph<object>("g");
  const start = graph.to("later", async (body) => await Promise.resolve(body));
  start.to("side", (body) => body);
  start.to("meta", reifyMetadata({ id: "id" }), { resultPath: "meta" }).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await flow.ask({ n: 1 }, INIT), { n: 1, meta: { n: 1, id: "e1" } });
});

Deno.test("reifyMetadata() refuses bodies that are no objects, unknown attributes and none", async () => {
  const graph = new Graph<object>("g");
  graph.to("meta", reifyMetadata({ id: "id" })).respond();
  await using flow = await runGraph(graph);
  for (const body of [null, 5, [1]]) {
    await rejects(flow.ask(body), /Cannot copy the event's metadata into the body: the body is/);
  }
  for (const fields of [{}, { body: "b" }, { id: "" }, { id: 5 }, undefined]) {
    const wrong = new Graph<object>("g");
    wrong.to("meta", reifyMetadata(fields as { id: "id" }));
    throws(() => compile(sourceOf(wrong)), /option fields/);
  }
});

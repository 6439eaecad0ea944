import { deepStrictEqual, rejects } from "node:assert/strict";
import type { FlowEvent } from "../../../../lib/graph/event.ts";
import { reply } from "../../../../lib/graph/early_reply.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { batch } from "../../../../lib/steps/batch.ts";
import { merge } from "../../../../lib/steps/merge.ts";
import { runGraph } from "../../../support/run_graph.ts";

const early = (n: number) => n < 0 ? reply("negative") : n;
const STEPS = {
  "a function": early,
  "a later answer": async (n: number) => await Promise.resolve(early(n)),
  "a class": class {
    do(n: number) {
      return early(n);
    }
  },
} as const;

Deno.test("reply() answers the caller, and the steps behind are not entered", async () => {
  for (const [name, step] of Object.entries(STEPS)) {
    const seen: number[] = [];
    const graph = new Graph<number>("g");
    graph.to("early", step as typeof early).to("look", (n) => {
      seen.push(n);
      return n * 2;
    }).respond();
    await using flow = await runGraph(graph);
    deepStrictEqual([await flow.ask(-1), await flow.ask(4)], ["negative", 8], name);
    deepStrictEqual(seen, [4], name);
  }
});

Deno.test("reply() answers from a step with fullEvent, resultPath or retries as from any other", async () => {
  const graph = new Graph<{ n: number }>("g");
  graph.to("event", (event: FlowEvent<{ n: number }>) => event.body.n === 1 ? reply("one") : event, { fullEvent: true })
    .to("path", ({ n }) => n === 2 ? reply("two") : n, { resultPath: "m" })
    .to("again", ({ n }) => n === 3 ? reply("three") : "end", { retries: 1 })
    .respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await Promise.all([1, 2, 3, 4].map((n) => flow.ask({ n }))), ["one", "two", "three", "end"]);
});

Deno.test("reply() in a branch that does not lead to the reply only ends the event there", async () => {
  const graph = new Graph<number>("g");
  const start = graph.to("start", (n: number) => n);
  start.to("side", () => reply("side"));
  start.to("main", (n) => n + 1).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await flow.ask(1), 2);
});

Deno.test("reply() answers everybody whose event is in a batch", async () => {
  const graph = new Graph<number>("g");
  graph.to("batch", batch({ maxEvents: 2 })).to("all", (list) => reply(list.length)).to("end", () => "end").respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await Promise.all([flow.ask(1), flow.ask(2)]), [2, 2]);
});

Deno.test("reply() in one branch of a merge answers, and the other branch ends", async () => {
  const graph = new Graph<number>("g");
  const start = graph.to("start", (n: number) => n);
  const one = start.to("one", early);
  const two = start.to("two", (n) => n + 1);
  graph.after(one, two).to("both", merge()).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual([await flow.ask(-1), await flow.ask(1)], ["negative", [1, 2]]);
});

Deno.test("reply() fails for one chunk of a stream, which is a reply that has begun", async () => {
  const graph = new Graph<number>("g");
  graph.to("chunks", function* (n: number) {
    yield n;
  }).to("early", () => reply("no")).respond();
  await using flow = await runGraph(graph);
  await rejects(flow.ask(1), /Cannot reply early: the event is one chunk of a streamed reply/);
});

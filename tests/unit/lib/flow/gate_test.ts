import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import type { StepOptions } from "../../../../lib/graph/step.ts";
import { runGraph } from "../../../support/run_graph.ts";

/** A graph whose one step takes as many turns as the body says, and what it has seen. */
function slow(options: StepOptions = {}): { graph: Graph<number>; left: number[]; most: () => number } {
  const left: number[] = [];
  let running = 0;
  let most = 0;
  const graph = new Graph<number>("g");
  graph.to("slow", async (turns: number) => {
    most = Math.max(most, ++running);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    running--;
    if (turns === 13) throw new Error("thirteen");
    return turns;
  }, options as object).to("keep", (turns) => void left.push(turns as number));
  return { graph, left, most: () => most };
}

Deno.test("Gate keeps what one source emits in order, one at a time", async () => {
  const { graph, left, most } = slow();
  const flow = await runGraph(graph);
  for (const turns of [9, 3, 13, 0, 5]) await flow.emit(turns);
  await flow.close();
  deepStrictEqual([left, most()], [[9, 3, 0, 5], 1]);
});

Deno.test("Gate works on different keys at once, and keeps the order of each", async () => {
  const { graph, left, most } = slow();
  const flow = await runGraph(graph);
  for (const [turns, key] of [[9, "a"], [3, "b"], [1, "a"], [2, "b"]] as const) await flow.emit(turns, { key });
  await flow.close();
  deepStrictEqual([left, most()], [[3, 2, 9, 1], 2]);
});

Deno.test("Gate lets requests without a key overtake each other", async () => {
  const { graph, left, most } = slow();
  const flow = await runGraph(graph);
  await Promise.all([9, 3, 6].map((turns) => flow.deliver(new FlowEvent(turns))));
  await flow.close();
  deepStrictEqual([left, most()], [[3, 6, 9], 3]);
});

Deno.test("Gate works on as many as maxInFlight says, and lets them out in order", async () => {
  const { graph, left, most } = slow({ maxInFlight: 3 });
  const flow = await runGraph(graph);
  const all = Array.from({ length: 40 }, (_, index) => (index * 7) % 12);
  for (const turns of all) await flow.emit(turns);
  await flow.close();
  deepStrictEqual([left, most()], [all, 3]);
});

Deno.test("Gate with maxInFlight 1 works on one event at a time, whoever sent it", async () => {
  const { graph, most } = slow({ maxInFlight: 1 });
  const flow = await runGraph(graph);
  await Promise.all([9, 3, 6].map((turns) => flow.ask(turns)));
  await flow.close();
  strictEqual(most(), 1);
});

Deno.test("Gate keeps the order of a partition, whatever the keys", async () => {
  const { graph, left } = slow();
  const flow = await runGraph(graph);
  const sent = [[9, "a"], [3, "b"]] as const;
  await Promise.all(sent.map(([turns, key]) => flow.deliver(new FlowEvent(turns, { key, partition: "0" }))));
  await flow.close();
  deepStrictEqual(left, [9, 3]);
});

Deno.test("Gate lets 20,000 events through that wait for one, without a deep stack", async () => {
  const { graph, left } = slow();
  const flow = await runGraph(graph, { maxInFlight: 100_000 });
  await Promise.all(Array.from({ length: 20_000 }, (_, index) => flow.emit(index % 2)));
  await flow.close();
  strictEqual(left.length, 20_000);
  ok(left.every((turns, index) => turns === index % 2));
});

Deno.test("Gate with a limit lets nobody in before those who wait", async () => {
  const starts: number[] = [];
  const graph = new Graph<number>("g");
  graph.to("work", async (n: number) => {
    starts.push(n);
    await Promise.resolve();
    return n;
  }, { maxInFlight: 1 }).to("again", (n) => {
    if (n === 1) void flow.emit(10);
  });
  const flow = await runGraph(graph);
  await Promise.all([1, 2, 3].map((n) => flow.emit(n, { key: `key ${n}` })));
  await flow.close();
  deepStrictEqual(starts, [1, 2, 3, 10]);
});

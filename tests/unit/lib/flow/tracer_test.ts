import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { TraceStep } from "../../../../lib/flow/tracer.ts";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { batch } from "../../../../lib/steps/batch.ts";
import { filter } from "../../../../lib/steps/filter.ts";
import { flatMap } from "../../../../lib/steps/flat_map.ts";
import { merge } from "../../../../lib/steps/merge.ts";
import { queue } from "../../../../lib/steps/queue.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { runGraph } from "../../../support/run_graph.ts";

/** A line for each entry: what came in, what went out, and how it ended. */
function linesOf(entries: readonly TraceStep[]): string[] {
  return entries.map(({ step, received, returned, state }) =>
    `${step}: ${JSON.stringify(received)} → ${
      state === "went on" ? returned.map((body) => JSON.stringify(body)) : state
    }`
  );
}

async function traceGraph(graph: Graph<number>, body: number, others: readonly number[] = []): Promise<string[]> {
  await using flow = await runGraph(graph);
  for (const other of others) await flow.emit(other);
  return linesOf(await flow.trace("traced", () => Promise.resolve(flow.handle(new FlowEvent(body, { id: "traced" })))));
}

Deno.test("Flow.trace() tells what each step received and returned, across a fan-out and a join", async () => {
  const graph = new Graph<number>("g");
  const start = graph.to("start", (n) => n + 1);
  const more = start.to("more", async (n) => await Promise.resolve(n * 10));
  const less = start.to("less", (n) => n - 1);
  graph.after(more, less).to("join", merge()).respond();
  deepStrictEqual(await traceGraph(graph, 1), [
    "start: 1 → 2",
    "more: 2 → 20",
    "less: 2 → 1",
    "join: 1 → [1,20]",
    "join: 20 → [1,20]",
  ]);
});

Deno.test("Flow.trace() goes on behind queues, lists and drops, when the caller has been answered", async () => {
  const graph = new Graph<number>("g");
  graph.to("start", (n) => n).respond()
    .to("q", queue())
    .to("split", flatMap((n: number) => [n, n + 1]))
    .to("even", filter((n) => n % 2 === 0))
    .to("end", (n) => -n);
  deepStrictEqual(await traceGraph(graph, 3), [
    "start: 3 → 3",
    "q: 3 → 3",
    "split: 3 → 3,4",
    "even: 3 → ended",
    "even: 4 → 4",
    "end: 4 → -4",
  ]);
});

Deno.test("Flow.trace() tells failures, and the handler's way", async () => {
  const graph = new Graph<number>("g");
  graph.to("start", (n) => {
    if (n > 0) throw new RangeError("above zero");
    return n;
  }).errorHandler("catch", (n: number) => ({ caught: n })).respond();
  await using flow = await runGraph(graph);
  const entries = await flow.trace("e", () => flow.ask(5, { id: "e" }));
  deepStrictEqual(linesOf(entries), ["start: 5 → failed", `catch: 5 → {"caught":5}`]);
  strictEqual((entries[0]!.error as Error).message, "above zero");
});

Deno.test("Flow.trace() tells only its own event, and what a batch keeps as held", async () => {
  const graph = new Graph<number>("g");
  graph.to("start", (n) => n).to("pair", batch<number>({ maxEvents: 3 })).to("sum", (list) => list.length);
  deepStrictEqual(await traceGraph(graph, 1, [7]), ["start: 1 → 1", "pair: 1 → held"]);
  deepStrictEqual(await traceGraph(graph, 1, [7, 8]), ["start: 1 → 1", "pair: 1 → [7,8,1]", "sum: [7,8,1] → 3"]);
});

Deno.test("Flow.trace() tells each chunk of a stream", async () => {
  const graph = new Graph<number>("g");
  graph.to("count", function* (n) {
    for (let k = 0; k < n; k++) yield k;
  }).to("double", (n) => n * 2);
  deepStrictEqual(await traceGraph(graph, 2), ["count: 2 → 0,1", "double: 0 → 0", "double: 1 → 2"]);
});

Deno.test("Flow.trace() keeps the body as it came in, and measures by the handed-in clock", async () => {
  const clock = new ManualClock();
  const graph = new Graph<{ n: number }>("g");
  graph.to("change", async (body) => {
    body.n = 9;
    await new Promise<void>((resolve) => clock.schedule(40, resolve));
    return body;
  }).respond();
  await using flow = await runGraph(graph, { clock });
  const traced = flow.trace("e", () => flow.ask({ n: 1 }, { id: "e" }));
  await clock.advance(40);
  const [entry] = await traced;
  deepStrictEqual([entry!.received, entry!.returned, entry!.tookMs], [{ n: 1 }, [{ n: 9 }], 40]);
});

Deno.test("Flow.watch() tells several, each until it is called off", async () => {
  const graph = new Graph<number>("g");
  graph.to("s", (n) => n).respond();
  await using flow = await runGraph(graph);
  const seen: string[] = [];
  const first = flow.watch({ enter: (step) => seen.push(`first ${step}`) });
  const second = flow.watch({ leave: (step) => seen.push(`second ${step}`) });
  await flow.ask(1);
  first();
  await flow.ask(1);
  second();
  await flow.ask(1);
  deepStrictEqual(seen, ["first s", "second s", "second s"]);
});

import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { batch } from "../../../../lib/steps/batch.ts";
import { merge } from "../../../../lib/steps/merge.ts";
import { flatMap } from "../../../../lib/steps/flat_map.ts";
import { testClock } from "../../../../lib/testing/test_clock.ts";
import { runGraph } from "../../../support/run_graph.ts";

function keeping(options: Parameters<typeof batch<number>>[0]): { graph: Graph<number>; seen: number[][] } {
  const seen: number[][] = [];
  const graph = new Graph<number>("g");
  graph.to("batch", batch<number>(options)).to("keep", (list) => void seen.push(list));
  return { graph, seen };
}

Deno.test("batch() goes on by count, and with the rest at close", async () => {
  const { graph, seen } = keeping({ maxEvents: 2 });
  const flow = await runGraph(graph);
  for (const n of [1, 2, 3]) await flow.emit(n);
  deepStrictEqual(seen, [[1, 2]]);
  await flow.close();
  deepStrictEqual(seen, [[1, 2], [3]]);
});

Deno.test("batch() goes on some time after its first event", async () => {
  const { graph, seen } = keeping({ flushAfterMs: 100, key: (n) => n % 2 });
  const clock = testClock();
  const flow = await runGraph(graph, { clock });
  await flow.emit(1);
  await clock.advance(60);
  await flow.emit(2);
  await flow.emit(3);
  await clock.advance(39);
  deepStrictEqual(seen, []);
  await clock.advance(1);
  deepStrictEqual(seen, [[1, 3]]);
  await clock.advance(60);
  deepStrictEqual(seen, [[1, 3], [2]]);
  await flow.close();
  deepStrictEqual([clock.timers, seen.length], [0, 2]);
});

Deno.test("batch() answers each caller: with the whole, or, where it is taken apart again, with their own", async () => {
  const whole = new Graph<number>("g");
  whole.to("batch", batch<number>({ maxEvents: 2 })).respond();
  await using one = await runGraph(whole);
  deepStrictEqual(await Promise.all([one.ask(1), one.ask(2)]), [[1, 2], [1, 2]]);
  const apart = new Graph<number>("g");
  apart.to("batch", batch<number>({ maxEvents: 3 })).to("each", flatMap((list) => list.map((n) => n * 10))).respond();
  await using other = await runGraph(apart);
  deepStrictEqual(await Promise.all([other.ask(1), other.ask(2), other.ask(3)]), [10, 20, 30]);
});

Deno.test("batch() tells each caller of a failure behind it", async () => {
  const graph = new Graph<number>("g");
  graph.to("batch", batch<number>({ maxEvents: 2 })).to("fail", () => {
    throw new Error("boom");
  }).respond();
  await using flow = await runGraph(graph);
  const asked = [flow.ask(1), flow.ask(2)];
  for (const one of asked) await rejects(one, /boom/);
});

Deno.test("batch() answers whoever waits when the flow closes", async () => {
  const graph = new Graph<number>("g");
  graph.to("batch", batch<number>()).respond();
  const flow = await runGraph(graph);
  const asked = flow.ask(1);
  await flow.close();
  deepStrictEqual(await asked, [1]);
});

Deno.test("batch() refuses keys that are no text and no number", async () => {
  for (const key of [undefined, null, NaN, {}, Symbol("s")]) {
    const graph = new Graph<number>("g");
    graph.to("batch", batch<number>({ key: () => key as never })).respond();
    await using flow = await runGraph(graph);
    await rejects(flow.ask(1), /Cannot put the event into a batch: its key is/);
  }
});

Deno.test("batch() refuses options out of range, when the graph is compiled", () => {
  for (const options of [{ maxEvents: 0 }, { maxEvents: 1.5 }, { flushAfterMs: -1 }, { flushAfterMs: NaN }]) {
    const graph = new Graph<number>("g");
    graph.to("batch", batch<number>(options));
    throws(() => compile(sourceOf(graph)), /option (maxEvents|flushAfterMs)/);
  }
});

Deno.test("batch() gives each its own id, key, path and time back where it is taken apart again", async () => {
  const seen: unknown[] = [];
  const graph = new Graph<number>("g");
  graph.to("batch", batch({ maxEvents: 2 }))
    .to("each", flatMap((list) => list.map((n) => n * 10)))
    .to("look", (event) => seen.push([event.id, event.key, event.path, event.time.getTime(), event.body]), {
      fullEvent: true,
    });
  const flow = await runGraph(graph);
  await flow.emit(1, { id: "a", key: "k", path: "/one", time: new Date(1) });
  await flow.emit(2, { id: "b", path: "/two", time: new Date(2) });
  await flow.emit(3, { id: "c", path: "/three", time: new Date(3) });
  await flow.close();
  deepStrictEqual(seen, [["a", "k", "/one", 1, 10], ["b", undefined, "/two", 2, 20], [
    "c",
    undefined,
    "/three",
    3,
    30,
  ]]);
});

Deno.test("batch() in one branch of a merge: each event's parts find each other again", async () => {
  const graph = new Graph<number>("g");
  const start = graph.to("start", (n: number) => n);
  const fast = start.to("fast", (n) => n + 1);
  const slow = start.to("batch", batch({ maxEvents: 2 })).to("each", flatMap((list) => list.map((n) => n * 10)));
  graph.after(fast, slow).to("join", merge()).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await Promise.all([flow.ask(1), flow.ask(2)]), [[2, 10], [3, 20]]);
});

Deno.test("batch() keeps one timer for all batches, which goes on to what began later", async () => {
  const { graph, seen } = keeping({ maxEvents: 2, flushAfterMs: 100, key: (n) => n % 10 });
  const clock = testClock();
  const flow = await runGraph(graph, { clock });
  for (const n of [1, 11, 2, 3]) await flow.emit(n); // the batch that set the timer is complete
  deepStrictEqual([seen, clock.timers], [[[1, 11]], 1]);
  await clock.advance(50);
  await flow.emit(4);
  await flow.emit(13); // completes the batch of 3
  deepStrictEqual([seen.length, clock.timers, clock.nextMs], [2, 1, 50]);
  await clock.advance(50);
  deepStrictEqual([seen.slice(2), clock.timers, clock.nextMs], [[[2]], 1, 50]);
  await clock.advance(50);
  deepStrictEqual([seen.slice(3), clock.timers], [[[4]], 0]);
  await flow.emit(5);
  await flow.close();
  deepStrictEqual([seen.slice(4), clock.timers], [[[5]], 0]);
});

Deno.test("batch() on a cycle: what begins behind a batch that is due gets its own time, by the one timer", async () => {
  const seen: number[][] = [];
  const graph = new Graph<number>("g", { allowCycles: true });
  graph.to("batch", batch<number>({ flushAfterMs: 100, key: (n) => n }))
    .to("keep", (list) => (seen.push(list), list))
    .to("each", flatMap((list) => list[0]! < 3 ? [list[0]! + 2] : [])).cycleTo("batch");
  const clock = testClock();
  const flow = await runGraph(graph, { clock });
  await flow.emit(1);
  await clock.advance(60);
  await flow.emit(2);
  await clock.advance(40);
  deepStrictEqual([seen, clock.timers, clock.nextMs], [[[1]], 1, 60]);
  await clock.advance(100);
  deepStrictEqual([seen, clock.timers], [[[1], [2], [3]], 1]);
  await flow.close();
  deepStrictEqual([seen.at(-1), clock.timers], [[4], 0]);
});

Deno.test("batch() does not wait longer where the clock is set back", async () => {
  const { graph, seen } = keeping({ flushAfterMs: 100 });
  const timers: (() => void)[] = [];
  let now = 1_000_000;
  const clock = { now: () => now, schedule: (_afterMs: number, run: () => void) => (timers.push(run), () => {}) };
  const flow = await runGraph(graph, { clock });
  await flow.emit(1);
  now -= 500_000;
  timers[0]!();
  deepStrictEqual(seen, [[1]]);
  await flow.close();
});

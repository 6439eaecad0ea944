import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { concurrent, type ConcurrentOptions } from "../../../../lib/steps/concurrent.ts";
import { ManualClock, settle } from "../../../support/manual_clock.ts";
import { runGraph } from "../../../support/run_graph.ts";

/** A function whose calls answer when they are told to. */
function gated(): { fn: (n: number) => Promise<number>; waiting: Map<number, () => void> } {
  const waiting = new Map<number, () => void>();
  return { waiting, fn: (n) => new Promise((resolve) => waiting.set(n, () => resolve(n * 10))) };
}

async function working(options: ConcurrentOptions | undefined, step: object = {}): Promise<number> {
  const { fn, waiting } = gated();
  const graph = new Graph<number>("g");
  graph.to("c", concurrent(fn, options), step);
  const flow = await runGraph(graph);
  for (let n = 0; n < 20; n++) await flow.emit(n);
  const atOnce = waiting.size;
  const closed = flow.close();
  while (waiting.size < 20) await letAll(waiting);
  await letAll(waiting);
  await closed;
  return atOnce;
}

async function letAll(waiting: Map<number, () => void>): Promise<void> {
  for (const done of waiting.values()) done();
  await settle();
}

Deno.test("concurrent() works on 8 events at once, or as many as it is told; the step's own option counts more", async () => {
  strictEqual(await working(undefined), 8);
  strictEqual(await working({ maxInFlight: 3 }), 3);
  strictEqual(await working({ maxInFlight: 1 }), 1);
  strictEqual(await working({ maxInFlight: 3 }, { maxInFlight: 5 }), 5);
});

Deno.test("concurrent() sends results on in the order of the events, whoever is done first, failures left out", async () => {
  const { fn, waiting } = gated();
  const seen: number[] = [];
  const graph = new Graph<number>("g");
  graph.to(
    "c",
    concurrent(async (n: number) => {
      const result = await fn(n);
      if (n === 2) throw new Error("two");
      return result;
    }, { maxInFlight: 4 }),
  ).to("keep", (n) => void seen.push(n));
  const flow = await runGraph(graph);
  for (const n of [1, 2, 3, 4]) await flow.emit(n);
  for (const n of [4, 3, 2]) {
    waiting.get(n)!();
    await settle();
    deepStrictEqual(seen, []);
  }
  waiting.get(1)!();
  await flow.close();
  deepStrictEqual(seen, [10, 30, 40]);
});

Deno.test("concurrent() keeps the order of each key, and lets requests without one leave as they are done", async () => {
  const { fn, waiting } = gated();
  const seen: number[] = [];
  const graph = new Graph<number>("g");
  graph.to("c", concurrent(fn, { maxInFlight: 4 })).to("keep", (n) => void seen.push(n));
  const flow = await runGraph(graph);
  const asked = [flow.ask(1), flow.ask(2), flow.ask(3, { key: "k" }), flow.ask(4, { key: "k" })];
  for (const n of [4, 3, 2, 1]) {
    waiting.get(n)!();
    await settle();
  }
  deepStrictEqual(seen, [30, 40, 20, 10]);
  await Promise.all(asked);
  await flow.close();
});

Deno.test("concurrent() is tried again as its step says", async () => {
  const clock = new ManualClock();
  let calls = 0;
  const graph = new Graph<number>("g");
  graph.to(
    "c",
    concurrent(async (n: number) => {
      await Promise.resolve();
      if (++calls < 3) throw new Error("not yet");
      return n;
    }),
    { retries: 2, backoffMs: 10 },
  ).respond();
  await using flow = await runGraph(graph, { clock });
  const asked = flow.ask(7);
  await clock.advance(100);
  deepStrictEqual([await asked, calls], [7, 3]);
});

Deno.test("concurrent() takes functions that answer at once, parts and paths", async () => {
  const graph = new Graph<{ n: number }>("g");
  graph.to("c", concurrent((n) => (n as never as number) + 1), { inputPath: "n", resultPath: "more" }).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await flow.ask({ n: 1 }), { n: 1, more: 2 });
  const failing = new Graph<number>("g");
  failing.to(
    "c",
    concurrent(() => {
      throw new Error("boom");
    }),
  ).respond();
  await using other = await runGraph(failing);
  await rejects(other.ask(1), /boom/);
});

Deno.test("concurrent() refuses to work on less than one event, when the graph is compiled", () => {
  for (const maxInFlight of [0, -1, 1.5, NaN, "2"]) {
    const graph = new Graph<number>("g");
    graph.to("c", concurrent((n) => n, { maxInFlight: maxInFlight as number }));
    throws(() => compile(sourceOf(graph)), /option maxInFlight/);
  }
});

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import type { Context } from "../../../../lib/graph/context.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { settle, testClock } from "../../../../lib/testing/test_clock.ts";
import { collectGarbage } from "../../../support/collect_garbage.ts";
import { runGraph } from "../../../support/run_graph.ts";

/** A graph whose step never answers, and tells when it is told to stop. */
function endless(timeoutMs?: number): { graph: Graph<number>; stopped: number[] } {
  const stopped: number[] = [];
  const graph = new Graph<number>("g", timeoutMs === undefined ? {} : { timeoutMs });
  graph.to("work", (n: number, { signal }: Context) => {
    signal.addEventListener("abort", () => stopped.push(n));
    return new Promise<number>(() => {});
  }).respond();
  return { graph, stopped };
}

Deno.test("Traffic fails what takes longer than the graph's timeoutMs with 504, stops its steps, and drains", async () => {
  const { graph, stopped } = endless(100);
  const clock = testClock();
  const flow = await runGraph(graph, { clock });
  const first = rejects(flow.ask(1), { status: 504 });
  await clock.advance(60);
  const second = rejects(flow.ask(2), { status: 504 });
  await clock.advance(40);
  await first;
  deepStrictEqual(stopped, [1]);
  await clock.advance(60);
  await second;
  deepStrictEqual(stopped, [1, 2]);
  await flow.close();
  strictEqual(clock.timers, 0);
});

Deno.test("Traffic stops work for a caller that has left", async () => {
  const { graph, stopped } = endless();
  const flow = await runGraph(graph);
  const caller = new AbortController();
  const asked = rejects(flow.ask(1, { signal: caller.signal }), { status: 499 });
  await settle();
  caller.abort();
  await asked;
  deepStrictEqual(stopped, [1]);
  await rejects(flow.ask(2, { signal: caller.signal }), { status: 499 });
  await flow.close();
});

Deno.test("Traffic forgets an event that is done, also where its caller might have left", async () => {
  const graph = new Graph<{ n: number }>("g");
  graph.to("work", async (body) => {
    await Promise.resolve();
    return body;
  }).respond();
  await using flow = await runGraph(graph);
  const caller = new AbortController();
  const kept: WeakRef<object>[] = [];
  const ask = async (n: number) => {
    const body = { n };
    kept.push(new WeakRef(body));
    await flow.ask(body, { signal: caller.signal });
  };
  for (let n = 0; n < 10; n++) await ask(n);
  await collectGarbage();
  deepStrictEqual(kept.filter((body) => body.deref() !== undefined).length, 0);
});

import { deepStrictEqual, rejects } from "node:assert/strict";
import { Graph } from "../../../../lib/graph/graph.ts";
import { queue, type QueueOptions } from "../../../../lib/steps/queue.ts";
import { runGraph } from "../../../support/run_graph.ts";

/** A queue before a step that waits until it is let go. */
async function slow(options: QueueOptions) {
  const gates: (() => void)[] = [];
  const done: number[] = [];
  let entered = Promise.withResolvers<void>();
  const graph = new Graph<number>("g");
  graph.to("q", queue(options)).to("slow", async (n: number) => {
    await new Promise<void>((open) => {
      gates.push(open);
      entered.resolve();
    });
    done.push(n);
    return n;
  }).respond();
  const flow = await runGraph(graph);
  return {
    flow,
    done,
    /** Waits until an event is in the step, and tells how many are. */
    async inStep(): Promise<number> {
      await entered.promise;
      return gates.length;
    },
    open(): void {
      entered = Promise.withResolvers();
      gates.shift()!();
    },
  };
}

Deno.test("queue() hands on one event at a time, in order, and answers each caller", async () => {
  const { flow, done, open, inStep } = await slow({});
  const replies = [1, 2, 3].map((n) => flow.ask(n));
  for (const _ of replies) {
    deepStrictEqual(await inStep(), 1);
    open();
  }
  deepStrictEqual(await Promise.all(replies), [1, 2, 3]);
  deepStrictEqual(done, [1, 2, 3]);
  await flow.close();
});

Deno.test("queue() that is full refuses, drops, or lets wait", async () => {
  for (const whenFull of ["refuse", "drop", "wait"] as const) {
    const { flow, open, inStep } = await slow({ capacityEvents: 1, whenFull });
    const first = flow.ask(1);
    await inStep();
    const second = flow.ask(2);
    const third = flow.ask(3);
    if (whenFull === "refuse") await rejects(third, { name: "StepError", status: 503 });
    if (whenFull === "drop") deepStrictEqual(await third, undefined);
    open();
    await inStep();
    open();
    if (whenFull === "wait") {
      await inStep();
      open();
      deepStrictEqual(await third, 3);
    }
    deepStrictEqual([await first, await second], [1, 2]);
    await flow.close();
  }
});

Deno.test("queue() goes on when a step behind it fails", async () => {
  const graph = new Graph<number>("g");
  graph.to("q", queue()).to("check", (n: number) => {
    if (n < 0) throw new Error("negative");
    return n;
  }).respond();
  await using flow = await runGraph(graph);
  await rejects(flow.ask(-1), /negative/);
  deepStrictEqual(await flow.ask(1), 1);
});

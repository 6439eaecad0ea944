import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import type { FlowLimits } from "../../../../lib/graph/limits.ts";
import { queue } from "../../../../lib/steps/queue.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { runGraph } from "../../../support/run_graph.ts";

/** A graph whose step never returns. */
function stuck(limits: FlowLimits = {}): Graph<number> {
  const graph = new Graph<number>("g", limits);
  graph.to("work", () => new Promise<number>(() => {})).respond();
  return graph;
}

Deno.test("Flow.close() gives up a handler that never returns, naming step and event; its caller gets 503", async () => {
  const clock = new ManualClock();
  const flow = await runGraph(stuck(), { clock });
  const asked = rejects(flow.ask(1, { id: "e1" }), {
    status: 503,
    message: `Step "work" failed: No answer in the 50 ms that flow "g" had to close`,
  });
  await flow.emit(2, { id: "e2" });
  const closed = rejects(flow.close({ timeoutMs: 50 }), {
    name: "AggregateError",
    message: `Cannot close flow "g":\n  Step "work" had no answer for event e1 and 1 more after 50 ms`,
  });
  await clock.advance(50);
  await Promise.all([asked, closed]);
  deepStrictEqual(flow.deadLetters().map(({ step, event }) => [step, event.id]), [["work", "e2"]]);
  strictEqual(clock.timers, 0);
});

Deno.test("Flow.close() waits for the graph's closeTimeoutMs, else for 30 s", async () => {
  for (const [limits, ms] of [[{ closeTimeoutMs: 7 }, 7], [{}, 30_000]] as const) {
    const clock = new ManualClock();
    const flow = await runGraph(stuck(limits), { clock });
    await flow.emit(1);
    let isClosed = false;
    const closed = flow.close().catch(() => isClosed = true);
    await clock.advance(ms - 1);
    strictEqual(isClosed, false);
    await clock.advance(1);
    await closed;
    strictEqual(isClosed, true);
  }
});

Deno.test("Flow.close() ends what waits behind a step that never returns: in its lane, in a queue, outside", async () => {
  const clock = new ManualClock();
  const graph = new Graph<number>("g");
  graph.to("q", queue({ capacityEvents: 2 })).to("work", () => new Promise<number>(() => {})).to("end", (n) => n)
    .respond();
  const flow = await runGraph(graph, { clock, maxInFlight: 1 });
  const asked = [1, 2, 3, 4, 5].map((n) => flow.ask(n).then(() => "answered", (error) => error.status));
  const emitted = [6, 7].map((n) => flow.emit(n).then(() => "taken", (error) => error.status));
  await clock.advance(1);
  const closed = rejects(flow.close({ timeoutMs: 10 }), /Step "work" had no answer for event/);
  await clock.advance(10);
  await closed;
  deepStrictEqual(await Promise.all(asked), [503, 503, 503, 503, 503]);
  deepStrictEqual(await Promise.all(emitted), [503, 503]);
});

Deno.test("Flow.close() tells a step that it is given up by its signal, and ignores what it says later", async () => {
  const clock = new ManualClock();
  const said: string[] = [];
  let late: (error: Error) => void = () => {};
  const graph = new Graph<number>("g");
  graph.to("work", (_n: number, { signal }) => {
    signal.addEventListener("abort", () => said.push("stopped"));
    return new Promise<number>((_, reject) => late = reject);
  }).respond();
  const flow = await runGraph(graph, { clock });
  const asked = rejects(flow.ask(1), { status: 503 });
  const closed = rejects(flow.close({ timeoutMs: 10 }));
  await clock.advance(10);
  await Promise.all([asked, closed]);
  late(new Error("after everything")); // no unhandled rejection
  await clock.advance(1);
  deepStrictEqual(said, ["stopped"]);
});

Deno.test("Flow.close() names the step that is not closed in time, and closes the others", async () => {
  const clock = new ManualClock();
  const closed: string[] = [];
  class Slow {
    do = (n: number) => n;
    close = () => new Promise<void>(() => {});
  }
  class Good {
    do = (n: number) => n;
    close = () => void closed.push("good");
  }
  const graph = new Graph<number>("g");
  graph.to("slow", Slow).to("good", Good).respond();
  const flow = await runGraph(graph, { clock });
  const closing = rejects(flow.close({ timeoutMs: 10 }), {
    message: `Cannot close flow "g":\n  Step "slow" was not closed after 10 ms`,
  });
  await clock.advance(10);
  await closing;
  deepStrictEqual(closed, ["good"]);
});

Deno.test("Flow.close() refuses a limit that is none, and takes Infinity", async () => {
  const graph = new Graph<number>("g");
  graph.to("same", (n) => n).respond();
  const flow = await runGraph(graph);
  for (const timeoutMs of [0, -1, NaN]) {
    await rejects(flow.close({ timeoutMs }), { name: "RangeError", message: /timeoutMs is more than 0/ });
  }
  strictEqual(await flow.ask(1), 1, "it is not closed yet");
  await flow.close({ timeoutMs: Infinity });
});

Deno.test("Flow refuses events after close, and each way in rejects", async () => {
  const graph = new Graph<number>("g");
  graph.to("same", (n) => n).respond();
  const flow = await runGraph(graph);
  await flow.close();
  for (const send of [() => flow.ask(1), () => flow.emit(1), () => flow.deliver(new FlowEvent(1))]) {
    const sent: Promise<unknown> = send(); // it does not throw
    ok(sent instanceof Promise);
    await rejects(sent, { status: 503, message: /flow "g" is closed/ });
  }
});

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { StatusError } from "../../../../lib/errors.ts";
import type { FailureRecord } from "../../../../lib/flow/failures.ts";
import type { Context } from "../../../../lib/graph/context.ts";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { batch } from "../../../../lib/steps/batch.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { memoryLog, runGraph } from "../../../support/run_graph.ts";

function failing(): Graph<number> {
  const graph = new Graph<number>("g");
  const root = graph.to("root", (n) => n);
  root.to("side", (n: number) => {
    if (n < 0) throw new RangeError("below zero");
    return n;
  });
  root.to("main", (n: number) => {
    if (n > 9) throw new StatusError(422, "too large");
    return n;
  }).respond();
  return graph;
}

function told({ kind, step, event, error, handled }: FailureRecord) {
  return { kind, step, id: event.id, body: event.body, error: `${error.name}: ${error.message}`, handled };
}

Deno.test("Flow.deadLetters() has the events whose failure nobody was told of, and counts them", async () => {
  const clock = new ManualClock();
  await clock.advance(1_000);
  await using flow = await runGraph(failing(), { clock });
  strictEqual(await flow.ask(-1, { id: "e1", key: "k", path: "/p" }), -1);
  await rejects(flow.ask(10, { id: "e2" }), /too large/); // its caller was told
  const [letter, more] = flow.deadLetters();
  deepStrictEqual([told(letter!), letter!.event.key, letter!.event.path, letter!.time.getTime(), more], [
    { kind: "failed", step: "side", id: "e1", body: -1, error: "RangeError: below zero", handled: undefined },
    "k",
    "/p",
    1_000,
    undefined,
  ]);
  deepStrictEqual(flow.counts(), { side: { failed: 1, deadLetters: 1 }, main: { failed: 1 } });
});

Deno.test("Flow.deadLetters() has what was emitted and failed", async () => {
  await using flow = await runGraph(failing());
  await flow.emit(99);
  deepStrictEqual(flow.deadLetters().map(({ step, event }) => [step, event.body]), [["main", 99]]);
});

Deno.test("Flow.deadLetters() leaves out what was delivered: whoever delivered it is told, and keeps it", async () => {
  await using flow = await runGraph(failing());
  strictEqual((await flow.deliver(new FlowEvent(-5))).kind, "failed");
  deepStrictEqual(flow.deadLetters(), []);
  deepStrictEqual(flow.counts(), { side: { failed: 1 } });
});

Deno.test("the error stream is told once of an event that is delivered again and again: of what its last try failed with", async () => {
  const pushed: unknown[] = [];
  await using flow = await runGraph(failing(), { errorStream: (failure) => void pushed.push(told(failure).error) });
  for (const isLastTry of [false, false, true]) await flow.deliver(new FlowEvent(-1), undefined, isLastTry);
  deepStrictEqual(pushed, ["RangeError: below zero"]);
  await flow.deliver(new FlowEvent(10), undefined, false); // its own fault: nobody tries it again
  deepStrictEqual(pushed.splice(1), ["StatusError: too large"]);
});

Deno.test("the error stream is told once of an event that was made of several which are delivered", async () => {
  const pushed: unknown[] = [];
  const graph = new Graph<number>("g");
  graph.to("pair", batch({ maxEvents: 2 })).to("fail", (): void => {
    throw new RangeError("no");
  });
  await using flow = await runGraph(graph, { errorStream: ({ event }) => void pushed.push(event.body) });
  const pair = (isLastTry: boolean) =>
    Promise.all([1, 2].map((n) => flow.deliver(new FlowEvent(n), undefined, isLastTry && n === 2)));
  await pair(false);
  deepStrictEqual(pushed, []);
  await pair(true);
  deepStrictEqual(pushed, [[1, 2]]);
});

Deno.test("Flow.deadLetters() has the event whose error handler failed, also where the caller was told", async () => {
  const graph = new Graph<number>("g");
  graph.to("first", (): number => {
    throw new Error("one");
  }).errorHandler("catch", () => {
    throw new Error("two");
  }).respond();
  await using flow = await runGraph(graph);
  await rejects(flow.ask(5, { id: "e" }), /Step "catch" failed: two/);
  deepStrictEqual(flow.deadLetters().map(told), [
    {
      kind: "failed",
      step: "catch",
      id: "e",
      body: 5,
      error: "Error: two",
      handled: { step: "first", message: "one" },
    },
  ]);
});

Deno.test("Flow.deadLetters() keeps the last 10,000, and counts all", async () => {
  const flow = await runGraph(failing());
  for (let n = 1; n <= 10_003; n++) await flow.emit(-n);
  deepStrictEqual([flow.deadLetters().length, flow.deadLetters()[0]!.event.body], [10_000, -4]);
  strictEqual(flow.counts().side!.deadLetters, 10_003);
  await flow.close();
});

Deno.test("the error stream gets failures that a caller was told of, those that nobody was, and what steps report", async () => {
  const graph = failing();
  graph.addStep("report", (event: FlowEvent<number>, context: Context) => {
    context.pushError(event, new Error(`seen ${event.body}`));
    return event;
  }, { fullEvent: true });
  const pushed: FailureRecord[] = [];
  const flow = await runGraph(graph, {
    errorStream: async (failure) => {
      await Promise.resolve();
      pushed.push(failure);
    },
  });
  await flow.ask(-1, { id: "e1" });
  await rejects(flow.ask(10, { id: "e2" }));
  await flow.close();
  deepStrictEqual(pushed.map(({ kind, step, event, error }) => [kind, step, event.id, error.message]), [
    ["failed", "side", "e1", "below zero"],
    ["reported", "report", "e1", "seen -1"],
    ["failed", "main", "e2", "too large"],
    ["reported", "report", "e2", "seen 10"],
  ]);
});

for (
  const [how, errorStream] of [
    ["throws", () => {
      throw new Error("down");
    }],
    ["rejects", () => Promise.reject(new Error("down"))],
  ] as const
) {
  Deno.test(`an error stream that ${how} is logged, and the event fails by its own failure only`, async () => {
    const log = memoryLog();
    const flow = await runGraph(failing(), { log, errorStream });
    await rejects(flow.ask(10), /too large/);
    await flow.close();
    deepStrictEqual(log.lines, [`warn: Cannot push a failure of step "main" to the error stream: down`]);
    strictEqual(flow.counts().main!.errorStreamFailed, 1);
  });
}

Deno.test("a log that throws does not fail the event", async () => {
  const log = memoryLog();
  const flow = await runGraph(failing(), {
    log: {
      ...log,
      error() {
        throw new Error("disk full");
      },
    },
  });
  strictEqual(await flow.ask(-1), -1);
  deepStrictEqual(flow.counts(), { side: { failed: 1, deadLetters: 1 }, log: { failed: 1 } });
  await flow.close();
});

Deno.test("context.pushError() refuses what is no event or no error", async () => {
  const graph = new Graph<unknown[]>("g");
  graph.to("report", ({ body }: FlowEvent, context) => {
    const [event, error] = body as [never, never];
    context.pushError(event, error);
  }, { fullEvent: true }).respond();
  await using flow = await runGraph(graph);
  const told = (event: unknown, error: unknown) =>
    flow.ask([event, error]).then(() => "nothing", (failure) => failure.cause.message);
  const cure = 'Say context.pushError(event, new Error("…"))';
  strictEqual(
    await told(null, new Error("x")),
    `Cannot report the error: its event is null, not the step's event (fullEvent: true). ${cure}`,
  );
  strictEqual(
    await told("body", new Error("x")),
    `Cannot report the error: its event is string, not the step's event (fullEvent: true). ${cure}`,
  );
  strictEqual(await told(new FlowEvent(1), "text"), `Cannot report the error: it is string, not an Error. ${cure}`);
  strictEqual(
    await told(new FlowEvent(1), undefined),
    `Cannot report the error: it is undefined, not an Error. ${cure}`,
  );
});

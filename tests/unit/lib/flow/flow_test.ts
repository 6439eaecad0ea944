import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { z } from "zod";
import { GraphError, StatusError, StepError } from "../../../../lib/errors.ts";
import type { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { filter } from "../../../../lib/steps/filter.ts";
import { flatMap } from "../../../../lib/steps/flat_map.ts";
import { queue } from "../../../../lib/steps/queue.ts";
import { memoryLog, runGraph } from "../../../support/run_graph.ts";

Deno.test("Flow.ask() gives what the responder made of the body", async () => {
  const graph = new Graph<number>("g");
  graph.to("add", (n) => n + 1).to("double", async (n) => await Promise.resolve(n * 2)).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await Promise.all([flow.ask(1), flow.ask(2)]), [4, 6]);
});

Deno.test("Flow.ask() gives the event's id where no step answers", async () => {
  const graph = new Graph("g");
  graph.to("look", () => 1);
  await using flow = await runGraph(graph);
  deepStrictEqual(await flow.ask(5, { id: "e1" }), { id: "e1" });
});

Deno.test("Flow.ask() gives undefined where the event ended before the responder", async () => {
  const graph = new Graph<number>("g");
  graph.to("odd", filter((n: number) => n % 2 === 1)).to("same", (n) => n).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual([await flow.ask(1), await flow.ask(2)], [1, undefined]);
});

Deno.test("Flow.ask() answers from a responder in the middle and runs the steps behind it", async () => {
  const seen: unknown[] = [];
  const graph = new Graph<{ n: number }>("g");
  const middle = graph.to("middle", (body) => ({ n: body.n + 1 })).respond();
  middle.to("after", (body) => {
    body.n = 99;
    seen.push(body);
    return body;
  });
  const flow = await runGraph(graph);
  deepStrictEqual(await flow.ask({ n: 1 }), { n: 2 }, "a step behind cannot change the answer");
  await flow.close();
  deepStrictEqual(seen, [{ n: 99 }]);
});

Deno.test("Flow.ask() rejects with the step and the cause of a failure, and the flow lives on", async () => {
  const graph = new Graph<number>("g");
  graph.to("check", (n) => {
    if (n < 0) throw new StatusError(422, "negative");
    return n;
  }).respond();
  await using flow = await runGraph(graph);
  await rejects(flow.ask(-1), (error) => {
    ok(error instanceof StepError);
    deepStrictEqual([error.step, error.status, (error.cause as Error).message], ["check", 422, "negative"]);
    return true;
  });
  strictEqual(await flow.ask(1), 1);
});

Deno.test("Flow gives each branch its own copy of the body", async () => {
  const seen: Record<string, unknown> = {};
  const graph = new Graph<{ list: number[] }>("g");
  const root = graph.to("root", (body) => body);
  root.to("a", (body) => seen.a = body.list.push(1) && body.list);
  root.to("b", (body) => seen.b = body.list.push(2) && body.list);
  const flow = await runGraph(graph);
  await flow.ask({ list: [] });
  await flow.close();
  deepStrictEqual(seen, { a: [1], b: [2] });
});

Deno.test("Flow refuses to copy a class instance for a branch, unless the step says share", async () => {
  for (const share of [false, true]) {
    const graph = new Graph<number>("g");
    const root = graph.to("root", () => new URLSearchParams("a=1"), { share });
    root.to("a", (body) => body.get("a")).respond();
    root.to("b", (body) => body.get("a"));
    await using flow = await runGraph(graph);
    if (share) strictEqual(await flow.ask(1), "1");
    else await rejects(flow.ask(1), /step "root".*URLSearchParams.*share: true/i);
  }
});

Deno.test("Flow sends a failure to the step's handler, whose result is the answer", async () => {
  const graph = new Graph<number>("g");
  graph.to("fail", (n: number) => {
    if (n < 0) throw new RangeError("below zero");
    return n;
  }).errorHandler("catch", (event: FlowEvent<number>) => ({ of: event.body, at: event.error?.step }), {
    fullEvent: true,
  })
    .to("end", (n) => n).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual([await flow.ask(3), await flow.ask(-3)], [3, { of: -3, at: "fail" }]);
});

Deno.test("Flow takes the handler that was named before it was added", async () => {
  const graph = new Graph<number>("g");
  graph.to("fail", (): number => {
    throw new Error("boom");
  }).errorHandler("catcher").to("end", (n) => n).respond();
  graph.addStep("catcher", (body: number) => `caught ${body}`, { after: "" });
  await using flow = await runGraph(graph);
  strictEqual(await flow.ask(1), "caught 1");
});

Deno.test("Flow chooses a handler by class, subclasses included, then the graph's", async () => {
  const graph = new Graph<string>("g");
  graph.to("fail", (what: string): string => {
    throw what === "type" ? new TypeError(what) : what === "status" ? new StatusError(418, what) : new Error(what);
  })
    .errorHandler("types", () => "types", { only: [TypeError] })
    .errorHandler("statuses", () => "statuses", { only: [StatusError] })
    .respond();
  graph.errorHandler("rest", () => "rest");
  await using flow = await runGraph(graph);
  deepStrictEqual([await flow.ask("type"), await flow.ask("status"), await flow.ask("x")], [
    "types",
    "statuses",
    "rest",
  ]);
});

Deno.test("Flow goes on behind a handler that stands before a step", async () => {
  const graph = new Graph<number>("g");
  graph.to("fail", (): number => {
    throw new Error("boom");
  }).errorHandler("catch", () => 10, { before: "end" }).to("skipped", (n) => n + 1).to("end", (n) => n * 2).respond();
  await using flow = await runGraph(graph);
  strictEqual(await flow.ask(1), 20);
});

Deno.test("Flow fails the request when the handler itself fails, and lives on", async () => {
  const graph = new Graph<number>("g");
  graph.to("fail", (n: number) => {
    if (n < 0) throw new Error("first");
    return n;
  }).errorHandler("catch", () => {
    throw new Error("second");
  }).respond();
  await using flow = await runGraph(graph);
  await rejects(flow.ask(-1), { name: "StepError", step: "catch" });
  strictEqual(await flow.ask(1), 1);
});

Deno.test("Flow does not fail a request for a failure in a side branch, and logs it", async () => {
  const log = memoryLog();
  const graph = new Graph<number>("g");
  const root = graph.to("root", (n: number) => n);
  root.to("side", () => {
    throw new Error("aside");
  });
  root.to("main", (n) => n).respond();
  await using flow = await runGraph(graph, { log });
  strictEqual(await flow.ask(7), 7);
  deepStrictEqual(log.lines, [`error: Step "side" failed: aside`]);
});

Deno.test("Flow does not answer with what a handler made of a side branch's failure", async () => {
  const graph = new Graph<number>("g");
  const root = graph.to("root", (n: number) => n);
  root.to("side", () => {
    throw new Error("aside");
  });
  root.to("main", async (n) => await Promise.resolve(n + 1)).respond();
  graph.errorHandler("catch", () => "not the answer");
  await using flow = await runGraph(graph);
  strictEqual(await flow.ask(7), 8);
});

Deno.test("Flow.close() waits for what is under way, also behind a queue", async () => {
  const seen: number[] = [];
  const graph = new Graph<number[]>("g");
  graph.to("items", flatMap((list: number[]) => list)).to("q", queue({ capacityEvents: 2 })).to("keep", async (n) => {
    await Promise.resolve();
    seen.push(n);
  });
  const flow = await runGraph(graph);
  await flow.ask([1, 2, 3, 4, 5]);
  await flow.close();
  deepStrictEqual(seen, [1, 2, 3, 4, 5]);
});

Deno.test("Flow.ask() refuses an event after close", async () => {
  const graph = new Graph("g");
  graph.to("same", (body) => body).respond();
  const flow = await runGraph(graph);
  await flow.close();
  await flow.close();
  await rejects(flow.ask(1), /flow "g" is closed/);
});

Deno.test("Flow.emit() waits while too many events are under way", async () => {
  const gates: (() => void)[] = [];
  const graph = new Graph<number>("g");
  graph.to("hold", () => new Promise<void>((open) => gates.push(open)));
  const flow = await runGraph(graph, { maxInFlight: 1 });
  await flow.emit(1);
  let isAccepted = false;
  const second = flow.emit(2).then(() => isAccepted = true);
  await Promise.resolve();
  strictEqual(isAccepted, false);
  gates.shift()!();
  await second;
  gates.shift()!();
  await flow.close();
});

Deno.test("Flow checks the body by the graph's input schema", async () => {
  const graph = new Graph("g", { input: z.object({ age: z.number() }) });
  graph.to("age", (person) => person.age).respond();
  await using flow = await runGraph(graph);
  strictEqual(await flow.ask({ age: 3 }), 3);
  await rejects(flow.ask({ age: "3" }), /input of graph "g": age: /);
});

Deno.test("start() tells every step that cannot be opened", async () => {
  class Broken {
    constructor() {
      throw new Error("no weights");
    }
    do(): void {}
  }
  class NoMethod {}
  const graph = new Graph<number>("g");
  graph.to("a", Broken).to("b", NoMethod as never);
  await rejects(runGraph(graph), (error) => {
    ok(error instanceof GraphError);
    deepStrictEqual(error.faults.map(({ step, cause }) => [step, cause]), [
      ["a", "no weights"],
      ["b", "Class NoMethod has no do(body) and no doEvent(event) to call"],
    ]);
    return true;
  });
});

Deno.test("Flow tells an observer of each step that an event enters", async () => {
  const steps: string[] = [];
  const graph = new Graph<number>("g");
  graph.to("a", (n) => n).to("b", (n) => n).respond();
  await using flow = await runGraph(graph, { observe: (step) => steps.push(step) });
  await flow.ask(1);
  deepStrictEqual(steps, ["a", "b"]);
});

Deno.test("Flow.close() tells which steps could not be closed, and why, when all have been asked to", async () => {
  const closed: string[] = [];
  class Closing {
    readonly #name: string;
    constructor({ name }: { name: string }) {
      this.#name = name;
    }
    do(n: number): number {
      return n;
    }
    close(): void {
      closed.push(this.#name);
      if (this.#name !== "b") throw new Error(`no ${this.#name}`);
    }
  }
  const graph = new Graph<number>("g");
  graph.to("a", Closing, { name: "a" }).to("b", Closing, { name: "b" }).to("c", Closing, { name: "c" });
  const flow = await runGraph(graph);
  await rejects(flow.close(), {
    message: 'Cannot close flow "g" without failures: Step "a" failed: no a; Step "c" failed: no c',
  });
  deepStrictEqual(closed, ["a", "b", "c"]);
});

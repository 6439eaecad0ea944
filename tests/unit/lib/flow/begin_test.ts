import { deepStrictEqual } from "node:assert/strict";
import { z } from "zod";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import type { StepDefinition, StepScope } from "../../../../lib/graph/operator.ts";
import { ReadyStep } from "../../../../lib/graph/step.ts";
import { memoryLog, runGraph } from "../../../support/run_graph.ts";

/** A step that does nothing but tell its scope. */
function telling(tell: (scope: StepScope) => void): ReadyStep<unknown, unknown> {
  const definition: StepDefinition = {
    kind: "telling",
    shape: "box",
    options: z.strictObject({}),
    code: {},
    open(_spec, scope) {
      tell(scope);
      return { process: (event) => event };
    },
  };
  return new ReadyStep(definition);
}

Deno.test("StepScope.begin() sends an event of the step's own to every step behind it; closing waits for it", async () => {
  const seen: unknown[] = [];
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  let scope!: StepScope;
  const graph = new Graph<unknown>("g");
  const own = graph.to("own", telling((told) => scope = told));
  own.to("one", async (body) => {
    await gate;
    seen.push(["one", body]);
  });
  own.to("two", (body) => void seen.push(["two", body]));
  const flow = await runGraph(graph);
  const begun = scope.begin(new FlowEvent(1)).then(() => seen.push("begun"));
  const closed = flow.close().then(() => seen.push("closed"));
  await Promise.resolve();
  deepStrictEqual(seen, [["two", 1]]);
  open();
  await Promise.all([begun, closed]);
  deepStrictEqual(seen, [["two", 1], ["one", 1], "begun", "closed"]);
});

Deno.test("StepScope.begin() tells the log of an event that fails, or that cannot be copied", async () => {
  const log = memoryLog();
  let scope!: StepScope;
  const graph = new Graph<unknown>("g");
  const own = graph.to("own", telling((told) => scope = told));
  own.to("fail", () => {
    throw new Error("boom");
  });
  own.to("none", () => {});
  const flow = await runGraph(graph, { log });
  await scope.begin(new FlowEvent(1));
  await scope.begin(new FlowEvent(() => {}));
  await flow.close();
  deepStrictEqual(log.lines.map((line) => /boom|Cannot copy/.exec(line)?.[0]), ["boom", "Cannot copy"]);
  deepStrictEqual(flow.counts(), { fail: { failed: 1 }, own: { failed: 1 } });
});

Deno.test("StepScope.begin() with no step behind does nothing", async () => {
  let scope!: StepScope;
  const graph = new Graph<unknown>("g");
  graph.to("own", telling((told) => scope = told));
  await using _flow = await runGraph(graph);
  await scope.begin(new FlowEvent(1));
});

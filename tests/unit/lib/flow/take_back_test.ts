import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { z } from "zod";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { HELD, Joined, type Operator, type StepDefinition, type StepScope } from "../../../../lib/graph/operator.ts";
import { ReadyStep } from "../../../../lib/graph/step.ts";
import { ManualClock, settle } from "../../../support/manual_clock.ts";
import { runGraph } from "../../../support/run_graph.ts";

/** A step of one's own, which keeps its scope. */
function own(process: (event: FlowEvent, scope: StepScope) => ReturnType<Operator["process"]>) {
  const kept: { scope: StepScope | undefined; events: FlowEvent[] } = { scope: undefined, events: [] };
  const definition: StepDefinition = {
    kind: "own",
    shape: "box",
    options: z.strictObject({}),
    code: {},
    open(_spec, scope) {
      kept.scope = scope;
      return {
        process(event) {
          kept.events.push(event);
          return process(event, scope);
        },
      };
    },
  };
  return { kept, step: new ReadyStep<number, number>(definition) };
}

Deno.test("StepScope.release() refuses an event that was released already, naming it and the step", async () => {
  const { kept, step } = own(() => HELD);
  const graph = new Graph<number>("g");
  graph.to("keep", step).respond();
  await using flow = await runGraph(graph);
  const asked = flow.ask(7, { id: "e1" });
  const [event] = kept.events;
  await kept.scope!.release(event!);
  strictEqual(await asked, 7);
  const says = { message: 'Cannot release event e1: step "keep" does not hold it, or has released it already' };
  throws(() => kept.scope!.release(event!), says);
  throws(() => kept.scope!.end(event!), says);
  throws(() => kept.scope!.fail(event!, new Error("x")), says);
});

Deno.test("StepScope.release() takes all events or none: those that it refuses to join stay held", async () => {
  const { kept, step } = own(() => HELD);
  const graph = new Graph<number>("g");
  graph.to("keep", step).respond();
  const flow = await runGraph(graph);
  const asked = [1, 2].map((n) => flow.ask(n));
  const [one, two] = kept.events;
  throws(() => kept.scope!.release(new FlowEvent(0), [one!, one!]), /does not hold it/);
  throws(() => kept.scope!.release(new FlowEvent(0), [one!, new FlowEvent(9)]), /does not hold it/);
  await kept.scope!.release(new FlowEvent(3), [one!, two!]);
  deepStrictEqual(await Promise.all(asked), [3, 3]);
  await flow.close();
});

Deno.test("Joined fails the event alone where it stands for one that the step does not hold", async () => {
  const { kept, step } = own((event) =>
    event.body === 1 ? HELD : new Joined(event, [...kept.events, new FlowEvent(9)])
  );
  const graph = new Graph<number>("g");
  graph.to("keep", step).respond();
  const flow = await runGraph(graph);
  const first = flow.ask(1);
  await rejects(flow.ask(2), /does not hold it/);
  await kept.scope!.release(kept.events[0]!);
  strictEqual(await first, 1);
  await flow.close();
});

Deno.test("a step that answers HELD for an event that was given up may release it, and nothing comes of it", async () => {
  const clock = new ManualClock();
  let hold: () => void = () => {};
  const { kept, step } = own(() => new Promise((resolve) => hold = () => resolve(HELD)));
  const graph = new Graph<number>("g", { timeoutMs: 10 });
  graph.to("keep", step).respond();
  const flow = await runGraph(graph, { clock });
  const asked = rejects(flow.ask(1), { status: 504 });
  await clock.advance(10);
  await asked;
  hold();
  await settle();
  await kept.scope!.release(kept.events[0]!);
  await flow.close();
});

Deno.test("an operator that answers nonsense fails the event by name", async () => {
  const { step } = own(() => undefined as never);
  const graph = new Graph<number>("g");
  graph.to("odd", step).respond();
  await using flow = await runGraph(graph);
  await rejects(flow.ask(1), /Step "odd" failed: Cannot go on with what step "odd" answered: undefined/);
});

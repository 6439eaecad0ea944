import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { serving } from "levada";
import { z } from "zod";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { runGraph } from "../../../support/run_graph.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };

/** A schema whose checks the test lets end, in the order that it wants. */
function waiting() {
  const checks = new Map<number, (isRight: boolean) => void>();
  const schema = z.number().refine((n) => new Promise<boolean>((end) => checks.set(n, end)), "is wrong");
  schema.safeParse("no number"); // it does not say yet that it waits
  const end = async (n: number, isRight = true) => {
    while (!checks.has(n)) await Promise.resolve();
    checks.get(n)!(isRight);
  };
  return { schema, end };
}

Deno.test("an input, an output and its chunks may be checked asynchronously", async () => {
  const isKnown = (n: number) => Promise.resolve(n < 100);
  const input = z.object({ n: z.number().refine(isKnown, "is not known") });
  const output = z.object({ n: z.number().refine(isKnown, "is too much") });
  const fn = serving("checked");
  fn.setTopology("flow", { input, output }).to("ten", ({ n }: { n: number }) => ({ n: n * 10, more: true })).respond();
  await using server = await fn.toMockServer({ log });
  const ask = async (body: unknown) => {
    const response = await server.test("/", body, { silent: true });
    const { error, n } = await response.json();
    return [response.status, n ?? error];
  };
  for (let round = 0; round < 2; round += 1) {
    deepStrictEqual(await ask({ n: 1 }), [200, 10]);
    deepStrictEqual((await ask({ n: "1" }))[0], 422);
    deepStrictEqual(await ask({ n: 100 }), [
      422,
      'Cannot take the request as input of graph "checked": n: is not known',
    ]);
    deepStrictEqual(await ask({ n: 10 }), [
      500,
      'Cannot send the reply as output of graph "checked": n: is too much',
    ]);
  }

  const chunks = serving("chunks");
  chunks.setTopology("flow", { input: z.array(z.number()), output }).to("each", function* (ns: number[]) {
    for (const n of ns) yield { n, more: true };
  }).respond();
  await using streaming = await chunks.toMockServer({ log });
  const lines = (await (await streaming.test("/", [1, 100], { silent: true })).text()).trim().split("\n");
  const [first, last] = lines.map((line) => JSON.parse(line));
  deepStrictEqual([first, last.status, last.step], [{ n: 1 }, 500, "output"]);
});

Deno.test("a check that rejects fails the event, also the first, and the next is checked again", async () => {
  let isAway = true;
  const look = async () => {
    await Promise.resolve();
    if (isAway) throw new Error("the table is away");
  };
  const schemas = [
    z.number().refine(async () => {
      await look();
      return true;
    }),
    z.number().check(look),
    z.number().transform(async (n) => {
      await look();
      return n;
    }),
  ];
  for (const input of schemas) {
    isAway = true;
    const graph = new Graph<number>("g", { input });
    graph.to("n", (n) => n).respond();
    await using flow = await runGraph(graph);
    await rejects(flow.ask(1), { step: "input", message: /the table is away/ });
    await rejects(flow.emit(1), { step: "input" });
    deepStrictEqual((await flow.deliver(new FlowEvent(1))).kind, "failed");
    isAway = false;
    strictEqual(await flow.ask(2), 2);
  }
});

Deno.test("events of one key come in in their order, however long each is checked; others do not wait", async () => {
  const { schema, end } = waiting();
  const graph = new Graph<number>("g", { input: schema });
  const seen: number[] = [];
  graph.to("see", (n) => void seen.push(n)).respond();
  await using flow = await runGraph(graph);
  const asked = [flow.ask(1, { key: "a" }), flow.ask(2, { key: "a" }), flow.ask(3, { key: "b" }), flow.ask(4)];
  await end(2);
  await end(4);
  await asked[3];
  await end(3);
  await asked[2];
  await end(1);
  await Promise.all(asked);
  deepStrictEqual(seen, [4, 3, 1, 2]);
});

Deno.test("Flow.close() waits for events that are being checked, and gives them up at the end of its time", async () => {
  const { schema, end } = waiting();
  const graph = new Graph<number>("g", { input: schema });
  graph.to("n", (n) => n).respond();
  const drained = await runGraph(graph);
  const asked = drained.ask(1);
  const closed = drained.close();
  await end(1);
  strictEqual(await asked, 1);
  await closed;

  const clock = new ManualClock();
  const flow = await runGraph(graph, { clock });
  const stuck = rejects(flow.ask(2, { id: "e2" }), { status: 503, step: "input" });
  const gaveUp = rejects(flow.close({ timeoutMs: 50 }), /Step "input" had no answer for event e2 after 50 ms/);
  await clock.advance(50);
  await Promise.all([stuck, gaveUp]);
  await end(2); // nobody waits for it any more
});

Deno.test("an event whose check takes longer than the graph allows fails with 504, and counts no more", async () => {
  const { schema, end } = waiting();
  const clock = new ManualClock();
  const graph = new Graph<number>("g", { timeoutMs: 20, input: schema });
  const seen: number[] = [];
  graph.to("see", (n) => void seen.push(n)).respond();
  const flow = await runGraph(graph, { clock });
  const late = rejects(flow.ask(1), { status: 504 });
  await clock.advance(20);
  await late;
  await end(1);
  await flow.close();
  deepStrictEqual(seen, []);
});

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { serving, StepError } from "levada";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { memoryLog, runGraph } from "../../../support/run_graph.ts";

function chain(): Graph<number> {
  const graph = new Graph<number>("chain");
  graph.to("one", (n) => n + 1).to("two", (n) => n === 3 ? Promise.resolve(n) : n).to("three", (n) => {
    if (Number(n) > 9) throw new RangeError("above nine");
    return Number(n) * 10;
  }).respond();
  return graph;
}

Deno.test("Flow.ask() gives the same answer by the short way and by the long one", async () => {
  await using short = await runGraph(chain());
  await using long = await runGraph(chain(), { observe: () => {} }); // somebody wants to see the events
  for (const n of [1, 2, 3]) {
    strictEqual(await short.ask(n), (n + 1) * 10);
    strictEqual(await long.ask(n), (n + 1) * 10);
  }
  for (const flow of [short, long]) {
    await rejects(flow.ask(9), (error: StepError) => {
      deepStrictEqual([error instanceof StepError, error.step, (error.cause as Error).message], [
        true,
        "three",
        "above nine",
      ]);
      return true;
    });
    strictEqual(flow.counts().three?.failed, 1);
  }
});

Deno.test("Flow.ask() leaves the short way where a handler takes the failure, with the body that the step received", async () => {
  const graph = new Graph<number>("handled");
  graph.to("one", (n) => n + 1).to("two", (_n: number) => {
    throw new Error("no");
  }).errorHandler("catch", (n: number) => ({ caught: n })).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await flow.ask(1), { caught: 2 });
});

Deno.test("Flow.ask() streams from the short way", async () => {
  const graph = new Graph<number>("stream");
  graph.to("count", function* (n: number) {
    for (let k = 0; k < n; k++) yield k;
  }).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await Array.fromAsync(await flow.ask<AsyncIterable<number>>(3)), [0, 1, 2]);
});

Deno.test("Flow.ask() does not overtake what waits: the short way is for an idle flow", async () => {
  const fn = serving("order");
  const { promise, resolve } = Promise.withResolvers<void>();
  const seen: number[] = [];
  fn.setTopology("flow").to("wait", (n: number) => n === 1 ? promise.then(() => n) : n)
    .to("see", (n) => (seen.push(n), n)).respond();
  await using flow = await fn.start();
  const answers = [flow.ask(1, { key: "k" }), flow.ask(2, { key: "k" })];
  resolve();
  deepStrictEqual([await Promise.all(answers), seen], [[1, 2], [1, 2]]);
});

Deno.test("Flow.ask() is refused on a closed flow also where the way is short", async () => {
  const flow = await runGraph(chain());
  await flow.close();
  await rejects(flow.ask(1), /is closed/);
  deepStrictEqual(compile(sourceOf(chain())).warnings, []);
});

Deno.test("Flow.ask() by the short way gives functions a context of their own call, whose signal aborts when that caller leaves", async () => {
  const fn = serving("signals").setParam("by", 2);
  const signals: AbortSignal[] = [];
  const gates: (() => void)[] = [];
  fn.setTopology("flow")
    .to("param", (n: number, { param }) => n * param<number>("by"))
    .to("wait", async (n, { signal }) => {
      signals.push(signal);
      await new Promise<void>((open) => gates.push(open));
      return n;
    }).respond();
  await using flow = await fn.start({ log: memoryLog() });
  const caller = new AbortController();
  const left = rejects(flow.ask(1, { signal: caller.signal }), { status: 499 });
  const other = flow.ask(2);
  caller.abort();
  await left;
  deepStrictEqual(signals.map(({ aborted }) => aborted), [true, false]);
  for (const open of gates) open();
  strictEqual(await other, 4);
});

Deno.test("Flow.ask() takes the short way beside events that wait, unless a step bounds how many it takes", async () => {
  for (const [maxInFlight, expected] of [[undefined, ["two", "one"]], [1, ["one", "two"]]] as const) {
    const seen: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const fn = serving("beside");
    fn.setTopology("flow").to("wait", async (name: string) => {
      if (name === "one") await promise;
      seen.push(name);
      return name;
    }, maxInFlight === undefined ? {} : { maxInFlight }).respond();
    await using flow = await fn.start();
    const answers = [flow.ask("one"), flow.ask("two")];
    await Promise.resolve();
    resolve();
    await Promise.all(answers);
    deepStrictEqual(seen, expected);
  }
});

Deno.test("Flow.ask() waits for whatever await would wait for, also on the short way", async () => {
  const later = (n: number): PromiseLike<number> => ({
    // deno-lint-ignore no-explicit-any -- a thenable as libraries write them
    then: (onValue: any) => Promise.resolve(n).then(onValue) as any,
  });
  const callable = (n: number) => Object.assign(() => 0, later(n)) as unknown as PromiseLike<number>;
  for (const make of [later, callable]) {
    const graph = new Graph<number>("thenable");
    graph.to("query", (n) => make(n) as Promise<number>).to("add", (n) => n + 1).respond();
    await using flow = await runGraph(graph);
    strictEqual(await flow.ask(41), 42);
  }
});

/** What only comes to light where joins, batches, queues, cycles and callers that leave meet. */

import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { batch, choice, flatMap, merge, queue, serving } from "levada";
import { settle, testClock } from "levada/testing";
import { memoryLog } from "../support/run_graph.ts";

const QUIET = { log: memoryLog() };

Deno.test("a join behind a queue and a branch, before a join of lists and batches, never stands still", async () => {
  const fn = serving("joins");
  const graph = fn.setTopology("flow");
  const start = graph.to("start", (n: number) => n);
  const same = graph.after(start.to("one", (n) => n), start.to("two", (n) => n)).to("same", (n) => n);
  const joined = graph.after(same.to("q", queue()), same.to("later", async (n) => await Promise.resolve(n)))
    .to("join", merge<number>());
  let passed = 0;
  graph.after(
    joined.to("twice", flatMap((both) => (passed++, [both, both]))),
    joined.to("pairs", batch({ maxEvents: 2 })),
  )
    // deno-lint-ignore no-explicit-any -- lists of lists
    .to("last", merge<any>());
  const flow = await fn.start({ ...QUIET, clock: testClock() }); // on which no time-out of closing would come
  for (let n = 0; n < 12; n++) await flow.emit(n);
  await flow.close();
  deepStrictEqual(flow.counts(), {}, "nothing failed");
  strictEqual(passed, 24, "two joins an event: two ways lead to each branch");
});

Deno.test("merge({ expected }) never joins parts of two requests, whatever ids their callers give them", async () => {
  const fn = serving("pairs");
  const start = fn.setTopology("flow").to("start", async (who: string) => await Promise.resolve(who));
  start.to("a", (who) => `a of ${who}`);
  start.to("b", async (who) => {
    await Promise.resolve();
    return `b of ${who}`;
  }).to("join", merge({ expected: 2 })).afterStep("a").respond();
  await using server = await fn.toMockServer(QUIET);
  const ask = (who: string) => server.test("/", who, { headers: { "mlrun-event-id": "same" } });
  const answers = await Promise.all([ask("ana"), ask("bob")]);
  deepStrictEqual(answers.map((parts: string[]) => parts.toSorted()), [["a of ana", "b of ana"], [
    "a of bob",
    "b of bob",
  ]]);
});

Deno.test("close() sees events through a cycle with a batch in it, round after round", async () => {
  const fn = serving("rounds");
  const graph = fn.setTopology("flow", { allowCycles: true });
  const choose = graph.to("turn", (n: number) => n - 1).to("pairs", batch<number>({ maxEvents: 2 }))
    .to("each", flatMap((list) => list))
    .to("choose", choice((n) => n > 0 ? "again" : "done"));
  choose.to("again", (n) => n).cycleTo("turn");
  choose.to("done", (n) => `done ${n}`).respond();
  const flow = await fn.start(QUIET);
  const answers = [1, 2, 3].map((n) => flow.ask(n));
  await settle();
  await flow.close();
  deepStrictEqual(await Promise.all(answers), ["done 0", "done 0", "done 0"]);
});

Deno.test("a key that is neither text nor a number, or a time that is none, is refused by name, and nothing is left behind", async () => {
  const fn = serving("keys");
  fn.setTopology("flow").to("wait", async (n: number) => await Promise.resolve(n)).respond();
  const flow = await fn.start({ ...QUIET, clock: testClock() });
  for (const key of [NaN, {}, null, Symbol("k"), Object.create(null)]) {
    const refusal = { name: "TypeError", message: /^Cannot make an event: its key is .+ A key is text or a number$/ };
    await rejects(flow.ask(1, { key: key as never }), refusal);
    await rejects(flow.emit(1, { key: key as never }), refusal);
  }
  await rejects(flow.ask(1, { time: new Date(NaN) }), /Cannot make an event: its time is an invalid date/);
  strictEqual(await flow.ask(1, { key: 5 as never }), 1, "a number is as good as its text");
  await flow.close();
});

Deno.test("a key that a step sets to whatever keeps its events in order, and breaks nothing", async () => {
  const fn = serving("odd");
  fn.setTopology("flow").to("set", (event) => {
    // deno-lint-ignore no-explicit-any -- a step may do anything
    (event as any).key = Symbol("k");
    return event;
  }, { fullEvent: true }).to("wait", async (n) => await Promise.resolve(n)).respond();
  const flow = await fn.start({ ...QUIET, clock: testClock() });
  deepStrictEqual(await Promise.all([flow.ask(1), flow.ask(2)]), [1, 2]);
  await flow.close();
});

Deno.test("a caller who has left before is not worked for, whether a step would wait or not", async () => {
  for (const wait of [false, true]) {
    const fn = serving("left");
    fn.setTopology("flow").to("work", (n: number) => wait ? Promise.resolve(n) : n).respond();
    await using flow = await fn.start(QUIET);
    await rejects(flow.ask(1, { signal: AbortSignal.abort() }), { status: 499 });
  }
});

Deno.test("server.trace() tells what a step holds as held, and waits for no reply that does not come", async () => {
  const fn = serving("held");
  fn.setTopology("flow").to("pairs", batch<number>({ maxEvents: 2 })).to("each", flatMap((list) => list)).respond();
  await using server = await fn.toMockServer(QUIET);
  const trace = await server.trace("/", 1);
  deepStrictEqual([trace.status, trace.steps.map(({ step, state }) => `${step} ${state}`)], [undefined, [
    "pairs held",
  ]]);
  match(trace.table.text, /^not answered yet\n.*\npairs +1 +\(held\)/);
});

Deno.test("work for several callers stops when the last of them has left", async () => {
  const { promise: began, resolve: begin } = Promise.withResolvers<AbortSignal>();
  const fn = serving("leavers");
  fn.setTopology("flow").to("pairs", batch<number>({ maxEvents: 2 }))
    .to("work", (_list, { signal }) => {
      begin(signal);
      return new Promise<number[]>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    })
    .respond();
  await using flow = await fn.start(QUIET);
  const callers = [new AbortController(), new AbortController()];
  const left = callers.map((caller, n) => rejects(flow.ask(n, { signal: caller.signal }), { status: 499 }));
  const signal = await began;
  callers[0]!.abort();
  strictEqual(signal.aborted, false, "one of them still waits");
  callers[1]!.abort();
  await Promise.all(left);
  strictEqual(signal.aborted, true);
});

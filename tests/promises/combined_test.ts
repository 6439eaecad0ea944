/** What only comes to light where joins, batches, queues, cycles and callers that leave meet. */

import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { batch, choice, collector, flatMap, FlowEvent, merge, queue, serving } from "levada";
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

Deno.test("a full queue with several at work behind it lets everybody through, in order", async () => {
  const fn = serving("narrow");
  fn.setTopology("flow").to("q", queue<number>({ capacityEvents: 1 }))
    .to("work", async (n) => {
      await settle();
      return n;
    }, { maxInFlight: 2 })
    .respond();
  await using server = await fn.toMockServer(QUIET);
  const all = Array.from({ length: 9 }, (_, n) => n);
  deepStrictEqual(await Promise.all(all.map((n) => server.test("/", n))), all);
});

Deno.test("one caller who leaves or is out of time takes nothing from the others of a batch, nor from a record", async () => {
  const clock = testClock();
  const saved: string[] = [];
  const fn = serving("shared");
  const gates: (() => void)[] = [];
  fn.setTopology("flow", { timeoutMs: 1_000 }).to("pairs", batch<string>({ maxEvents: 3 }))
    .to("work", async (list) => {
      await new Promise<void>((open) => gates.push(open));
      return list;
    })
    .to("each", flatMap((list) => list))
    .to("save", (what) => (saved.push(what), what)).respond();
  await using flow = await fn.start({ ...QUIET, clock });
  const caller = new AbortController();
  const left = rejects(flow.ask("left", { signal: caller.signal }), { status: 499 });
  const delivered = flow.deliver(new FlowEvent("record"));
  const asked = flow.ask("asked");
  await settle();
  caller.abort();
  await left;
  await settle();
  gates[0]!();
  deepStrictEqual([(await delivered).kind, await asked, saved], ["reply", "asked", ["left", "record", "asked"]]);
});

Deno.test("the graph's time limit is for the answer: what follows it is not cut off", async () => {
  const clock = testClock();
  const done: string[] = [];
  const fn = serving("after");
  fn.setTopology("flow", { timeoutMs: 50 }).to("answer", async (n: number) => await Promise.resolve(n)).respond()
    .to("save", () => new Promise<void>((saved) => clock.schedule(80, saved)))
    .to("saved", () => void done.push("saved"));
  await using flow = await fn.start({ ...QUIET, clock });
  strictEqual(await flow.ask(1), 1);
  await clock.advance(100);
  deepStrictEqual(done, ["saved"]);
});

Deno.test("a collector waits for chunks that a queue holds, however slow the step behind it is", async () => {
  const fn = serving("chunks");
  fn.setTopology("flow").to("count", async function* (to: number) {
    for (let n = 1; n <= to; n++) yield await Promise.resolve(n);
  })
    .to("q", queue())
    .to("slow", async (n) => {
      await settle();
      return n;
    }, { maxInFlight: 2 })
    .to("all", collector()).respond();
  await using flow = await fn.start(QUIET);
  deepStrictEqual(await Promise.all([flow.ask(3), flow.ask(2), flow.ask(0)]), [[1, 2, 3], [1, 2], []]);
});

Deno.test("a queue on a cycle has room for what comes back", async () => {
  const fn = serving("turns");
  const graph = fn.setTopology("flow", { allowCycles: true });
  const turn = graph.to("in", (n: number) => n).to("q", queue<number>({ capacityEvents: 2 }))
    .to("less", async (n) => await Promise.resolve(n - 1))
    .to("choose", choice((n) => n > 0 ? "again" : "done"));
  turn.to("again", (n) => n).cycleTo("q");
  turn.to("done", (n) => n).respond();
  await using flow = await fn.start({ ...QUIET, clock: testClock() });
  const asked = Array.from({ length: 30 }, (_, n) => flow.ask(n % 5 + 1));
  deepStrictEqual(await Promise.all(asked), Array(30).fill(0));
});

Deno.test("a queue on a cycle has room for what comes back, when nobody waits for answers", async () => {
  const fn = serving("emitted-turns");
  const graph = fn.setTopology("flow", { allowCycles: true });
  const cameOut: number[] = [];
  const turn = graph.to("in", (n: number) => n).to("q", queue<number>({ capacityEvents: 2 }))
    .to("less", async (n) => await Promise.resolve(n - 1))
    .to("choose", choice((n) => n > 0 ? "again" : "done"));
  turn.to("again", (n) => n).cycleTo("q");
  turn.to("done", (n) => cameOut.push(n));
  const flow = await fn.start({ ...QUIET, clock: testClock() });
  await Promise.all(Array.from({ length: 30 }, (_, n) => flow.emit(n % 5 + 1)));
  await flow.close();
  deepStrictEqual(cameOut, Array(30).fill(0));
});

Deno.test("an error handler before a join stands in for the step that failed, and is no part of its own", async () => {
  const fn = serving("stand-in");
  const graph = fn.setTopology("flow");
  const start = graph.to("start", (n: number) => n);
  const a = start.to("a", (n) => {
    if (n > 2) throw new RangeError("above two");
    return n + 1;
  });
  graph.after(a, start.to("b", (n) => n * 10)).to("both", merge()).respond();
  a.errorHandler("instead", (n: number) => -n, { before: "both" });
  await using server = await fn.toMockServer(QUIET);
  deepStrictEqual([await server.test("/", 2), await server.test("/", 3)].map((parts) => parts.toSorted()), [
    [20, 3],
    [-3, 30],
  ]);
});

Deno.test("what was joined of one event meets that event's other branches", async () => {
  const fn = serving("nested");
  const graph = fn.setTopology("flow");
  const start = graph.to("start", (n: number) => n);
  const inner = graph.after(start.to("a", (n) => n + 1), start.to("b", (n) => n + 2)).to("inner", merge());
  const streamed = start.to("count", function* (n: number) {
    for (let k = 0; k < n; k++) yield k;
  }).to("all", collector());
  graph.after(inner, start.to("c", (n) => n), streamed).to("outer", merge<unknown>()).respond();
  await using server = await fn.toMockServer(QUIET);
  const parts: unknown[] = await server.test("/", 2);
  deepStrictEqual(parts.map((part) => JSON.stringify(part)).sort(), ["2", "[0,1]", "[3,4]"]);
});

Deno.test("close() lets joins wait for what other steps still give out", async () => {
  for (const incomplete of ["end", "join"] as const) {
    const clock = testClock();
    const fn = serving("last");
    const graph = fn.setTopology("flow", { allowCycles: true });
    const turn = graph.to("turn", (n: number) => n - 1).to("timed", batch<number>({ flushAfterMs: 3 }))
      .to("each", flatMap((list) => list)).to("choose", choice((n) => n > 0 ? "again" : "done"));
    turn.to("again", (n) => n).cycleTo("turn");
    const done = turn.to("done", (n) => n);
    const slow = done.to("pairs", batch<number>({ maxEvents: 5 })).to("later", async (list) => {
      await settle();
      return list;
    }).to("items", flatMap((list) => list));
    graph.after(done.to("p", (n) => n), slow).to("join", merge({ incomplete })).respond();
    const flow = await fn.start({ ...QUIET, clock });
    const asked = [flow.ask(1), flow.ask(3)];
    await settle();
    await flow.close();
    deepStrictEqual(await Promise.all(asked), [[0, 0], [0, 0]], incomplete);
  }
});

/** What hangs in MLRun, and what could hang here: each is answered, and the flow closes. */

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { collector, flatMap, type FlowEvent, queue, serving, StatusError } from "levada";
import { run } from "../conformance/golden/main.ts";
import { ManualClock, settle } from "../support/manual_clock.ts";
import { memoryLog } from "../support/run_graph.ts";

const CASES = new URL("../conformance/golden/cases/", import.meta.url);
const QUIET = { log: memoryLog() };

/** Cases of steps that are not there yet; with the step, take the case out of this list. */
const WAITING: readonly string[] = [];

for (const { name: file } of [...Deno.readDirSync(CASES)].sort((one, other) => one.name < other.name ? -1 : 1)) {
  if (!/"hangs": ?true/.test(Deno.readTextFileSync(new URL(file, CASES)))) continue;
  const name = file.replace(/\.json$/, "");
  Deno.test(`the recorded case ${name}, which hangs in MLRun, is answered`, async () => {
    const lines: string[] = [];
    const { passed, failed, skipped } = await run({ only: name, print: (line) => lines.push(line) });
    deepStrictEqual([passed, failed, skipped], WAITING.includes(name) ? [0, 0, 1] : [1, 0, 0], lines.join("\n"));
  });
}

Deno.test("an event whose error handler has a step behind it is answered there", async () => {
  const fn = serving("behind");
  const graph = fn.setTopology("flow");
  graph.to("work", (n: number): number => {
    if (n < 0) throw new Error("below zero");
    return n;
  }).errorHandler("catch", ({ error }: FlowEvent) => error!.message, { fullEvent: true }).respond();
  graph.addStep("shout", (text: string) => `${text}!`, { after: "catch" });
  await using server = await fn.toMockServer(QUIET);
  deepStrictEqual([await server.test("/", 1), await server.test("/", -1)], [1, "below zero!"]);
});

Deno.test("a body that is no JSON is a 400 in a streaming function as well", async () => {
  const fn = serving("streams");
  fn.setTopology("flow").to("count", function* (to: number) {
    for (let n = 1; n <= to; n++) yield n;
  }).respond();
  await using server = await fn.toMockServer(QUIET);
  const response = await server.test("/", new TextEncoder().encode("{"), {
    contentType: "application/json",
    silent: true,
  });
  deepStrictEqual([response.status, response.headers.get("content-type")], [400, "application/json"]);
  match((await response.json()).error, /JSON/);
  deepStrictEqual(await server.test("/", 2), [1, 2]);
});

Deno.test("an empty list in a queue, a collector of nothing and a flatMap of nothing are answered", async () => {
  const fn = serving("nothing");
  fn.setTopology("flow").to("items", flatMap((list: number[]) => list)).to("q", queue()).to("n", (n) => n).respond();
  await using server = await fn.toMockServer(QUIET);
  deepStrictEqual([await server.test("/", []), await server.test("/", [4])], [undefined, 4]);
  const all = serving("all");
  all.setTopology("flow").to("none", function* (): Generator<number> {}).to("all", collector()).respond();
  await using other = await all.toMockServer(QUIET);
  deepStrictEqual(await other.test("/", 1), []);
});

Deno.test("an error handler that sends its event back to the step that fails is stopped by maxIterations", async () => {
  let runs = 0;
  const fn = serving("again");
  fn.setTopology("flow", { maxIterations: 5 }).to("work", (n: number): number => {
    runs++;
    if (n < 3) throw new RangeError(`${n} is too small`);
    return n;
  }).errorHandler("more", (n: number) => n + 1, { before: "work" }).to("end", (n) => n).respond();
  await using server = await fn.toMockServer(QUIET);
  strictEqual(await server.test("/", 0), 3);
  await rejects(server.test("/", -100), { message: /Cannot enter step "more" again: .* 5 times, .*maxIterations/ });
  strictEqual(runs, 4 + 5);
});

Deno.test("a step behind the graph's error handler that fails is not sent there for ever", async () => {
  const fn = serving("behind");
  const graph = fn.setTopology("flow", { maxIterations: 3 });
  graph.to("work", (): number => {
    throw new Error("one");
  }).respond();
  graph.errorHandler("catch", (n: number) => n);
  graph.addStep("note", () => {
    throw new Error("two");
  }, { after: "catch" });
  await using server = await fn.toMockServer(QUIET);
  await rejects(server.test("/", 1), { status: 500, message: /Cannot enter step "catch" again/ });
});

Deno.test("a generator that never gives its next chunk ends by the graph's time limit, for its reader too", async () => {
  const clock = new ManualClock();
  const fn = serving("stuck");
  fn.setTopology("flow", { timeoutMs: 10 }).to("count", async function* (n: number) {
    yield n;
    await new Promise(() => {});
  }).respond();
  const flow = await fn.start({ ...QUIET, clock });
  const chunks = await flow.ask<AsyncIterableIterator<number>>(1);
  strictEqual((await chunks.next()).value, 1);
  const next = rejects(chunks.next(), { status: 504 });
  await clock.advance(10);
  await next;
  await flow.close();
  strictEqual(clock.timers, 0);
});

Deno.test("a reply that nobody reads ends by the graph's time limit; what was there can still be read, then the failure", async () => {
  const clock = new ManualClock();
  const stopped: string[] = [];
  const fn = serving("unread");
  fn.setTopology("flow", { timeoutMs: 10 }).to("count", function* (n: number) {
    try {
      while (true) yield n++;
    } finally {
      stopped.push("stopped");
    }
  }).respond();
  const flow = await fn.start({ ...QUIET, clock });
  const chunks = await flow.ask<AsyncIterableIterator<number>>(1);
  await clock.advance(10);
  await flow.close();
  deepStrictEqual(stopped, ["stopped"]);
  deepStrictEqual(await chunks.next(), { value: 1, done: false });
  await rejects(chunks.next(), { status: 504 });
});

Deno.test("close ends generators that never end, read or not, and names their step and event", async () => {
  const clock = new ManualClock();
  const fn = serving("endless");
  const graph = fn.setTopology("flow");
  graph.to("asked", async function* (n: number) {
    yield n;
    await new Promise(() => {});
  }).respond();
  graph.to("emitted", async function* (n: number) {
    for (;; n++) yield await Promise.resolve(n);
  }).to("sink", (n) => n);
  const flow = await fn.start({ ...QUIET, clock });
  const chunks = await flow.ask<AsyncIterableIterator<number>>(1, { id: "e1" });
  await settle();
  const closed = flow.close({ timeoutMs: 20 }).then(() => "closed", (error: Error) => error.message);
  await clock.advance(20);
  match(
    await closed,
    /Step "asked" had no answer for event e1 .*\n.*Step "emitted" had no answer for event e1 after 20 ms/,
  );
  await chunks.next();
  await rejects(chunks.next(), { status: 503 });
});

Deno.test("a caller that leaves while its event waits behind another one is not waited for", async () => {
  const clock = new ManualClock();
  const entered: number[] = [];
  let open: () => void = () => {};
  const fn = serving("leaves");
  fn.setTopology("flow").to("work", (n: number) => {
    entered.push(n);
    return new Promise<number>((resolve) => open = () => resolve(n));
  }).respond();
  const flow = await fn.start({ ...QUIET, clock });
  const caller = new AbortController();
  const first = flow.ask(1, { key: "k" });
  const second = rejects(flow.ask(2, { key: "k", signal: caller.signal }), { status: 499 });
  await settle();
  caller.abort();
  await second;
  open();
  strictEqual(await first, 1);
  await flow.close();
  deepStrictEqual(entered, [1], "the step never saw the event that nobody waits for");
});

Deno.test("an event that is given up while it waits for room in a queue leaves the queue whole", async () => {
  const clock = new ManualClock();
  const gates: (() => void)[] = [];
  const fn = serving("queue");
  fn.setTopology("flow", { timeoutMs: 10 }).to("q", queue<number>({ capacityEvents: 1 }))
    .to("work", (n: number) => new Promise<number>((resolve) => gates.push(() => resolve(n)))).respond();
  const flow = await fn.start({ ...QUIET, clock });
  const asked = [1, 2, 3].map((n) => flow.ask(n).catch((error: StatusError) => error.status));
  await clock.advance(10);
  deepStrictEqual(await Promise.all(asked), [504, 504, 504]);
  const last = flow.ask(4);
  for (let turn = 0; turn < 9; turn++) {
    await settle();
    gates.shift()?.();
  }
  strictEqual(await last, 4);
  await flow.close();
  ok(gates.length === 0);
});

Deno.test("a step that awaits an emit into its own full flow is given up when the flow closes; one that does not await is not", async () => {
  for (const awaits of [true, false]) {
    const clock = new ManualClock();
    const fn = serving("own");
    const seen: number[] = [];
    fn.setTopology("flow", { maxInFlight: 1, closeTimeoutMs: 50 }).to("again", async (n: number) => {
      seen.push(n);
      await Promise.resolve();
      const sent = n < 3 ? flow.emit(n + 1) : undefined;
      if (awaits) await sent;
    });
    const flow = await fn.start({ ...QUIET, clock });
    await flow.emit(1);
    await settle();
    deepStrictEqual(seen, awaits ? [1] : [1, 2, 3]);
    const closing = flow.close().then(() => "closed", ({ message }) => message.split("\n").at(-1).trim());
    await settle();
    await clock.advance(50);
    match(await closing, awaits ? /^Step "again" had no answer for event .* after 50 ms$/ : /^closed$/);
    strictEqual(clock.timers, 0);
  }
});

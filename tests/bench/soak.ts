/**
 * Sends a million events through fan-out, batch, error handler and cycle, then a fifth of that, asked with keys, through merges, a
 * queue and time-outs; fails if one is lost or memory grows.
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { batch, choice, type Context, filter, flatMap, merge, queue, serving } from "levada";
import { testClock } from "levada/testing";

const EVENTS = 1_000_000;
const ASKED = 200_000;
const AT_ONCE = 100;
const BEHIND = 50;
const TIMEOUT_MS = 1_000;
const ALLOWED_GROWTH_BYTES = 2_000_000; // of a heap of about 9 MB; a leak of 2 bytes an event is found

interface Body {
  readonly n: number;
}

const counts = { caught: 0, left: 0 };
const fn = serving("soak");
const graph = fn.setTopology("flow", { allowCycles: true });
const start = graph.to("start", (body: Body) => body);
start.to("thirds", filter(({ n }) => n % 3 === 0))
  .to("odd", ({ n }: Body) => {
    if (n % 2 === 0) throw new Error("even");
    return n;
  })
  .errorHandler("catch", () => void counts.caught++);
start.to("batch", batch<Body>({ maxEvents: 10 }))
  .to("later", async (list: Body[]) => {
    await Promise.resolve();
    return list;
  })
  .to("each", flatMap((list: Body[]) => list))
  .to("grow", ({ n }: Body) => ({ n: n % 5 + 1 }))
  .to("choose", choice(({ n }: Body) => n > 4 ? "out" : "back"));
graph.step("choose").to("back", (body) => body).cycleTo("grow");
graph.step("choose").to("out", () => void counts.left++);

const { gc } = globalThis as { gc?: () => void };
if (gc === undefined) throw new Error("Cannot measure memory: start it by `deno task soak`, which exposes gc");

function heapBytes(): number {
  gc!();
  return Deno.memoryUsage().heapUsed;
}

/** Tells the heap's size ten times, and fails if it has grown since the first. */
function watchHeap(events: number): (done: number) => void {
  let early = 0;
  return (done) => {
    if (done % (events / 10) !== 0) return;
    const bytes = heapBytes();
    early ||= bytes;
    console.log(`${done} events, ${(bytes / 1e6).toFixed(1)} MB`);
    ok(bytes - early < ALLOWED_GROWTH_BYTES, `the heap grew by ${bytes - early} bytes`);
  };
}

const log = { debug() {}, info() {}, warn() {}, error() {} };

async function soakEmitted(): Promise<void> {
  const flow = await fn.start({ log });
  const watch = watchHeap(EVENTS);
  for (let n = 1; n <= EVENTS; n++) {
    await flow.emit({ n });
    watch(n);
  }
  await flow.close();
  strictEqual(counts.left, EVENTS, "every event leaves the cycle once");
  strictEqual(counts.caught, Math.floor(EVENTS / 6), "every failure is caught once");
}

/** Every thousandth never answers; the second merge has no second part for any, so it gives up all but the last. */
function askedFunction() {
  const asked = serving("asked");
  const graph = asked.setTopology("flow", { timeoutMs: TIMEOUT_MS });
  const start = graph.to("start", (body: Body) => body);
  const left = start.to("left", async ({ n }: Body, { signal }: Context) => {
    if (n % 1_000 === 0) {
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    }
    return n;
  });
  const right = start.to("right", ({ n }: Body) => -n);
  graph.after(left, right).to("join", merge<number>()).to("q", queue({ capacityEvents: AT_ONCE }))
    .to("sum", (parts) => parts.reduce((sum, part) => sum + part, 0)).respond();
  start.to("pairs", merge({ key: ({ n }: Body) => `pair ${n}`, expected: 2, maxBehindEvents: BEHIND }));
  return asked;
}

async function soakAsked(): Promise<void> {
  const clock = testClock();
  const flow = await askedFunction().start({ log, clock });
  const watch = watchHeap(ASKED);
  const caller = new AbortController();
  const kinds: Record<string, number> = {};
  const ask = async (n: number) => {
    const key = n % 1_000 === 0 ? "stuck" : `key ${n % 10}`; // whoever shares its key would have to wait for it
    const kind = await flow.ask<number>({ n }, { key, signal: caller.signal }).then(
      String,
      ({ status }) => String(status),
    );
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  };
  for (let n = 0; n < ASKED; n += AT_ONCE) {
    const asks = Array.from({ length: AT_ONCE }, (_, index) => ask(n + index + 1));
    if ((n + AT_ONCE) % 1_000 === 0) await clock.advance(TIMEOUT_MS);
    await Promise.all(asks);
    watch(n + AT_ONCE);
  }
  await flow.close();
  deepStrictEqual(kinds, { 0: ASKED - ASKED / 1_000, 504: ASKED / 1_000 }, "every event is answered or timed out");
  strictEqual(flow.counts().pairs?.givenUp, ASKED - BEHIND, "every part without another is given up");
  strictEqual(clock.timers, 0);
}

await soakEmitted();
await soakAsked();
console.log("nothing lost, memory flat");

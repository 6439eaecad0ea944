/** Sends a million events through fan-out, batch, error handler and cycle, and fails if one is lost or memory grows. */

import { ok, strictEqual } from "node:assert/strict";
import { batch, choice, filter, flatMap, serving } from "levada";

const EVENTS = 1_000_000;
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

const flow = await fn.start({ log: { debug() {}, info() {}, warn() {}, error() {} } });
let early = 0;
for (let n = 1; n <= EVENTS; n++) {
  await flow.emit({ n });
  if (n % (EVENTS / 10) !== 0) continue;
  const bytes = heapBytes();
  early ||= bytes;
  console.log(`${n} events, ${(bytes / 1e6).toFixed(1)} MB`);
  ok(bytes - early < ALLOWED_GROWTH_BYTES, `the heap grew by ${bytes - early} bytes`);
}
await flow.close();
strictEqual(counts.left, EVENTS, "every event leaves the cycle once");
strictEqual(counts.caught, Math.floor(EVENTS / 6), "every failure is caught once");
console.log("nothing lost, memory flat");

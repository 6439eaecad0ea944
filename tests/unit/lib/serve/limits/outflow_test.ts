import { deepStrictEqual, rejects } from "node:assert/strict";
import { settle, testClock } from "levada/testing";
import { Outflow } from "../../../../../lib/serve/limits/outflow.ts";

const LIMITS = { repliesLimitBytes: 300_000, replyTimeoutMs: 1_000, queueTimeoutMs: 10_000 };

Deno.test("Outflow.turn() gives one turn at a time, in the order in which they were asked for", async () => {
  const clock = testClock();
  const outflow = new Outflow(LIMITS, clock);
  const had: number[] = [];
  for (const n of [1, 2]) outflow.turn().then(() => had.push(n));
  await settle();
  deepStrictEqual([had, clock.timers], [[], 1]); // never two in one turn of the event loop
  await clock.advance(0);
  deepStrictEqual(had, [1, 2]);
});

Deno.test("Outflow.close() breaks off what is still read, and leaves no timer", async () => {
  const clock = testClock();
  const outflow = new Outflow(LIMITS, clock);
  let left = 0;
  const source = { next: () => new Uint8Array(9), leave: () => void left++ };
  const reader = outflow.open().send(source).getReader();
  await reader.read();
  outflow.close();
  await rejects(reader.read(), { message: "A reply broke off: the server is closed" });
  deepStrictEqual([left, clock.timers], [1, 0]);
});

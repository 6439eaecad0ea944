import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { testClock } from "levada/testing";
import { Outflow } from "../../../../../lib/serve/limits/outflow.ts";

const LIMITS = { repliesLimitBytes: 300_000, replyTimeoutMs: 1_000, queueTimeoutMs: 10_000 };

function bytes(length: number): Uint8Array {
  return new Uint8Array(length);
}

/** A source without an end, that notes what becomes of it. */
class Endless {
  made = 0;
  left = 0;

  next(): Uint8Array {
    this.made += 1;
    return bytes(100_000);
  }

  leave(): void {
    this.left += 1;
  }
}

Deno.test("SentBody.send() breaks off for a reader who takes nothing, and stops the source; time in which it is read does not count", async () => {
  const clock = testClock();
  const outflow = new Outflow(LIMITS, clock);
  const source = new Endless();
  const reader = outflow.open().send(source).getReader();
  for (let n = 0; n < 5; n++) {
    await clock.advance(900);
    strictEqual((await reader.read()).value?.length, n % 2 === 0 ? 65_536 : 34_464);
  }
  await clock.advance(999);
  strictEqual(source.left, 0);
  await clock.advance(1);
  deepStrictEqual([source.made, source.left, clock.timers], [3, 1, 0]);
  await rejects(reader.read(), { message: "A reply broke off: its reader has taken nothing for 1000 ms" });
  outflow.take(300_000); // nothing of it is counted any more
});

Deno.test("SentBody.send() does not count the time that a reader waits for a piece", async () => {
  const clock = testClock();
  const piece = Promise.withResolvers<Uint8Array>();
  const reader = new Outflow(LIMITS, clock).open().send({ next: () => piece.promise, leave() {} }).getReader();
  const reading = reader.read();
  await clock.advance(60_000);
  piece.resolve(bytes(7));
  strictEqual((await reading).value?.length, 7);
  await reader.cancel();
});

Deno.test("SentBody.send() breaks off a body that is never read at all", async () => {
  const clock = testClock();
  const source = new Endless();
  new Outflow(LIMITS, clock).open().send(source);
  await clock.advance(1_000);
  deepStrictEqual([source.made, source.left], [0, 1]);
});

Deno.test("SentBody.send() passes on what the source fails with, and lets a reader leave", async () => {
  const outflow = new Outflow(LIMITS, testClock());
  const fail = () => Promise.reject(new Error("no more"));
  await rejects(outflow.open().send({ next: fail, leave() {} }).getReader().read(), { message: "no more" });
  const source = new Endless();
  const reader = outflow.open().send(source).getReader();
  await reader.read();
  await reader.cancel();
  strictEqual(source.left, 1);
  outflow.take(300_000);
});

Deno.test("SentBody.hold() counts all replies together, each until its reader has it or it is closed", async () => {
  const outflow = new Outflow(LIMITS, testClock());
  const first = outflow.open();
  first.hold(200_000);
  const second = outflow.open();
  throws(() => second.hold(100_001), { status: 503, retryAfterMs: 1_000, message: /replies of 200000 bytes wait/ });
  second.hold(100_000);
  second.close();
  const reader = first.sendHeld([bytes(100_000), bytes(100_000)]).getReader();
  let read = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) read += next.value.length;
  strictEqual(read, 200_000);
  outflow.take(300_000);
});

Deno.test("SentBody.send() breaks off a stream that is too large with all the others", async () => {
  const outflow = new Outflow(LIMITS, testClock());
  outflow.open().hold(250_000);
  const source = new Endless();
  await rejects(outflow.open().send(source).getReader().read(), { status: 503 });
  strictEqual(source.left, 1);
});

Deno.test("SentBody.send() breaks off earlier where others wait for the turn that it keeps: looked at four times in the time of the queue", async () => {
  const clock = testClock();
  const outflow = new Outflow({ ...LIMITS, replyTimeoutMs: 60_000 }, clock);
  let isInTheWay = true;
  const source = new Endless();
  const other = new Endless();
  const reader = outflow.open(() => isInTheWay).send(source).getReader();
  outflow.open().send(other);
  await clock.advance(2_499);
  await reader.read();
  isInTheWay = false;
  await clock.advance(7_499);
  isInTheWay = true;
  strictEqual(source.left, 0);
  await clock.advance(1);
  deepStrictEqual([source.left, other.left], [1, 0]);
  await rejects(reader.read(), { message: /has taken nothing for 2500 ms, and others wait for its turn$/ });
  await clock.advance(50_001);
  deepStrictEqual([other.left, clock.timers], [1, 0]);
});

Deno.test("SentBody.pull() forgets a reader who leaves while a piece is handed over, as Deno's socket does", async () => {
  const clock = testClock();
  let looks = 0;
  const body = new Outflow(LIMITS, clock).open(() => (looks += 1) > 0);
  const source = new Endless();
  body.send(source);
  let left: Promise<void> | undefined;
  const controller = { enqueue: () => void (left = body.cancel()), close() {}, error() {} };
  await body.pull(controller as unknown as ReadableStreamDefaultController<Uint8Array>);
  await left;
  await clock.advance(600_000);
  deepStrictEqual([source.left, looks, clock.timers], [1, 0, 0]);
});

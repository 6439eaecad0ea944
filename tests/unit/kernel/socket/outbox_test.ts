import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Outbox } from "../../../../kernel/socket/outbox.ts";
import { FakeConn } from "../../../support/fake_conn.ts";

function bytes(count: number, value = 1): Uint8Array {
  return new Uint8Array(count).fill(value);
}

const LONG_MS = 60_000; // never waited for

Deno.test("Outbox.put() writes what waits together in one piece, in order", async () => {
  const fake = new FakeConn();
  const outbox = new Outbox(fake.conn, () => {});
  for (const value of [1, 2, 3]) outbox.put(bytes(1, value));
  strictEqual(outbox.queuedBytes, 3);
  strictEqual(await outbox.drained(0, LONG_MS), true);
  deepStrictEqual(fake.written, [Uint8Array.of(1, 2, 3)]);
  deepStrictEqual([outbox.queuedBytes, outbox.writtenBytes], [0, 3]);
});

Deno.test("Outbox.put() writes large messages by themselves, without copying them", async () => {
  const fake = new FakeConn();
  const outbox = new Outbox(fake.conn, () => {});
  outbox.put(bytes(300 * 1024));
  outbox.put(bytes(200 * 1024));
  outbox.put(bytes(100 * 1024));
  await outbox.drained(0, LONG_MS);
  deepStrictEqual(fake.written.map(({ length }) => length), [300 * 1024, 200 * 1024, 100 * 1024]);
});

Deno.test("Outbox goes on where a write took only a part", async () => {
  const fake = new FakeConn();
  fake.writeAtMostBytes = 2;
  const outbox = new Outbox(fake.conn, () => {});
  outbox.put(Uint8Array.of(1, 2, 3, 4, 5));
  await outbox.drained(0, LONG_MS);
  deepStrictEqual(fake.written.map((part) => [...part]), [[1, 2], [3, 4], [5]]);
});

Deno.test("Outbox.drained() tells whether as much has gone as was asked for, or the time is over", async () => {
  const fake = new FakeConn();
  fake.hold();
  const outbox = new Outbox(fake.conn, () => {});
  outbox.put(bytes(10));
  strictEqual(await outbox.drained(10, LONG_MS), true); // as much may wait
  strictEqual(await outbox.drained(9, 1), false);
  const drained = outbox.drained(0, LONG_MS);
  fake.release();
  strictEqual(await drained, true);
});

Deno.test("Outbox tells once that the connection is lost, and takes nothing more", async () => {
  const fake = new FakeConn();
  fake.writeError = new Deno.errors.BrokenPipe();
  let lost = 0;
  const outbox = new Outbox(fake.conn, () => lost++);
  outbox.put(bytes(10));
  strictEqual(await outbox.drained(0, LONG_MS), true); // whoever waits is let go
  outbox.put(bytes(10));
  deepStrictEqual([lost, outbox.queuedBytes, fake.written.length], [1, 0, 0]);
});

Deno.test("Outbox.close() throws away what waits and lets go whoever waits for it", async () => {
  const fake = new FakeConn();
  fake.hold();
  const outbox = new Outbox(fake.conn, () => {});
  outbox.put(bytes(10));
  const drained = outbox.drained(0, LONG_MS);
  outbox.close();
  deepStrictEqual([await drained, outbox.queuedBytes], [true, 0]);
  fake.release();
});

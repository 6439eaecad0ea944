import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { isGenerator } from "../../../../../lib/graph/generator.ts";
import { settle } from "../../../../../lib/testing/test_clock.ts";
import { LIMIT_MS, openFakeHost } from "../../../../support/fake_hosts.ts";

Deno.test("Asking gives an answer in chunks as a generator, and has each made when it is asked for", async () => {
  const { host, clock, place, stream, chunk, orders } = await openFakeHost();
  const chunks = await stream();
  strictEqual(isGenerator(chunks), true);
  await clock.advance(LIMIT_MS - 1);
  deepStrictEqual(orders(), ["open m", "ask 1"], "none is made before it is asked for");
  const read: unknown[] = [];
  for (const value of ["a", "b"]) {
    const next = chunks.next();
    await settle();
    deepStrictEqual(orders(), ["next 1"]);
    await clock.advance(LIMIT_MS - 1);
    chunk(value);
    read.push(await next);
  }
  const last = chunks.next();
  await settle();
  place.report({ kind: "ended", ask: 1 });
  read.push(await last);
  deepStrictEqual(read, [{ value: "a", done: false }, { value: "b", done: false }, { value: undefined, done: true }]);
  deepStrictEqual([host.inFlight, clock.timers], [0, 0]);
});

Deno.test("Asking stops a model's generator when its reader leaves between chunks", async () => {
  const { host, clock, place, stream, chunk, orders } = await openFakeHost();
  const chunks = await stream();
  const next = chunks.next();
  await settle();
  chunk("a");
  await next;
  orders();
  const left = chunks.return(undefined);
  await settle();
  deepStrictEqual([orders(), host.inFlight], [["stop 1"], 1]);
  place.report({ kind: "ended", ask: 1 });
  deepStrictEqual([await left, host.inFlight, clock.timers], [{ value: undefined, done: true }, 0, 0]);
});

Deno.test("Asking tells a model's generator that the caller left while it makes a chunk, and stops it", async () => {
  const { host, clock, place, leaving, stream, chunk, orders } = await openFakeHost();
  const chunks = await stream();
  const next = rejects(chunks.next(), { name: "AbortError" });
  await settle();
  orders();
  leaving.abort();
  await next;
  deepStrictEqual(orders(), ["abort 1", "stop 1"]);
  chunk("too late");
  place.report({ kind: "ended", ask: 1 });
  deepStrictEqual([host.inFlight, clock.timers], [0, 0]);
});

Deno.test("Asking ends a place that makes no chunk in time", async () => {
  const { clock, stream, orders } = await openFakeHost();
  const chunks = await stream();
  const next = rejects(chunks.next(), { status: 504, message: /there is none after 60000 ms/ });
  await settle();
  orders();
  await clock.advance(LIMIT_MS);
  await next;
  deepStrictEqual(orders(), ["kill"]);
});

Deno.test("Asking stops a generator that nobody reads on, and keeps the place", async () => {
  const { host, clock, place, stream, orders } = await openFakeHost();
  const chunks = await stream();
  orders();
  await clock.advance(LIMIT_MS);
  deepStrictEqual(orders(), ["stop 1"]);
  place.report({ kind: "ended", ask: 1 });
  await rejects(chunks.next(), { status: 504, message: /nobody read on for 60000 ms/ });
  deepStrictEqual([host.inFlight, host.ended, clock.timers], [0, undefined, 0]);
});

Deno.test("Asking fails an answer in chunks whose model fails, and whose place ends", async () => {
  for (const end of ["failed", "crashed"]) {
    const { host, place, stream } = await openFakeHost();
    const chunks = await stream();
    const next = rejects(
      chunks.next(),
      end === "failed" ? { message: "third breaks" } : { status: 500, message: /code 3/ },
    );
    await settle();
    if (end === "failed") place.report({ kind: "failed", ask: 1, error: { name: "Error", message: "third breaks" } });
    else place.end("it exited with code 3");
    await next;
    deepStrictEqual([await chunks.next(), host.inFlight], [{ value: undefined, done: true }, 0]);
  }
});

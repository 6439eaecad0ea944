import { deepStrictEqual, rejects } from "node:assert/strict";
import { FlowEvent } from "../../../../../lib/graph/event.ts";
import { Pool } from "../../../../../lib/models/host/pool.ts";
import { settle, TestClock } from "../../../../../lib/testing/test_clock.ts";
import { fakePlaces, homeOf, hostContext } from "../../../../support/fake_places.ts";

Deno.test("Pool gives a worker whose caller has left to another model when it is done, not before", async () => {
  const { open, places } = fakePlaces();
  const pool = new Pool(1);
  const seat = (key: string) =>
    pool.seat({
      home: homeOf(key),
      context: hostContext(key),
      clock: new TestClock(),
      memoryLimitMb: 64,
      open,
      what: "worker",
    });
  const [a, b] = [seat("a"), seat("b")];
  await a.open();
  await b.open();
  const ask = (on: typeof a, key: string, signal = new AbortController().signal) =>
    on.ask({
      key,
      operation: "infer",
      event: new FlowEvent({ inputs: [1] }),
      context: { ...hostContext(key), signal },
      timeLimitMs: 60_000,
    });
  const leaving = new AbortController();
  const left = rejects(ask(a, "a", leaving.signal), { name: "AbortError" });
  await settle();
  leaving.abort();
  await left;
  const answer = ask(b, "b");
  await settle();
  const [place] = places;
  deepStrictEqual(place!.orders, ["open a", "open b", "ask 1", "abort 1"]);
  place!.report({ kind: "answered", ask: 1, answer: { as: "data", value: "late" } });
  await settle();
  deepStrictEqual(place!.orders.slice(4), ["ask 2"]);
  place!.report({ kind: "answered", ask: 2, answer: { as: "data", value: "b's" } });
  deepStrictEqual([await answer, places.length], ["b's", 1]);
});

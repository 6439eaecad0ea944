import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { settle } from "../../../../../lib/testing/test_clock.ts";
import { answers, LIMIT_MS, openFakePool } from "../../../../support/fake_hosts.ts";

const IS_503 = {
  status: 503,
  message: /^Cannot ask model "bad" now: its worker ended, since it had no answer after 60000 ms/,
};

Deno.test("PoolSeat refuses what queues for a model in its pause, which grows, and then tries it in one place", async () => {
  const { clock, model, orders, places } = openFakePool(2);
  const bad = model("bad");
  await bad.seat.open();
  const failed = [1, 2].map(() => rejects(bad.ask(), { status: 504 }));
  await settle();
  const queued = [1, 2].map(() => rejects(bad.ask(), IS_503));
  await clock.advance(LIMIT_MS);
  await Promise.all([...failed, ...queued]);
  match(bad.seat.trouble!, /^it had no answer after 60000 ms/);
  await rejects(bad.ask(), { ...IS_503, retryAfterMs: 200 });
  await clock.advance(200);
  strictEqual(bad.seat.trouble, undefined);
  const [tried, waiting] = [bad.ask(), bad.ask()];
  await settle();
  orders();
  deepStrictEqual(places.length, 3, "one is tried");
  answers(places[2]!, 1);
  strictEqual(await tried, "yes");
  await settle();
  deepStrictEqual(orders(), ["", "", "ask 2"]);
  const more = bad.ask();
  await settle();
  strictEqual(places.length, 4, "who has answered has all places again");
  answers(places[2]!, 2);
  answers(places[3]!, 1);
  deepStrictEqual(await Promise.all([waiting, more]), ["yes", "yes"]);
});

Deno.test("PoolSeat waits longer each time it ends a place, until it answers once", async () => {
  const { clock, model, places } = openFakePool(1);
  const { seat, ask } = model("bad");
  await seat.open();
  for (const pauseMs of [100, 200, 400, 800, 1_600]) {
    const failed = rejects(ask(), { status: 500 });
    await settle();
    places.at(-1)!.end("it exited with code 3");
    await failed;
    await rejects(ask(), { status: 503, retryAfterMs: pauseMs });
    await clock.advance(pauseMs);
  }
  const answer = ask();
  await settle();
  answers(places.at(-1)!, 1);
  strictEqual(await answer, "yes");
  const failed = rejects(ask(), { status: 500 });
  await settle();
  places.at(-1)!.end("it exited with code 3");
  await failed;
  await rejects(ask(), { status: 503, retryAfterMs: 100 });
});

Deno.test("PoolSeat refuses what waits when it is closed", async () => {
  const { model } = openFakePool(1);
  const [bad, calm] = [model("bad"), model("calm")];
  await bad.seat.open();
  await calm.seat.open();
  await settle();
  const busy = rejects(calm.ask(), { status: 503 });
  const waiting = rejects(bad.ask(), { status: 503, message: 'Cannot ask model "bad": it is closed' });
  await settle();
  await bad.seat.close();
  await waiting;
  await calm.seat.close();
  await busy;
});

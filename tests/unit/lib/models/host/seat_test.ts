import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { FlowEvent } from "../../../../../lib/graph/event.ts";
import { Losses } from "../../../../../lib/models/host/losses.ts";
import { OwnSeat } from "../../../../../lib/models/host/seat.ts";
import { settle, TestClock } from "../../../../../lib/testing/test_clock.ts";
import { LOST_MS } from "../../../../support/fake_hosts.ts";
import { type FakeOptions, fakePlaces, homeOf, hostContext } from "../../../../support/fake_places.ts";

async function openSeat(fake: FakeOptions = {}) {
  const clock = new TestClock();
  const { open, places } = fakePlaces(fake);
  const lines: string[] = [];
  const context = { ...hostContext("m"), log: { ...hostContext("m").log, error: (line: string) => lines.push(line) } };
  const losses = new Losses();
  const another = () =>
    new OwnSeat({ home: homeOf("m"), context, clock, memoryLimitMb: 64, open, what: "worker" }, losses);
  const seat = another();
  await seat.open();
  const ask = () =>
    seat.ask({
      operation: "infer",
      event: new FlowEvent({ inputs: [1] }),
      context: hostContext("m"),
    });
  return { seat, ask, another, clock, places, lines };
}

const PAUSES_MS = [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000];

Deno.test("OwnSeat waits longer each time before it begins a place anew, until the model answers once", async () => {
  const { seat, ask, clock, places, lines } = await openSeat();
  for (const [index, pauseMs] of PAUSES_MS.entries()) {
    places.at(-1)!.end(`end ${index}`);
    await settle();
    deepStrictEqual([clock.nextMs, places.length, seat.trouble], [pauseMs, index + 1, `end ${index}`]);
    match(lines.at(-1)!, new RegExp(`^The worker of model "m" ended: end ${index}\\. It starts anew in ${pauseMs} ms`));
    await rejects(ask(), { status: 503, retryAfterMs: pauseMs });
    await clock.advance(pauseMs);
    await settle();
    deepStrictEqual([places.length, seat.trouble], [index + 2, undefined]);
  }
  const answer = ask();
  places.at(-1)!.report({ kind: "answered", ask: 1, answer: { as: "data", value: "well" } });
  strictEqual(await answer, "well");
  places.at(-1)!.end("again");
  strictEqual(clock.nextMs, PAUSES_MS[0]);
  await seat.close();
  deepStrictEqual([clock.timers, lines.length], [0, PAUSES_MS.length + 1]);
});

Deno.test("OwnSeat begins no place while something is left of the last, and says so with 503", async () => {
  const { seat, ask, clock, places, lines } = await openSeat({ lingers: true });
  places[0]!.end("it was in a loop");
  await clock.advance(LOST_MS - 1);
  deepStrictEqual([lines.length, places.length, seat.trouble, seat.isLost], [1, 1, "it was in a loop", false]);
  await rejects(ask(), {
    status: 503,
    message:
      'Cannot ask model "m" now: its worker ended, since it was in a loop; it starts anew when nothing is left of it',
  });
  places[0]!.go();
  await settle();
  deepStrictEqual([lines.length, places.length, seat.trouble], [1, 2, undefined]);
  places[1]!.go();
  await seat.close();
});

Deno.test("OwnSeat replaces two places that are lost, and is lost with the third, however it is loaded, until one goes", async () => {
  const { seat, ask, another, clock, places, lines } = await openSeat({ lingers: true });
  for (const lost of [1, 2]) {
    places.at(-1)!.end("it was in a loop");
    await clock.advance(LOST_MS);
    match(lines.at(-1)!, /^The worker of model "m" cannot be ended: .* Another may begin in its stead\./);
    deepStrictEqual([places.length, seat.trouble, seat.isLost], [1 + lost, undefined, false]);
  }
  places[2]!.end("it was in a loop");
  await clock.advance(LOST_MS - 1);
  strictEqual(seat.isLost, false);
  await clock.advance(3_600_000);
  match(lines.at(-1)!, /Too many are so: none begins in its stead/);
  deepStrictEqual([places.length, seat.isLost, lines.length], [3, true, 6]);
  const why = "of 3 that ended something is left for good, and no more begins in this program";
  strictEqual(seat.trouble, `it was in a loop; ${why}`);
  await rejects(ask(), {
    status: 503,
    message: `Cannot ask model "m" now: its worker ended, since it was in a loop; ${why}`,
  });
  await rejects(another().open(), { status: 503, message: `Cannot load model "m": ${why}` });
  strictEqual(places.length, 3);
  places[0]!.go();
  await settle();
  deepStrictEqual([places.length, seat.isLost, seat.trouble], [4, false, undefined]);
  places[3]!.go();
  await seat.close();
});

Deno.test("OwnSeat counts a place as lost of which something is left when it has been closed", async () => {
  const { seat, another, clock, places, lines } = await openSeat({ lingers: true });
  const seats = [seat, another(), another(), another()];
  const well = another();
  await well.open();
  for (const [index, one] of seats.slice(0, 3).entries()) {
    if (index > 0) await one.open();
    const closing = one.close();
    await clock.advance(5_000);
    await closing;
  }
  deepStrictEqual([places.length, lines.length, clock.timers], [4, 3, 0]);
  await rejects(seats[3]!.open(), { status: 503 });
  deepStrictEqual([seats[3]!.isLost, well.isLost, well.trouble], [true, false, undefined]);
  await seat.close(); // what is lost is waited for no more
});

Deno.test("OwnSeat tells once of a place that is lost while it is closed", async () => {
  const { seat, clock, places, lines } = await openSeat({ lingers: true });
  places[0]!.end("it was in a loop");
  await clock.advance(LOST_MS - 1);
  const closing = seat.close();
  await clock.advance(5_000);
  await closing;
  deepStrictEqual(lines.map((line) => /cannot be ended/.test(line)), [false, true]);
});

Deno.test("OwnSeat begins no place when it is closed in the pause, nor while something is left", async () => {
  const [paused, left] = [await openSeat(), await openSeat({ lingers: true })];
  for (const { places } of [paused, left]) places[0]!.end("gone wrong");
  await paused.seat.close();
  const closing = left.seat.close();
  await left.clock.advance(5_000); // what never goes is waited for so long
  await closing;
  left.places[0]!.go();
  for (const { clock, places } of [paused, left]) {
    await clock.advance(60_000);
    deepStrictEqual([places.length, clock.timers], [1, 0]);
  }
});

Deno.test("OwnSeat tries again where the model cannot be loaded anew", async () => {
  const { seat, clock, places, lines } = await openSeat({ loads: (place) => place !== 1 });
  places[0]!.end("first");
  await clock.advance(100);
  places[1]!.report({ kind: "refused", model: 1, error: { name: "Error", message: "no such file" } });
  await settle();
  deepStrictEqual([seat.trouble, clock.nextMs, places[1]!.orders], ["no such file", 200, ["open m", "kill"]]);
  match(lines.at(-1)!, /^The worker of model "m" could not start: no such file\. It starts anew in 200 ms/);
  await clock.advance(200);
  deepStrictEqual([seat.trouble, places.length], [undefined, 3]);
  await seat.close();
});

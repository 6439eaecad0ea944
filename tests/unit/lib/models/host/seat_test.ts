import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { FlowEvent } from "../../../../../lib/graph/event.ts";
import { OwnSeat } from "../../../../../lib/models/host/seat.ts";
import { settle, TestClock } from "../../../../../lib/testing/test_clock.ts";
import { type FakeOptions, fakePlaces, homeOf, hostContext } from "../../../../support/fake_places.ts";

async function openSeat(fake: FakeOptions = {}) {
  const clock = new TestClock();
  const { open, places } = fakePlaces(fake);
  const lines: string[] = [];
  const context = { ...hostContext("m"), log: { ...hostContext("m").log, error: (line: string) => lines.push(line) } };
  const seat = new OwnSeat({ home: homeOf("m"), context, clock, memoryLimitMb: 64, open, what: "worker" });
  await seat.open();
  const ask = () =>
    seat.ask({
      operation: "infer",
      event: new FlowEvent({ inputs: [1] }),
      context: hostContext("m"),
    });
  return { seat, ask, clock, places, lines };
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
  strictEqual(clock.timers, 0);
});

Deno.test("OwnSeat begins no place while something is left of the last, and says so with 503", async () => {
  const { seat, ask, clock, places, lines } = await openSeat({ lingers: true });
  places[0]!.end("it was in a loop");
  await clock.advance(29_999);
  strictEqual(lines.length, 1);
  await clock.advance(3_600_000);
  match(lines[1]!, /^The worker of model "m" cannot be ended: its model is in a loop, and takes a core/);
  strictEqual(lines.length, 2);
  deepStrictEqual([places.length, seat.trouble], [1, "it was in a loop"]);
  await rejects(ask(), {
    status: 503,
    message:
      'Cannot ask model "m" now: its worker ended, since it was in a loop; it starts anew when nothing is left of it',
  });
  places[0]!.go();
  await settle();
  deepStrictEqual([places.length, seat.trouble], [2, undefined]);
  places[1]!.go();
  await seat.close();
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

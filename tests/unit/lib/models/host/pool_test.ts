import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { settle } from "../../../../../lib/testing/test_clock.ts";
import { answers, LATE_MS, LIMIT_MS, LOST_MS, openFakePool } from "../../../../support/fake_hosts.ts";

Deno.test("Pool gives a worker whose caller has left to another model when it is done, not before", async () => {
  const { model, orders, places } = openFakePool(1);
  const [a, b] = [model("a"), model("b")];
  await a.seat.open();
  await b.seat.open();
  const leaving = new AbortController();
  const left = rejects(a.ask(leaving.signal), { name: "AbortError" });
  await settle();
  leaving.abort();
  await left;
  const answer = b.ask();
  await settle();
  deepStrictEqual(orders(), ["open a, open b, ask 1, abort 1"]);
  answers(places[0]!, 1, "late");
  await settle();
  deepStrictEqual(orders(), ["ask 2"]);
  answers(places[0]!, 2, "b's");
  deepStrictEqual([await answer, places.length], ["b's", 1]);
});

Deno.test("Pool begins one place more for a request that waits while a model has all, which gets no more itself", async () => {
  const { clock, model, orders, places } = openFakePool(2);
  const [bad, calm] = [model("bad"), model("calm")];
  await Promise.all([bad.seat.open(), calm.seat.open()]);
  const hanging = Array.from({ length: 4 }, () => bad.ask());
  const answer = calm.ask();
  await clock.advance(LATE_MS - 1);
  strictEqual(places.length, 2);
  await clock.advance(1);
  orders();
  answers(places[2]!, 1);
  strictEqual(await answer, "yes");
  await clock.advance(LATE_MS);
  deepStrictEqual(orders(), ["", "", ""], "what was begun for the others is theirs");
  answers(places[0]!, 1);
  answers(places[1]!, 1);
  await settle();
  for (const place of places.slice(0, 2)) answers(place, 2);
  deepStrictEqual(await Promise.all(hanging), ["yes", "yes", "yes", "yes"]);
  strictEqual(clock.timers, 0);
});

Deno.test("Pool begins one place more for a model that waits while another hangs in its loading", async () => {
  const { clock, model, orders, places } = openFakePool(1, { loads: (place) => place !== 0 });
  const hanging = rejects(model("hangs").seat.open(), { message: "none" });
  const loading = model("calm").seat.open();
  await clock.advance(LATE_MS - 1);
  strictEqual(places.length, 1);
  await clock.advance(1);
  await loading;
  deepStrictEqual(orders(), ["open hangs", "open calm"]);
  places[0]!.report({ kind: "refused", model: 1, error: { name: "Error", message: "none" } });
  await hanging;
});

Deno.test("Pool lets models take turns", async () => {
  const { model, orders, places } = openFakePool(1);
  const [a, b] = [model("a"), model("b")];
  await a.seat.open();
  await b.seat.open();
  const asked = [a.ask(), a.ask(), a.ask(), b.ask(), b.ask()];
  const order: string[] = [];
  asked.forEach((answer, index) => answer.then(() => order.push(index < 3 ? "a" : "b")));
  for (let ask = 1; ask <= asked.length; ask++) {
    await settle();
    answers(places[0]!, ask);
  }
  await Promise.all(asked);
  deepStrictEqual(order, ["a", "b", "a", "b", "a"]);
  strictEqual(orders().length, 1);
});

Deno.test("Pool counts what is left of places against a model, and answers 503 until it is gone", async () => {
  const { clock, model, places, lines } = openFakePool(1, { lingers: true });
  const [bad, calm] = [model("bad"), model("calm")];
  await bad.seat.open();
  const failed = rejects(bad.ask(), { status: 504 });
  await clock.advance(LIMIT_MS);
  await failed;
  await clock.advance(LOST_MS - LATE_MS - 1);
  await rejects(bad.ask(), { status: 503, message: /; it is asked again when nothing is left of it$/ });
  match(bad.seat.trouble!, /no answer/);
  strictEqual(bad.seat.isLost, false);
  const others = calm.ask();
  await clock.advance(LATE_MS);
  deepStrictEqual(places.length, 2, "the others have the one that is begun for them");
  answers(places[1]!, 1);
  strictEqual(await others, "yes");
  places[0]!.go();
  await settle();
  strictEqual(bad.seat.trouble, undefined);
  const answer = bad.ask();
  await settle();
  answers(places[1]!, 2);
  strictEqual(await answer, "yes");
  await clock.advance(LOST_MS);
  strictEqual(lines.length, 1, "what is gone is not lost");
});

Deno.test("Pool refuses a model of whose place something is left, also where others are free, unless it has answered since", async () => {
  const { clock, model, places } = openFakePool(2, { lingers: true });
  const bad = model("bad");
  const failed = rejects(bad.ask(), { status: 500 });
  const answer = bad.ask();
  await settle();
  places[0]!.end("it exited with code 3");
  await failed;
  await clock.advance(100);
  await rejects(bad.ask(), { status: 503, message: /; it is asked again when nothing is left of it$/ });
  answers(places[1]!, 1);
  strictEqual(await answer, "yes");
  await settle();
  const another = bad.ask();
  await settle();
  answers(places[1]!, 2);
  strictEqual(await another, "yes");
});

Deno.test("Pool begins others in the stead of as many lost places as it has, and refuses then whose place one is", async () => {
  const { clock, model, places, lines } = openFakePool(1, { lingers: true });
  const [bad, calm] = [model("bad"), model("calm")];
  for (const words of [/ends\. Another may begin in its stead\./, /ends\. Too many are so: none begins in its stead/]) {
    deepStrictEqual([bad.seat.trouble, bad.seat.isLost], [undefined, false]);
    const failed = rejects(bad.ask(), { status: 504 });
    await clock.advance(LIMIT_MS);
    await failed;
    await clock.advance(LOST_MS);
    match(lines.at(-1)!, words);
  }
  deepStrictEqual([bad.seat.isLost, calm.seat.isLost, calm.seat.trouble], [true, false, undefined]);
  await rejects(bad.ask(), {
    status: 503,
    message: /, since it had no answer .*; that stays so in this program, since the pool has lost too many$/,
  });
  const others = calm.ask();
  await clock.advance(LATE_MS);
  deepStrictEqual(places.length, 3);
  answers(places[2]!, 1);
  strictEqual(await others, "yes");
  places[0]!.go();
  await settle();
  deepStrictEqual([bad.seat.trouble, bad.seat.isLost], [undefined, false], "the other is replaced when the first goes");
});

Deno.test("Pool refuses at once who could only have the place of one that has ended, until that is lost", async () => {
  const { clock, model, places } = openFakePool(2, { lingers: true });
  const [hangs, exits, calm] = [model("hangs"), model("exits"), model("calm")];
  const hanging = [1, 2].map(() => rejects(hangs.ask(), { status: 504 }));
  await clock.advance(LIMIT_MS);
  await Promise.all(hanging);
  const failed = rejects(exits.ask(), { status: 500 });
  await clock.advance(LATE_MS);
  places[2]!.end("it exited with code 3");
  await failed;
  for (const { seat, ask } of [calm, model("new")]) {
    match(seat.trouble!, /^what is left of each worker that ended takes its place in the pool$/);
    await rejects(ask(), { status: 503, message: /^Cannot ask model "\w+" now: what is left of each worker/ });
    await rejects(seat.open(), { status: 503 });
  }
  places[2]!.go();
  await clock.advance(100);
  strictEqual(calm.seat.trouble, undefined);
  await rejects(exits.ask(), {
    status: 503,
    message: /its worker ended, since it exited with code 3; it is asked again when something is left of fewer/,
  });
  await clock.advance(LOST_MS - LATE_MS - 100);
  const answer = exits.ask();
  await settle();
  answers(places.at(-1)!, 1);
  deepStrictEqual([await answer, hangs.seat.isLost, hangs.seat.trouble], ["yes", false, undefined]);
});

Deno.test("Pool gives models that ended places, all together, not the place that was begun for the others", async () => {
  const { clock, model, orders, places } = openFakePool(2);
  const [calm, ...bad] = ["calm", "one", "two", "three"].map(model);
  for (const { ask } of bad) {
    const failed = rejects(ask(), { status: 500 });
    await settle();
    places.at(-1)!.end("it exited with code 3");
    await failed;
  }
  await clock.advance(100);
  const asked = bad.slice(0, 2).map(({ ask }) => ask());
  const first = calm!.ask();
  await clock.advance(LATE_MS);
  answers(places.at(-1)!, 1);
  strictEqual(await first, "yes");
  orders();
  const third = bad[2]!.ask();
  await clock.advance(LATE_MS);
  strictEqual(orders().at(-1), "");
  const second = calm!.ask();
  await settle();
  strictEqual(orders().at(-1), "ask 2");
  for (const place of places.slice(-3, -1)) answers(place, 1);
  await settle();
  answers(places.at(-1)!, 2);
  for (const place of places.slice(-3, -1)) if (place.orders.includes("ask 2")) answers(place, 2);
  deepStrictEqual(await Promise.all([...asked, second, third]), ["yes", "yes", "yes", "yes"]);
});

Deno.test("Pool keeps places from models that end them, all together", async () => {
  const { clock, model, places } = openFakePool(2);
  const [one, two, calm] = [model("one"), model("two"), model("calm")];
  await calm.seat.open();
  const first = [one, two].map(({ ask }) => rejects(ask(), { status: 504 }));
  await clock.advance(LIMIT_MS);
  await Promise.all(first);
  await clock.advance(100);
  const hanging = [one, two].map(({ ask }) => rejects(ask(), { status: 504 }));
  await settle();
  const before = places.length;
  const answer = calm.ask();
  await clock.advance(LATE_MS);
  strictEqual(places.length, before + 1);
  answers(places.at(-1)!, 1);
  strictEqual(await answer, "yes");
  await clock.advance(LIMIT_MS);
  await Promise.all(hanging);
});

Deno.test("Pool closes a model that leaves where it is loaded, and loads it anew when it comes again", async () => {
  const { model, orders } = openFakePool(1);
  const [a, b] = [model("a"), model("b")];
  await a.seat.open();
  await b.seat.open();
  await a.seat.close();
  await model("a").seat.open();
  deepStrictEqual(orders(), ["open a, open b, drop 1, open a"]);
});

Deno.test("Pool begins places again for a model that comes after all have left", async () => {
  const { model, orders, places } = openFakePool(1);
  const a = model("a");
  await a.seat.open();
  const closing = a.seat.close();
  const again = model("a").seat.open();
  await Promise.all([closing, again]);
  deepStrictEqual([orders(), places.length], [["open a, close, kill", "open a"], 2]);
});

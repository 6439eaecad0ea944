import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { settle } from "../../../../../lib/testing/test_clock.ts";
import { answers, LATE_MS, LIMIT_MS, openFakePool } from "../../../../support/fake_hosts.ts";

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

Deno.test("Pool begins no place more for models that load", async () => {
  const { clock, model, places } = openFakePool(1, { loads: () => false });
  const [a, b] = [model("a"), model("b")];
  const loading = Promise.allSettled([a.seat.open(), b.seat.open()]);
  await clock.advance(LATE_MS);
  strictEqual(places.length, 1);
  for (const one of [1, 2]) {
    places[0]!.report({ kind: "refused", model: one, error: { name: "Error", message: "none" } });
    await settle();
  }
  deepStrictEqual((await loading).map(({ status }) => status), ["rejected", "rejected"]);
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
  await clock.advance(3_600_000);
  await rejects(bad.ask(), { status: 503, message: /; it is asked again when nothing is left of it$/ });
  match(bad.seat.trouble!, /no answer/);
  match(lines.at(-1)!, /^The worker of model "bad" cannot be ended: its model is in a loop/);
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

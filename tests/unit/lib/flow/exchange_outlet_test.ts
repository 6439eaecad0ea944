import { deepStrictEqual, rejects } from "node:assert/strict";
import { exchangeOutlet } from "../../../../lib/flow/exchange_outlet.ts";
import { Pass } from "../../../../lib/flow/pass.ts";
import { Trip } from "../../../../lib/flow/trip.ts";
import { FlowEvent } from "../../../../lib/graph/event.ts";

/** An outlet, and what went where; a body "too large" is refused. */
function openOutlet() {
  const went: unknown[] = [];
  let isAway = false;
  const outlet = exchangeOutlet({
    exchanged: {
      seal: (records) =>
        records.map(({ body }) => {
          if (body === "too large") throw new RangeError("too large");
          return { bytes: 1, body };
        }),
      close: () => Promise.resolve(void went.push("exchanged closed")),
    },
    direct: {
      send: (events) =>
        isAway ? Promise.reject(new RangeError("away")) : Promise.resolve(void went.push(bodies(events))),
      close: () => Promise.resolve(void went.push("direct closed")),
    },
  });
  return { outlet, went, leave: () => isAway = true };
}

function bodies(some: Iterable<unknown>): unknown[] {
  return Array.from(some, (one) => (one as { body: unknown }).body);
}

function eventOf(body: string, pass?: Pass): FlowEvent {
  const root = new Trip();
  root.pass = pass;
  const made = new FlowEvent(body);
  made.track = new Trip([new Trip([root])]); // made of something that was made of it
  return made;
}

Deno.test("exchangeOutlet() keeps what became of a record with it, drops what comes too late, and sends the rest at once", async () => {
  const { outlet, went } = openOutlet();
  const [one, other, over] = [new Pass(), new Pass(), new Pass()];
  over.end();
  await outlet.send([
    eventOf("a", one),
    eventOf("b"),
    eventOf("c", over),
    eventOf("d", other),
    eventOf("e", one),
    eventOf("f"),
  ]);
  await outlet.close();
  deepStrictEqual(went, [["b", "f"], "exchanged closed", "direct closed"]);
  deepStrictEqual([one, other, over].map((pass) => bodies(pass.end())), [["a", "e"], ["d"], []]);
  deepStrictEqual(one.isOver, true);
});

Deno.test("exchangeOutlet() keeps and sends nothing where one cannot travel, and keeps nothing where the rest cannot be sent: whoever sends does so again", async () => {
  const { outlet, went, leave } = openOutlet();
  const pass = new Pass();
  await rejects(outlet.send([eventOf("a", pass), eventOf("b"), eventOf("too large", pass)]), /too large/);
  deepStrictEqual(went, []);
  leave();
  await rejects(outlet.send([eventOf("a", pass), eventOf("b")]), /away/);
  deepStrictEqual(pass.end(), []);
});

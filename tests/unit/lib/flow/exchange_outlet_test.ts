import { deepStrictEqual } from "node:assert/strict";
import { exchangeOutlet } from "../../../../lib/flow/exchange_outlet.ts";
import { Pass } from "../../../../lib/flow/exchanging.ts";
import { Trip } from "../../../../lib/flow/trip.ts";
import { FlowEvent } from "../../../../lib/graph/event.ts";

Deno.test("exchangeOutlet() keeps what became of records with them, drops what comes too late, and sends the rest at once", async () => {
  const went: unknown[] = [];
  const outlet = (name: string) => ({
    send: (events: readonly FlowEvent[]) => Promise.resolve(void went.push([name, events.map(({ body }) => body)])),
    close: () => Promise.resolve(void went.push(`${name} closed`)),
  });
  const [now, over] = [new Pass(), new Pass()];
  over.isOver = true;
  const event = (body: string, pass?: Pass) => {
    const root = new Trip();
    root.pass = pass;
    const made = new FlowEvent(body);
    made.track = new Trip([new Trip([root])]); // made of something that was made of it
    return made;
  };
  const both = exchangeOutlet({ exchanged: outlet("exchanged"), direct: outlet("direct") });
  await both.send([event("a", now), event("b"), event("c", over), event("d", now)]);
  await both.close();
  deepStrictEqual(went, [["exchanged", ["a", "d"]], ["direct", ["b"]], "exchanged closed", "direct closed"]);
});

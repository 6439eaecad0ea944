import { deepStrictEqual } from "node:assert/strict";
import { Holding } from "../../../../lib/flow/holding.ts";
import { FlowEvent } from "../../../../lib/graph/event.ts";

Deno.test("Holding keeps events in the order in which they came, each once", () => {
  const [a, b, c] = ["a", "b", "c"].map((body) => new FlowEvent(body)) as [FlowEvent, FlowEvent, FlowEvent];
  const holding = new Holding();
  for (const event of [a, b, c, b]) holding.add(event);
  const before = Array.from(holding, ({ body }) => body);
  holding.delete(b);
  holding.delete(b);
  holding.add(b);
  deepStrictEqual([before, Array.from(holding, ({ body }) => body), holding.size], [
    ["a", "b", "c"],
    ["a", "c", "b"],
    3,
  ]);
});

Deno.test("Holding knows its own events from those of another", () => {
  const event = new FlowEvent(null);
  const [one, other] = [new Holding(), new Holding()];
  one.add(event);
  other.delete(event);
  deepStrictEqual([one.has(event), other.has(event), one.size, other.size], [true, false, 1, 0]);
  one.delete(event);
  other.add(event);
  deepStrictEqual([one.has(event), other.has(event), event.with(1).place], [false, true, undefined]);
});

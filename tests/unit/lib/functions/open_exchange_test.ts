import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { exchangedFeed } from "../../../../lib/functions/open_exchange.ts";
import { partsOf } from "../../../../lib/functions/parts_of.ts";
import { serving, type ServingFunction } from "../../../../lib/functions/serving.ts";
import { unitOf } from "../../../../lib/functions/unit.ts";
import { batch } from "../../../../lib/steps/batch.ts";
import { queue } from "../../../../lib/steps/queue.ts";
import { openExchange } from "../../../../lib/streams/exchange.ts";

const IN = "kafka://broker:9092/in";
const OUT = "kafka://broker:9092/out";

function feeds(fn: ServingFunction): (string | undefined)[] {
  return partsOf(unitOf(fn)).map((part) => exchangedFeed(part));
}

function shop(): ServingFunction {
  return serving("shop").addChildFunction("billing");
}

Deno.test("exchangedFeed() is the queue or trigger that is to be read exactly once", () => {
  const one = shop().addTrigger("in", { stream: IN });
  one.setTopology("flow").to("orders", queue<number>({ path: OUT, exactlyOnce: true }))
    .to("bill", (n: number) => n, { function: "billing" }).to("bills", queue({ path: OUT }));
  deepStrictEqual(feeds(one), [undefined, "orders"]);
  const two = serving("shop").addTrigger("in", { stream: IN, exactlyOnce: true });
  two.setTopology("flow").to("out", queue({ path: OUT }));
  deepStrictEqual(feeds(two), ["in"]);
});

Deno.test("partsOf() refuses a function that cannot read exactly once: all that is wrong, by its names", () => {
  const fn = serving("shop").addTrigger("in", { stream: IN, exactlyOnce: true }).addTrigger("more", { stream: IN });
  fn.setTopology("flow").to("some", batch({ maxEvents: 3 })).to("out", queue({ path: "local://out" }));
  throws(() => partsOf(unitOf(fn)), (error: Error) => {
    const said = [
      /"in" is to be read exactly once, and "more" feeds the function too/,
      /"in" is to be read exactly once, and "out" leads out of Kafka/,
      /step "some": "in" is to be read exactly once, and batch keeps events/,
    ];
    return error.name === "GraphError" && said.every((words) => words.test(error.message));
  });
});

Deno.test("queue({ exactlyOnce }) and addTrigger({ exactlyOnce }) are refused where no Kafka feeds a function", () => {
  const before = shop();
  before.setTopology("flow").to("orders", queue<number>({ path: "local://orders", exactlyOnce: true }))
    .to("bill", (n: number) => n, { function: "billing" });
  throws(() => partsOf(unitOf(before)), /step "orders": the queue is to feed its function exactly once, and is none/);
  const end = serving("shop");
  end.setTopology("flow").to("out", queue({ path: OUT, exactlyOnce: true }));
  throws(() => partsOf(unitOf(end)), /step "out": the queue is to feed its function exactly once, and is none/);
  throws(() => serving("shop").addTrigger("in", { stream: "nats://b/in", exactlyOnce: true }), {
    name: "TypeError",
    message: /nats:\/\/b\/in cannot be read exactlyOnce: only kafka:\/\/… can/,
  });
});

Deno.test("openExchange() refuses what is no Kafka", async () => {
  await rejects(openExchange("redis://host/in"), { name: "StreamError", message: /only Kafka's transactions can/ });
});

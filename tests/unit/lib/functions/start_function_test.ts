import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { serving } from "../../../../lib/functions/serving.ts";
import { partsOf } from "../../../../lib/functions/parts_of.ts";
import { startFunction } from "../../../../lib/functions/start_function.ts";
import { unitOf } from "../../../../lib/functions/unit.ts";
import { queue } from "../../../../lib/steps/queue.ts";
import { openStream } from "../../../../lib/streams/open_stream.ts";
import { testClock } from "../../../../lib/testing/test_clock.ts";
import { memoryLog } from "../../../support/run_graph.ts";

Deno.test("partsOf() tells what each function reads and fills, in the order of the graph", () => {
  const fn = serving("shop").addChildFunction("billing").addChildFunction("unused");
  fn.setTopology("flow").to("orders", queue<number>({ path: "kafka://b/orders" }))
    .to("bill", (n: number) => n, { function: "billing" }).to("bills", queue())
    .to("log", () => {}, { function: "billing" });
  fn.addChildFunction("printing");
  const parts = partsOf(unitOf(fn)).map(({ name, group, inlets, outlets }) => ({ name, group, inlets, outlets }));
  const orders = { queue: "orders", path: "kafka://b/orders" };
  deepStrictEqual(parts, [
    { name: "", group: "shop", inlets: [], outlets: [orders] },
    { name: "billing", group: "shop-billing", inlets: [orders], outlets: [] },
  ]);
});

Deno.test("partsOf() tells every fault of the whole graph", () => {
  const fn = serving("shop");
  fn.setTopology("flow").to("orders", queue({ path: "memory://o" })).to("bill", () => {}, { function: "billing" });
  throws(() => partsOf(unitOf(fn)), /runs in function "billing", which is not declared/);
});

Deno.test("startFunction() tells which function's stream cannot be opened, and leaves nothing open", async () => {
  const fn = serving("shop").addChildFunction("billing");
  fn.setTopology("flow").to("orders", queue({ path: "pigeon://o" })).to("bill", () => {}, { function: "billing" });
  const unit = unitOf(fn);
  const [parent, child] = partsOf(unit);
  const wish = { clock: testClock(), log: memoryLog(), isMock: true, queues: "real", reads: true } as const;
  await rejects(startFunction(unit, parent!, wish), /step "orders": Cannot open stream "pigeon:\/\/o"/);
  await rejects(startFunction(unit, child!, wish), {
    name: "GraphError",
    message:
      /Cannot start function "billing": 1 fault\n {2}queue "orders": Cannot open stream "pigeon:\/\/o".*Mend its path/,
  });
});

Deno.test('toMockServer({ queues: "real" }) publishes what leaves by queues at the end, and to other functions', async () => {
  const name = crypto.randomUUID();
  const fn = serving(name).addChildFunction("child");
  const graph = fn.setTopology("flow");
  graph.to("out", queue({ path: `memory://${name}-end` }));
  graph.to("q", queue()).to("see", () => {}, { function: "child" });
  await using server = await fn.toMockServer({ queues: "real", currentFunction: "" });
  await server.test("/", { n: 1 });
  await server.waitForCompletion();
  for (const path of [`memory://${name}-end`, `memory://${name}-q`]) {
    await using stream = await openStream(path);
    const { value } = await (await stream.subscribe({ group: "g" })).next();
    deepStrictEqual(value!.records.map(({ body }) => body), [{ n: 1 }]);
  }
  deepStrictEqual(server.sent("out"), []);
});

Deno.test("toMockServer() leaves triggers alone unless it is told to run them, by its clock", async () => {
  const path = `memory://${crypto.randomUUID()}`;
  await using stream = await openStream<number>(path);
  await stream.publish([{ body: 1 }]);
  const seen: unknown[] = [];
  const fn = serving("shop").addTrigger("orders", { stream: path }).addTrigger("count", { schedule: "* * * * *" });
  fn.setTopology("flow").to("see", (body: unknown) => void seen.push(body));
  const clock = testClock();
  {
    await using _server = await fn.toMockServer({ clock, log: memoryLog() });
    await clock.advance(60_000);
    deepStrictEqual([seen, clock.timers, await stream.lag("shop")], [[], 0, 1]);
  }
  await using server = await fn.toMockServer({ clock, triggers: true, log: memoryLog() });
  await clock.advance(60_000);
  deepStrictEqual(seen, [1, null]);
  await server.waitForCompletion();
  deepStrictEqual([clock.timers, await stream.lag("shop")], [0, 0]);
});

Deno.test("startFunction() tells which trigger cannot be opened, and leaves nothing open", async () => {
  const fn = serving("shop").addTrigger("count", { schedule: "* * * * *" })
    .addTrigger("orders", { stream: "memory://o?partitions=none" });
  fn.setTopology("flow").to("see", () => {});
  const unit = unitOf(fn);
  const clock = testClock();
  await rejects(startFunction(unit, partsOf(unit)[0]!, { clock, log: memoryLog(), isMock: true, triggers: true }), {
    name: "GraphError",
    message: /Cannot start function "shop": 1 fault\n {2}trigger "orders": Cannot open memory:\/\/o\?partitions=none/,
  });
  deepStrictEqual(clock.timers, 0);
});

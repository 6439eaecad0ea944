import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { serving } from "../../../../lib/functions/serving.ts";
import type { Context } from "../../../../lib/graph/context.ts";
import { shadow, type ShadowOptions } from "../../../../lib/routers/shadow.ts";
import { ListModel } from "../../../support/models.ts";

const quiet = () => {};

/** A function with a shadow, what it logs, and a wait for what came of its candidate. */
async function start(candidate: (body: unknown, context: Context) => unknown, options: ShadowOptions = {}) {
  const lines: string[] = [];
  const waiting: (() => void)[] = [];
  const fn = serving("shadows");
  const primary = (body: unknown) => ({ outputs: (body as { inputs: number[] }).inputs.map((n) => n * 2) });
  fn.setTopology("router", shadow("new", { name: "price", ...options })).addRoute("old", primary).addRoute(
    "new",
    candidate,
  );
  const flow = await fn.start({
    log: { debug: quiet, info: quiet, warn: (line) => void lines.push(line), error: quiet },
  });
  const counted = () => (flow.counts().price ?? {}) as Record<string, number>;
  const came = async (count: string, times = 1) => {
    for (let turns = 0; (counted()[count] ?? 0) < times; turns++) {
      if (turns === 2_000) throw new Error(`there are ${JSON.stringify(counted())}, not ${times} times ${count}`);
      await new Promise<void>((turn) => setTimeout(turn, 1));
    }
    return counted();
  };
  return { flow, lines, waiting, counted, came, ask: (n: number) => flow.ask({ inputs: [n] }) };
}

Deno.test("shadow() answers by the other route and counts candidates that say the same", async () => {
  const { flow, ask, came, lines } = await start((body) => ({
    outputs: (body as { inputs: number[] }).inputs.map((n) => n * 2 + 1e-9),
  }));
  deepStrictEqual(await ask(4), { outputs: [8] });
  await came("shadow same");
  deepStrictEqual(lines, []);
  await flow.close();
});

Deno.test("shadow() logs and counts what differs, ten lines a minute at most", async () => {
  const { flow, ask, came, lines } = await start(() => ({ outputs: [0] }), { tolerance: 0, maxInFlight: 100 });
  for (let n = 1; n <= 15; n++) deepStrictEqual(await ask(n), { outputs: [n * 2] });
  await came("shadow different", 15);
  strictEqual(lines.length, 10);
  strictEqual(lines[0], 'Shadow "new" answers otherwise at outputs[0]: 0, not 2');
  await flow.close();
});

Deno.test("shadow() counts a candidate's failure, which the caller never sees", async () => {
  const { flow, ask, came, lines } = await start(() => {
    throw new Error("not trained");
  });
  deepStrictEqual(await ask(1), { outputs: [2] });
  await came("shadow failed");
  deepStrictEqual(lines, ['Shadow "new" fails: not trained']);
  await flow.close();
});

Deno.test("shadow() gives the candidate a request of its own, which ends with neither the reply nor the caller", async () => {
  const signals: AbortSignal[] = [];
  const go = Promise.withResolvers<void>();
  const { flow, ask, came } = await start(async (body, { signal }) => {
    signals.push(signal);
    (body as { inputs: number[] }).inputs[0] = 99;
    await go.promise;
    return { outputs: [2] };
  });
  deepStrictEqual(await ask(1), { outputs: [2] });
  while (signals.length === 0) await new Promise<void>((turn) => setTimeout(turn, 1));
  strictEqual(signals[0]!.aborted, false);
  go.resolve();
  await came("shadow same");
  await flow.close();
});

Deno.test("shadow() gives the candidate the request as it came, and lets it write to nobody else's", async () => {
  const seen: unknown[] = [];
  const fn = serving("bodies");
  const writes = (who: number) => (body: unknown) => {
    const { inputs } = body as { inputs: number[] };
    seen.push([...inputs]);
    inputs[0] = who;
    return { outputs: [0] };
  };
  fn.setTopology("router", shadow("new", { name: "price" })).addRoute("old", writes(7)).addRoute("new", writes(99));
  const flow = await fn.start({ log: { debug: quiet, info: quiet, warn: quiet, error: quiet } });
  const body = { inputs: [1] };
  await flow.ask(body);
  const counted = () => (flow.counts().price ?? {}) as Record<string, number>;
  while (counted()["shadow same"] === undefined) await new Promise<void>((turn) => setTimeout(turn, 1));
  deepStrictEqual([seen, body], [[[1], [1]], { inputs: [7] }]);
  await flow.close();
});

for (const isLater of [false, true]) {
  Deno.test(`shadow() compares what the model answered, not what later steps make of it (${isLater ? "later" : "at once"})`, async () => {
    const fn = serving("later");
    const answer = isLater ? () => Promise.resolve({ outputs: [10, 20] }) : () => ({ outputs: [10, 20] });
    const lines: string[] = [];
    const graph = fn.setTopology("flow");
    const price = graph.to("price", shadow("new"));
    price.addRoute("old", answer).addRoute("new", answer);
    price.to("scale", (body: unknown) => {
      (body as { outputs: number[] }).outputs[0]! *= 100;
      return body;
    }).respond();
    await using flow = await fn.start({
      log: { debug: quiet, info: quiet, error: quiet, warn: (line) => void lines.push(line) },
    });
    deepStrictEqual(await flow.ask({ inputs: [1] }), { outputs: [1_000, 20] });
    const counted = () => Object.entries(flow.counts().price ?? {}).filter(([name]) => /^shadow/.test(name));
    while (counted().length === 0) await new Promise<void>((turn) => setTimeout(turn, 1));
    deepStrictEqual([counted(), lines], [[["shadow same", 1]], []]);
  });
}

Deno.test("shadow() lets the reply leave before its candidate works", async () => {
  const order: string[] = [];
  const { flow, ask, came } = await start(() => {
    order.push("candidate");
    return { outputs: [2] };
  });
  await ask(1);
  for (let turn = 0; turn < 100; turn++) await Promise.resolve(); // what the server still does with it is done in this turn
  order.push("reply");
  await came("shadow same");
  deepStrictEqual(order, ["reply", "candidate"]);
  await flow.close();
});

Deno.test("shadow() leaves nothing on a signal that outlives the request", async () => {
  const signals = new Set<AbortSignal>();
  const { flow, ask, came } = await start((_body, { signal }) => {
    signals.add(signal);
    return { outputs: [2] };
  });
  for (let n = 1; n <= 3; n++) {
    await ask(1);
    await came("shadow same", n);
  }
  strictEqual(signals.size, 3);
  await flow.close();
  deepStrictEqual([...signals].map(({ aborted }) => aborted), [false, false, false]);
});

Deno.test("shadow() counts what cannot be compared as that", async () => {
  const { flow, ask, came, lines } = await start(() => ({ outputs: [new WeakMap()] }));
  await ask(1);
  await came("shadow different");
  await flow.close();
  const both = serving("streams");
  const opaque = () => ({ outputs: [new WeakMap()] });
  both.setTopology("router", shadow("new", { name: "price" })).addRoute("old", opaque).addRoute("new", opaque);
  const other = await both.start({
    log: { debug: quiet, info: quiet, error: quiet, warn: (line) => void lines.push(line) },
  });
  await other.ask({ inputs: [1] });
  const counted = () => (other.counts().price ?? {}) as Record<string, number>;
  while (counted()["shadow incomparable"] === undefined) await new Promise<void>((turn) => setTimeout(turn, 1));
  strictEqual(
    lines.at(-1),
    'Shadow "new" cannot be compared: Cannot compare outputs[0]: it is a WeakMap, which shows no values',
  );
  await other.close();
});

Deno.test("shadow() is bounded: what the candidate has no room for is counted, and the replies go on", async () => {
  const go = Promise.withResolvers<void>();
  const { flow, ask, came, counted } = await start(async () => {
    await go.promise;
    return { outputs: [2] };
  }, { maxInFlight: 2 });
  for (let n = 0; n < 5; n++) deepStrictEqual(await ask(1), { outputs: [2] });
  strictEqual(counted().dropped, 3);
  go.resolve();
  await came("shadow same", 2);
  await flow.close();
});

Deno.test("shadow() gives the candidate up when the flow closes", async () => {
  const aborted = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const { flow, ask } = await start((_body, { signal }) => {
    signal.addEventListener("abort", () => aborted.resolve());
    begun.resolve();
    return new Promise(() => {});
  });
  deepStrictEqual(await ask(1), { outputs: [2] });
  await begun.promise;
  await flow.close();
  await aborted.promise;
});

Deno.test("shadow() asks the candidate for a share of the requests", async () => {
  let asked = 0;
  const { flow, ask, came } = await start(() => {
    asked += 1;
    return { outputs: [2] };
  }, { share: 0.2, maxInFlight: 1_000 });
  for (let n = 0; n < 1_000; n++) await ask(1);
  await came("shadow same", 100);
  await flow.close();
  strictEqual(asked > 100 && asked < 300, true, String(asked));
});

Deno.test("shadow() compares the open protocol's tensors, and asks each route by its own path", async () => {
  const lines: string[] = [];
  const fn = serving("tensors");
  fn.setTopology("router", shadow("ten", { name: "price" })).addRoute("two", ListModel, { k: 2 }).addRoute(
    "ten",
    ListModel,
    { k: 10 },
  );
  const said = Promise.withResolvers<void>();
  const flow = await fn.start({
    log: {
      debug: quiet,
      info: quiet,
      error: quiet,
      warn(line) {
        lines.push(line);
        said.resolve();
      },
    },
  });
  const body = { inputs: [{ name: "x", datatype: "FP64", shape: [2], data: [0, 4] }] };
  const reply = JSON.parse(JSON.stringify(await flow.ask(body, { path: "/v2/models/price/infer" })));
  deepStrictEqual([reply.model_name, reply.outputs[0].data], ["two", [0, 8]]);
  await said.promise;
  match(lines[0]!, /Shadow "ten" answers otherwise at outputs\.output\.data\[1\]: 40, not 8/);
  const own = await flow.ask({ inputs: [4] }, { path: "/v2/models/ten/infer" }) as { outputs: unknown };
  deepStrictEqual(own.outputs, [40]);
  await flow.close();
});

Deno.test("shadow() refuses a candidate that is no route, and more than one that answers", async () => {
  const none = serving("none");
  none.setTopology("router", shadow("new")).addRoute("old", () => 1);
  await rejects(none.start(), /its candidate is "new", which is no route\. Name one of old/);
  const three = serving("three");
  three.setTopology("router", shadow("new")).addRoute("old", () => 1).addRoute("older", () => 1).addRoute(
    "new",
    () => 1,
  );
  await rejects(three.start(), /it has 2 routes beside its candidate/);
});

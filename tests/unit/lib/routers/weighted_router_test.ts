import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { serving } from "../../../../lib/functions/serving.ts";
import { weightedRouter } from "../../../../lib/routers/weighted_router.ts";
import { ListModel } from "../../../support/models.ts";
import { openRouter } from "../../../support/open_router.ts";

const ROUTES = { stable: () => "stable", canary: () => "canary" };

Deno.test("weightedRouter() sends requests by share", async () => {
  await using router = await openRouter(weightedRouter({ stable: 3, canary: 1 }), ROUTES);
  let canaries = 0;
  for (let index = 0; index < 4_000; index++) if (router.askAtOnce("/", {}) === "canary") canaries += 1;
  ok(canaries > 850 && canaries < 1_150, String(canaries));
});

Deno.test("weightedRouter() keeps a key with its route, and moves keys only to a share that grows", async () => {
  const stickyBy = (event: { body: unknown }) => Promise.resolve((event.body as { user: string }).user);
  const users = Array.from({ length: 500 }, (_, index) => `user-${index}`);
  const placed = async (stable: number, canary: number) => {
    await using router = await openRouter(weightedRouter({ stable, canary }, { stickyBy }), ROUTES);
    return new Map(await Promise.all(users.map(async (user) => [user, await router.ask("/", { user })] as const)));
  };
  const [first, again, more] = [await placed(90, 10), await placed(900, 100), await placed(70, 30)];
  deepStrictEqual(again, first);
  const canaries = users.filter((user) => first.get(user) === "canary");
  ok(canaries.length > 25 && canaries.length < 75, String(canaries.length));
  ok(canaries.every((user) => more.get(user) === "canary"));
});

Deno.test("weightedRouter() asks a route by its own path, whatever its share, and never by chance where it is 0", async () => {
  await using router = await openRouter(weightedRouter({ stable: 1, canary: 0 }), ROUTES);
  strictEqual(router.askAtOnce("/v2/models/canary/infer", {}), "canary");
  for (let index = 0; index < 100; index++) strictEqual(router.askAtOnce("/v2/models/infer", {}), "stable");
});

Deno.test("weightedRouter() answers under its own name, in both dialects, and says which model did", async () => {
  await using router = await openRouter(weightedRouter({ two: 1 }, { name: "price" }), { two: [ListModel, { k: 2 }] });
  const reply = await router.ask("/v2/models/price/infer", { inputs: [4] }) as { model_name: string; outputs: unknown };
  deepStrictEqual([reply.model_name, reply.outputs], ["two", [8]]);
  const body = { inputs: [{ name: "x", datatype: "FP64", shape: [1], data: [4] }] };
  const tensors = JSON.parse(JSON.stringify(await router.ask("/v2/models/price/infer", body)));
  deepStrictEqual([tensors.model_name, tensors.outputs[0].data], ["two", [8]]);
});

Deno.test("weightedRouter() lists its routes and shares, and tells when it is ready", async () => {
  await using router = await openRouter(weightedRouter({ stable: 95, canary: 5 }), ROUTES);
  deepStrictEqual(await router.ask("/v2/models", null, { method: "GET" }), {
    models: ["stable", "canary", "router"],
    shares: { stable: 95, canary: 5 },
  });
  const ready = await router.ask("/v2/models/router/ready", null, { method: "GET" }) as Response;
  match(await ready.text(), /Model router is ready/);
});

Deno.test("weightedRouter() refuses shares that mean nothing, all at once", async () => {
  const fn = serving("shares");
  const router = weightedRouter({ stable: -1, nobody: 0 });
  fn.setTopology("router", router).addRoute("stable", ROUTES.stable).addRoute("infer", ROUTES.canary);
  await rejects(fn.start(), (error) => {
    const { message } = error as Error;
    match(message, /the share of route "stable" is -1/);
    match(message, /there is a share for "nobody", which is no route/);
    match(message, /route "infer" has no share/);
    match(message, /no share is above 0/);
    match(message, /route "infer" has a name that its paths give to the router itself/);
    return true;
  });
});

Deno.test("weightedRouter() gives the share of a model that is unloaded to the others, and gives it back", async () => {
  const fn = serving("shares");
  fn.setTopology("router", weightedRouter({ one: 50, two: 50, never: 0 }, { name: "all" }))
    .addRoute("one", ListModel, { k: 1 }).addRoute("two", ListModel, { k: 2 }).addRoute("never", ListModel, { k: 3 });
  await using server = await fn.toMockServer();
  const change = (act: string) => server.test(`/v2/repository/models/two/${act}`, {}, { method: "POST" });
  const asked = async () => {
    const answers = new Set<number>();
    for (let n = 0; n < 60; n++) answers.add((await server.test("/v2/models/all/infer", { inputs: [1] })).outputs[0]);
    return [...answers].sort();
  };
  deepStrictEqual(await asked(), [1, 2]);
  await change("unload");
  deepStrictEqual(await asked(), [1]);
  match(await server.test("/v2/models/all/ready", undefined, { method: "GET" }), /is ready/);
  await change("load");
  deepStrictEqual(await asked(), [1, 2]);
});

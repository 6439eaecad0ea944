import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { z } from "zod";
import { type InferRequest, modelRouter, ModelServer, queue, serving, ServingFunction } from "../../../../mod.ts";

class See {
  do(): void {}
}

class Twice extends ModelServer {
  predict({ inputs }: InferRequest): number[] {
    return inputs.map((n) => 2 * Number(n));
  }
}

Deno.test("ServingFunction.fromJSON() makes the function that toJSON() told: graph, children, parameters, triggers, API, tracking", async () => {
  const double = (n: number) => 2 * n;
  const fn = serving("whole", { env: { MODE: "fast" }, defaultContentType: "application/json" })
    .setParam("rate", { of: [1, 2] })
    .addTrigger("orders", { stream: "kafka://${LOGIN}@broker/orders", group: "g", from: "end", maxRecords: 5 })
    .addTrigger("nightly", { schedule: "0 3 * * *", timeZone: "Europe/Rome", body: { n: [1] }, missed: "once" })
    .addChildFunction("child", { dependencies: ["npm:ms@2.1.3"] })
    .setApi({ endpoints: [{ path: "/run" }] })
    .setTracking("dummy://", { samplingPercentage: 50 });
  fn.setTopology("flow", { maxInFlight: 7 }).to("double", double).respond().to("q", queue({ path: "memory://q" }))
    .to("end", double, { function: "child" });
  const document = JSON.parse(JSON.stringify(fn));
  const again = ServingFunction.fromJSON(document, new Map(Object.entries({ double })));
  deepStrictEqual(JSON.parse(JSON.stringify(again)), document);
  await using server = await again.toMockServer();
  strictEqual(await server.test("/run", 4), 8);
  strictEqual((await server.test("/else", 4, { silent: true })).status, 404);
});

Deno.test("ServingFunction.fromJSON() makes routers, to which models can be added", async () => {
  const fn = serving("models");
  fn.setTopology("router", modelRouter()).addRoute("one", Twice);
  const again = ServingFunction.fromJSON(JSON.parse(JSON.stringify(fn)), new Map([["Twice", Twice]]));
  again.addModel("two", Twice);
  await using server = await again.toMockServer();
  deepStrictEqual((await server.test("/v2/models/one/infer", { inputs: [3] })).outputs, [6]);
  deepStrictEqual((await server.test("/v2/models/two/infer", { inputs: [4] })).outputs, [8]);
});

Deno.test("ServingFunction.fromJSON() takes schemas and tables, which no document holds", async () => {
  const fn = serving("schemas");
  const input = z.string().refine((name) => name !== "coffee");
  const look = (name: string, { table }: { table(name: string): { get(key: string): unknown } }) =>
    table("goods").get(name);
  fn.setTopology("flow", { input }).to("look", look as never).respond();
  const again = ServingFunction.fromJSON(JSON.parse(JSON.stringify(fn)), new Map([["look", look]]), {
    input,
    output: z.object({ price: z.number() }),
    tables: { goods: { rows: [{ name: "tea", price: 4, cost: 1 }], options: { key: "name" } } },
  });
  await using server = await again.toMockServer();
  deepStrictEqual(await server.test("/", "tea"), { price: 4 });
  strictEqual((await server.test("/", "coffee", { silent: true })).status, 422);
});

Deno.test("ServingFunction.fromJSON() refuses what is no document, and code that is missing", () => {
  throws(
    () => ServingFunction.fromJSON({ name: "x" }, new Map()),
    new TypeError('Cannot read a function: "levada" is undefined, and must be "function/1"'),
  );
  const fn = serving("f");
  fn.setTopology("flow").to("double", (n: number) => 2 * n).respond();
  throws(
    () => ServingFunction.fromJSON(JSON.parse(JSON.stringify(fn)), new Map()),
    /code "#step\/double\/handler" is missing/,
  );
});

Deno.test("ServingFunction.toJSON() leaves out a login that a trigger has written out; who reads it is told", () => {
  const fn = serving("shop").addTrigger("orders", { stream: "kafka://me:hunter2@broker/orders" });
  fn.setTopology("flow").to("see", See);
  const document = JSON.stringify(fn);
  strictEqual(document.includes("hunter2"), false);
  const again = ServingFunction.fromJSON(JSON.parse(document), new Map([["See", See]]));
  return rejects(again.toMockServer(), /addTrigger: orders\.stream is \*\*\*, .*Write \$\{NAME\} for it/);
});

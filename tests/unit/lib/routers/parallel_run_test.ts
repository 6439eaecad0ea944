import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { StatusError } from "../../../../lib/errors.ts";
import { serving } from "../../../../lib/functions/serving.ts";
import { parallelRun } from "../../../../lib/routers/parallel_run.ts";
import { ListModel } from "../../../support/models.ts";
import { openRouter } from "../../../support/open_router.ts";

const AB = () => ({ a: 1, b: 2 });
const CB = () => Promise.resolve({ c: 3, b: 4 });
const LIST = () => [1, 2];
const FAILS = () => {
  throw new StatusError(422, "no light");
};

Deno.test("parallelRun() merges objects in the order of the routes, and puts other answers under their route", async () => {
  await using router = await openRouter(parallelRun(), { ab: AB, cb: CB, list: LIST, nothing: () => null });
  deepStrictEqual(await router.ask("/", {}), { a: 1, b: 4, c: 3, list: [1, 2], nothing: null });
});

Deno.test("parallelRun() answers at once where its routes do", async () => {
  await using router = await openRouter(parallelRun(), { ab: AB, list: LIST });
  deepStrictEqual(router.askAtOnce("/", {}), { a: 1, b: 2, list: [1, 2] });
});

Deno.test("parallelRun() puts a model's reply under its route, since replies have the same fields", async () => {
  await using router = await openRouter(parallelRun(), { two: [ListModel, { k: 2 }], ten: [ListModel, { k: 10 }] });
  const reply = await router.ask("/v2/models/infer", { inputs: [3] }) as Record<string, { outputs: unknown }>;
  deepStrictEqual([Object.keys(reply), reply.two!.outputs, reply.ten!.outputs], [["two", "ten"], [6], [30]]);
});

Deno.test("parallelRun() extends the body where it is told to", async () => {
  await using router = await openRouter(parallelRun({ extendBody: true }), { ab: AB });
  const body = { a: "old", x: 8 };
  deepStrictEqual(await router.ask("/", body), { a: 1, x: 8, b: 2 });
  deepStrictEqual(body, { a: "old", x: 8 });
});

Deno.test("parallelRun() reads and writes where its paths say", async () => {
  const double = ({ x }: { x: number }) => ({ double: x * 2 });
  await using router = await openRouter(parallelRun(), { double }, {
    paths: { inputPath: "in", resultPath: "out" },
  });
  deepStrictEqual(await router.ask("/", { in: { x: 8 }, keep: 1 }), { in: { x: 8 }, keep: 1, out: { double: 16 } });
});

Deno.test("parallelRun() merges with a function of one's own, which may take its time", async () => {
  const merge = async (answers: Readonly<Record<string, unknown>>, { body }: { body: { x: number } }) =>
    await Promise.resolve({ routes: Object.keys(answers), x: body.x });
  await using router = await openRouter(parallelRun({ merge }), { ab: AB, list: LIST });
  deepStrictEqual(await router.ask("/", { x: 8 }), { routes: ["ab", "list"], x: 8 });
});

Deno.test("parallelRun() fails naming each route that failed, with their status", async () => {
  await using router = await openRouter(parallelRun(), { ab: AB, bad: FAILS });
  await rejects(router.ask("/", {}), {
    status: 422,
    message: 'Cannot answer for all routes of "router": member "bad" failed: no light',
  });
});

Deno.test("parallelRun() drops what fails where it is told to, and says so in the answer and the log", async () => {
  await using router = await openRouter(parallelRun({ onMemberError: "drop" }), { ab: AB, bad: FAILS });
  deepStrictEqual(await router.ask("/", {}), { a: 1, b: 2, failed: { bad: "no light" } });
  deepStrictEqual(router.context.pushed, ['Member "bad" failed: no light']);
});

Deno.test("parallelRun() fails when all its routes do, also where failures are dropped", async () => {
  await using router = await openRouter(parallelRun({ onMemberError: "drop" }), { bad: FAILS });
  await rejects(router.ask("/", {}), { status: 422 });
});

Deno.test("parallelRun() is asked by any model path, tells of itself, and knows no other path", async () => {
  await using router = await openRouter(parallelRun(), { ab: AB, list: LIST });
  deepStrictEqual(await router.ask("/v2/models/whatever", {}), { a: 1, b: 2, list: [1, 2] });
  deepStrictEqual(await router.ask("/v2/models", null, { method: "GET" }), { models: ["ab", "list"] });
  deepStrictEqual(await router.ask("/", null, { method: "GET" }), { name: "router", version: "v2", extensions: [] });
  await rejects(router.ask("/some/path", {}), { status: 400 });
});

Deno.test("parallelRun() keeps a field __proto__ of an answer a field", async () => {
  await using router = await openRouter(parallelRun(), { odd: () => JSON.parse('{"__proto__": {"polluted": 1}}') });
  const answer = await router.ask("/", {}) as Record<string, unknown>;
  deepStrictEqual([Object.keys(answer), answer.polluted], [["__proto__"], undefined]);
});

Deno.test("parallelRun() stops every route when the caller leaves", async () => {
  const fn = serving("leaving");
  const stopped: string[] = [];
  const begun = Promise.withResolvers<void>();
  const slow = (name: string) => (_: unknown, { signal }: { signal: AbortSignal }) =>
    new Promise<object>((resolve) => {
      signal.addEventListener("abort", () => {
        stopped.push(name);
        resolve({});
      });
      if (name === "two") begun.resolve();
    });
  const run = fn.setTopology("flow").to("same", (body: object) => body).to("run", parallelRun()).respond();
  run.addRoute("one", slow("one")).addRoute("two", slow("two"));
  await using flow = await fn.start();
  const leaving = new AbortController();
  const asked = flow.ask({}, { signal: leaving.signal });
  await begun.promise;
  leaving.abort();
  await rejects(asked);
  deepStrictEqual(stopped, ["one", "two"]);
});

Deno.test("parallelRun() refuses a route called as the field that tells of failures", async () => {
  const fn = serving("names");
  fn.setTopology("router", parallelRun({ onMemberError: "drop" })).addRoute("failed", AB);
  await rejects(fn.toMockServer(), (error) => {
    ok(error instanceof Error);
    strictEqual(/a route has the name "failed"/.test(error.message), true);
    return true;
  });
});

Deno.test("parallelRun() makes one reply of the open protocol's, its outputs named by route", async () => {
  await using router = await openRouter(parallelRun(), { two: [ListModel, { k: 2 }], ten: [ListModel, { k: 10 }] });
  const body = { id: "7", inputs: [{ name: "x", datatype: "FP64", shape: [2], data: [3, 4] }] };
  deepStrictEqual(JSON.parse(JSON.stringify(await router.ask("/v2/models/router/infer", body))), {
    model_name: "router",
    id: "7",
    outputs: [
      { name: "two/output", datatype: "INT64", shape: [2], data: [6, 8] },
      { name: "ten/output", datatype: "INT64", shape: [2], data: [30, 40] },
    ],
  });
});

import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { ModelServer } from "../../../../lib/models/model_server.ts";
import { ModelRoute } from "../../../../lib/routers/model_route.ts";
import { ManualClock, settle } from "../../../support/manual_clock.ts";
import { quietContext } from "../../../support/open_router.ts";

interface Made {
  readonly number: number;
  readonly loaded: PromiseWithResolvers<void>;
  answer: PromiseWithResolvers<unknown[]> | undefined;
  isClosed: boolean;
}

/** A route whose models load and answer when the test says so; each made model is kept. */
function openRoute() {
  const made: Made[] = [];
  const logged: string[] = [];
  class Slow extends ModelServer {
    readonly #made: Made;
    constructor() {
      super({}, quietContext("iris:v2"));
      this.#made = {
        number: made.length,
        loaded: Promise.withResolvers<void>(),
        answer: undefined,
        isClosed: false,
      };
      made.push(this.#made);
    }
    override load() {
      return this.#made.loaded.promise;
    }
    predict() {
      return this.#made.answer?.promise ?? [this.#made.number];
    }
    override close() {
      this.#made.isClosed = true;
    }
  }
  const clock = new ManualClock();
  const quiet = quietContext("iris:v2");
  const context = { ...quiet, clock, log: { ...quiet.log, error: (message: string) => void logged.push(message) } };
  const route = new ModelRoute("iris:v2", () => new Slow(), { context, table: new Map() });
  const ask = () => route.ask({ operation: "infer", event: new FlowEvent({ inputs: [1] }) });
  const outputs = async () => (await ask() as { outputs: unknown }).outputs;
  return { route, made, logged, clock, ask, outputs };
}

Deno.test("ModelRoute() tells name, version and how far it is", async () => {
  const { route, made, ask } = openRoute();
  deepStrictEqual([route.key, route.name, route.version, route.state], ["iris:v2", "iris", "v2", "loading"]);
  route.openLater();
  throws(ask, { status: 408 });
  made[0]!.loaded.resolve();
  await route.load();
  deepStrictEqual([route.state, route.isReady], ["ready", true]);
  await route.close();
  strictEqual(made[0]!.isClosed, true);
});

Deno.test("ModelRoute() in the background tells and logs why it failed, and loads anew", async () => {
  const { route, made, logged, outputs } = openRoute();
  route.openLater();
  made[0]!.loaded.reject(new Error("no file"));
  await rejects(route.load());
  deepStrictEqual([route.state, route.reason], ["failed", 'Cannot load model "iris:v2": no file']);
  deepStrictEqual(logged, ['Cannot load model "iris:v2": no file. It is tried again in 1 s']);
  const again = route.load();
  strictEqual(route.state, "loading");
  made[1]!.loaded.resolve();
  await again;
  deepStrictEqual([route.state, route.reason, await outputs()], ["ready", undefined, [1]]);
  await route.close();
});

Deno.test("ModelRoute.load() lets the old model answer until the new one is ready, and closes it when it has answered", async () => {
  const { route, made, ask, outputs } = openRoute();
  made[0]!.loaded.resolve();
  await route.open();
  made[0]!.answer = Promise.withResolvers();
  const held = ask();
  const loading = route.load();
  strictEqual(route.state, "ready");
  made[1]!.loaded.resolve();
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  deepStrictEqual([await outputs(), made[0]!.isClosed], [[1], false]);
  made[0]!.answer.resolve([7]);
  deepStrictEqual((await held as { outputs: unknown }).outputs, [7]);
  await loading;
  deepStrictEqual(made.map(({ isClosed }) => isClosed), [true, false]);
  await route.close();
});

Deno.test("ModelRoute.load() that fails leaves the model that is ready, and tells why", async () => {
  const { route, made, outputs } = openRoute();
  made[0]!.loaded.resolve();
  await route.open();
  const loading = route.load();
  made[1]!.loaded.reject(new Error("half a file"));
  await rejects(loading, /half a file/);
  deepStrictEqual([route.state, route.reason], ["ready", 'Cannot load model "iris:v2": half a file']);
  deepStrictEqual(await outputs(), [0]);
  await route.close();
});

Deno.test("ModelRoute.unload() takes the model away: 404 until it is loaded again", async () => {
  const { route, made, ask, outputs } = openRoute();
  made[0]!.loaded.resolve();
  await route.open();
  await route.unload();
  await route.unload();
  deepStrictEqual([route.state, made[0]!.isClosed], ["unloaded", true]);
  throws(ask, { status: 404 });
  const again = route.load();
  made[1]!.loaded.resolve();
  await again;
  deepStrictEqual(await outputs(), [1]);
  await route.close();
});

Deno.test("ModelRoute() lets a stream's record wait until the model is loaded, and tells everybody else to come again", async () => {
  const { route, made, ask } = openRoute();
  route.openLater();
  throws(ask, { status: 408 });
  const waiting = route.ask({
    operation: "infer",
    event: new FlowEvent({ inputs: [1] }, { trigger: "kafka://broker/topic" }),
  }) as Promise<{ outputs: unknown }>;
  made[0]!.loaded.resolve();
  deepStrictEqual((await waiting).outputs, [0]);
  await route.close();
});

Deno.test("ModelRoute() tells why a model could not be loaded", async () => {
  const { route, made, ask } = openRoute();
  route.openLater();
  made[0]!.loaded.reject(new Error("no file"));
  await rejects(route.load());
  throws(ask, { status: 503, message: /could not be loaded: Cannot load model "iris:v2": no file/ });
  await route.close();
});

Deno.test("ModelRoute() in the background is tried again, after pauses that double, until it is loaded", async () => {
  const { route, made, logged, clock, outputs } = openRoute();
  route.openLater();
  for (const [index, pauseMs] of [1_000, 2_000, 4_000].entries()) {
    made[index]!.loaded.reject(new Error("nobody answers"));
    await settle();
    deepStrictEqual([route.state, made.length], ["failed", index + 1]);
    await clock.advance(pauseMs - 1);
    strictEqual(made.length, index + 1);
    await clock.advance(1);
    strictEqual(made.length, index + 2);
  }
  made[3]!.loaded.resolve();
  await settle();
  deepStrictEqual([route.state, route.reason, await outputs(), logged.length], ["ready", undefined, [3], 3]);
  await clock.advance(600_000);
  strictEqual(made.length, 4);
  await route.close();
});

Deno.test("ModelRoute() in the background is not tried again when it was taken away meanwhile", async () => {
  const { route, made, clock } = openRoute();
  route.openLater();
  made[0]!.loaded.reject(new Error("nobody answers"));
  await settle();
  await route.unload();
  await clock.advance(600_000);
  deepStrictEqual([route.state, made.length], ["unloaded", 1]);
  await route.close();
});

Deno.test("ModelRoute.close() does not wait for a model that is being loaded, and closes it when it is there", async () => {
  const { route, made } = openRoute();
  route.openLater();
  await route.close();
  strictEqual(made[0]!.isClosed, false);
  made[0]!.loaded.resolve();
  await settle();
  strictEqual(made[0]!.isClosed, true);
});

Deno.test("ModelRoute.close() ends the pause before a model is tried again", async () => {
  const { route, made, clock } = openRoute();
  route.openLater();
  made[0]!.loaded.reject(new Error("nobody answers"));
  await settle();
  await route.close();
  await clock.advance(600_000);
  strictEqual(made.length, 1);
});

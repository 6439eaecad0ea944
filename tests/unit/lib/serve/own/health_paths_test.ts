import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { type InferRequest, modelRouter, ModelServer, serving } from "levada";
import { Secret } from "../../../../../lib/stores/secret.ts";
import type { ServerView } from "../../../../../lib/serve/own/own_path.ts";
import { HEALTH_PATHS } from "../../../../../lib/serve/own/health_paths.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };

/** Loads when it is told to. */
class Slow extends ModelServer {
  static loaded = Promise.withResolvers<void>();

  override async load(): Promise<void> {
    await Slow.loaded.promise;
  }

  predict({ inputs }: InferRequest): unknown[] {
    return [...inputs];
  }
}

class Quick extends ModelServer {
  predict({ inputs }: InferRequest): unknown[] {
    return [...inputs];
  }
}

Deno.test("HEALTH_PATHS answer for themselves: live at once, ready when every model is, and the other models meanwhile", async () => {
  Slow.loaded = Promise.withResolvers<void>();
  const fn = serving("health");
  fn.setTopology("router", modelRouter())
    .addRoute("slow", Slow, { loading: "background" })
    .addRoute("quick", Quick);
  await using server = await fn.toMockServer({ log });
  const ask = async (path: string) => {
    const response = await server.fetch(new Request(`http://x${path}`));
    return [response.status, await response.json()];
  };
  const reasons = [{ model: "slow", state: "loading" }];
  deepStrictEqual(await ask("/live"), [200, { live: true }]);
  deepStrictEqual(await ask("/v2/health/live"), [200, { live: true }]);
  for (const path of ["/ready", "/__internal/health", "/v2/health/ready"]) {
    deepStrictEqual(await ask(path), [503, { ready: false, reasons }]);
  }
  deepStrictEqual((await server.test("/v2/models/quick/infer", { inputs: [1] })).outputs, [1]);
  Slow.loaded.resolve();
  await server.test("/v2/models/quick/infer", { inputs: [1] });
  while ((await ask("/ready"))[0] !== 200);
  deepStrictEqual(await ask("/v2/health/ready"), [200, { ready: true }]);
  deepStrictEqual((await server.test("/v2/models/slow/infer", { inputs: [2] })).outputs, [2]);
});

Deno.test("HEALTH_PATHS tell why a model could not be loaded", async () => {
  Slow.loaded = Promise.withResolvers<void>();
  const fn = serving("health");
  fn.setTopology("router", modelRouter()).addRoute("slow", Slow, { loading: "background" }).addRoute("quick", Quick);
  await using server = await fn.toMockServer({ log });
  Slow.loaded.reject(new Error("the disk is on fire"));
  await server.test("/v2/models/quick/infer", { inputs: [1] });
  const response = await server.fetch(new Request("http://x/ready"));
  const { reasons: [{ model, state, reason }] } = await response.json();
  deepStrictEqual([response.status, model, state, reason.includes("the disk is on fire")], [
    503,
    "slow",
    "failed",
    true,
  ]);
});

Deno.test("HEALTH_PATHS, the repository and answers tell reasons without secrets, and health none to who has no token", async () => {
  Slow.loaded = Promise.withResolvers<void>();
  const fn = serving("health");
  fn.setTopology("router", modelRouter()).addRoute("slow", Slow, { loading: "background" }).addRoute("quick", Quick);
  await using server = await fn.serve({ port: 0, log, tokens: [new Secret("TOKEN", () => "the-token")] });
  Slow.loaded.reject(new Error("no postgres://admin:hunter2@db/x?sig=hunter2, password=hunter2"));
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(new URL(path, server.url), init);
    return [response.status, await response.text()] as const;
  };
  const headers = { authorization: "Bearer the-token" };
  await ask("/v2/models/quick/infer", { method: "POST", body: '{"inputs":[1]}', headers });
  deepStrictEqual(await ask("/ready"), [503, '{"ready":false}']);
  deepStrictEqual(await ask("/ready", { headers: { authorization: "Bearer another" } }), [503, '{"ready":false}']);
  for (
    const [status, text] of [
      await ask("/ready", { headers }),
      await ask("/v2/repository/index", { method: "POST", headers }),
      await ask("/v2/models/slow/infer", { method: "POST", body: '{"inputs":[1]}', headers }),
    ]
  ) {
    deepStrictEqual([status !== 404, /\*\*\*@db.*sig=\*\*\*, password=\*\*\*/.test(text), /hunter2/.test(text)], [
      true,
      true,
      false,
    ], text);
  }
});

Deno.test("HEALTH_PATHS tell that the server does not live where a model is lost, which leaves it ready, as does a stream that cannot be read; and why to who may know", async () => {
  const served = { name: "m", facts: () => ({ platform: "levada", inputs: [], outputs: [] }) };
  const lost = { ...served, key: "lost", state: "restarting", reason: "it is in a loop", isLost: true } as const;
  const paused = { ...served, key: "paused", state: "restarting", isLost: false } as const;
  const ask = async (path: string, view: Partial<ServerView>) => {
    const server = { state: "open", ...view } as ServerView;
    const { answer } = HEALTH_PATHS.find((own) => own.path === path)!;
    const request = new Request(`http://x${path}`);
    const response = await answer(request, { server, caller: request, params: {} });
    return [response!.status, await response!.json()];
  };
  for (const path of ["/live", "/v2/health/live"]) {
    const reasons = [{ model: "lost", state: "restarting", reason: "it is in a loop" }];
    deepStrictEqual(await ask(path, { models: () => [paused, lost] }), [503, { live: false, reasons }]);
    deepStrictEqual(await ask(path, { models: () => [lost], knows: () => false }), [503, { live: false }]);
    deepStrictEqual(await ask(path, { models: () => [paused] }), [200, { live: true }]);
  }
  deepStrictEqual(await ask("/ready", { models: () => [lost] }), [200, { ready: true }]);
  const trouble = { act: "read" as const, stream: "nats://a/b", group: "g", since: 0, reason: "no broker" };
  const view = { models: () => [], troubles: () => [trouble] };
  const streams = [{ ...trouble, since: "1970-01-01T00:00:00.000Z" }];
  deepStrictEqual(await ask("/ready", view), [200, { ready: true, streams }]);
  deepStrictEqual(await ask("/ready", { ...view, knows: () => false }), [200, { ready: true }]);
  const reasons = [{ reason: "the server is closing" }];
  deepStrictEqual(await ask("/ready", { ...view, state: "closing" }), [503, { ready: false, reasons, streams }]);
});

Deno.test("HEALTH_PATHS answer HEAD as GET, and leave other methods and paths to the graph", async () => {
  const fn = serving("health");
  fn.setTopology("flow").to("all", (body: unknown) => ({ graph: body })).respond();
  await using server = await fn.toMockServer({ log });
  for (const { path } of HEALTH_PATHS) {
    const head = await server.fetch(new Request(`http://x${path}`, { method: "HEAD" }));
    strictEqual(head.status, 200);
    deepStrictEqual(await server.test(path, 1), { graph: 1 });
    deepStrictEqual(await server.test(`${path}/more`), { graph: null });
  }
  strictEqual((await server.test("/live/", undefined, { silent: true })).status, 200);
});

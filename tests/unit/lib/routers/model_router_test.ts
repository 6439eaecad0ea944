import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { StatusError } from "../../../../lib/errors.ts";
import { MODEL_ROUTER, modelRouter } from "../../../../lib/routers/model_router.ts";
import { ALONE } from "../../../support/place.ts";
import { HookModel, RaisingModel, TimesModel } from "../../../support/models.ts";
import { type OpenedRouter, openRouter, timeless } from "../../../support/open_router.ts";

const FIVE = { inputs: [5] };

function fourRoutes(): Promise<OpenedRouter> {
  return openRouter(modelRouter(), {
    m1: [TimesModel, { k: 100, modelEndpointUid: "m1_uid" }],
    m2: [TimesModel, { k: 200 }],
    "m3:v1": [TimesModel, { k: 300 }],
    "m3:v2": [TimesModel, { k: 400 }],
  });
}

const ANSWERS: readonly (readonly [path: string, body: Record<string, unknown>, model: string, outputs: number])[] = [
  ["/v2/models/m2/infer", FIVE, "m2", 1000],
  ["/v2/models/m2/predict", FIVE, "m2", 1000],
  ["/v2/models/m2", FIVE, "m2", 1000],
  ["/v2/models//m2//infer/", FIVE, "m2", 1000],
  ["/v2/models/m3/versions/v1/infer", FIVE, "m3", 1500],
  ["/v2/models/m3/versions/v2", FIVE, "m3", 2000],
  ["/v2/models/m3:v2/infer", FIVE, "m3", 2000],
  ["/v2/models/m3/infer", FIVE, "m3", 2000],
  ["/", { ...FIVE, model: "m3" }, "m3", 2000],
  ["/v2/models/m2/infer", { ...FIVE, model: "m1" }, "m2", 1000],
  ["/", { ...FIVE, model: "m2" }, "m2", 1000],
  ["/", { ...FIVE, model: "m3:v2", operation: "predict" }, "m3", 2000],
];

for (const [path, body, model, outputs] of ANSWERS) {
  Deno.test(`modelRouter() routes ${path} with ${JSON.stringify(body)} to ${model}`, async () => {
    await using router = await fourRoutes();
    deepStrictEqual(timeless(await router.ask(path, body)), { id: "ev1", model_name: model, outputs });
  });
}

Deno.test("modelRouter() asks the first model when path and body name none", async () => {
  await using router = await fourRoutes();
  const reply = { id: "ev1", model_name: "m1", outputs: 500, model_endpoint_uid: "m1_uid" };
  deepStrictEqual(timeless(await router.ask("/", FIVE)), reply);
  deepStrictEqual(timeless(await router.ask("", FIVE)), reply);
});

Deno.test("modelRouter() takes the body's operation before the path's", async () => {
  await using router = await fourRoutes();
  deepStrictEqual(await router.ask("/v2/models/m3/versions/v2/infer", { ...FIVE, operation: "explain" }), {
    id: "ev1",
    model_name: "m3:v2",
    outputs: { explained: 5 },
  });
});

for (const id of ["given", 7, ""]) {
  Deno.test(`modelRouter() names the reply by the body's id ${JSON.stringify(id)}`, async () => {
    await using router = await fourRoutes();
    deepStrictEqual(timeless(await router.ask("/v2/models/m2", { ...FIVE, id })), {
      id,
      model_name: "m2",
      outputs: 1000,
    });
  });
}

Deno.test("modelRouter() lists the models to GET and POST", async () => {
  await using router = await fourRoutes();
  const list = { models: ["m1", "m2", "m3:v1", "m3:v2"] };
  deepStrictEqual(await router.ask("/v2/models", null, { method: "GET" }), list);
  deepStrictEqual(await router.ask("/v2/models/", null, { method: "POST" }), list);
});

for (const path of ["/", "/v2/health", "/v2/health/live", "/v2/health/ready"]) {
  Deno.test(`modelRouter() is up at GET ${path}`, async () => {
    await using router = await fourRoutes();
    const health = { name: "router", version: "v2", extensions: [] };
    deepStrictEqual(await router.ask(path, null, { method: "GET" }), health);
    deepStrictEqual(await router.ask(path, null, { method: "HEAD" }), health);
  });
}

Deno.test("modelRouter() calls itself by its option, its step, or, alone in a function, as MLRun does", async () => {
  for (
    const [options, step, name] of [
      [{ name: "mine" }, "step", "mine"],
      [{}, "step", "step"],
      [{}, "modelRouter", "ModelRouter"],
    ] as const
  ) {
    await using router = await openRouter(modelRouter(options), { m: TimesModel }, { name: step });
    strictEqual((await router.ask("/", null, { method: "GET" }) as { name: string }).name, name);
  }
});

Deno.test("modelRouter() tells what a model is and whether it is ready", async () => {
  await using router = await fourRoutes();
  deepStrictEqual(await router.ask("/v2/models/m1", null, { method: "GET" }), {
    name: "m1",
    platform: "levada",
    model_endpoint_uid: "m1_uid",
    inputs: [],
    outputs: [],
  });
  const ready = await router.ask("/v2/models/m3/versions/v2/ready", null, { method: "GET" }) as Response;
  strictEqual(ready.status, 200);
  strictEqual(await ready.text(), "Model m3:v2 is ready (event_id = ev1)");
});

const REFUSED: readonly (readonly [method: string, path: string, body: unknown, status: number, message: RegExp])[] = [
  ["POST", "/v2/models/m9/infer", FIVE, 404, /"m9": available models are m1, m2, m3:v1, m3:v2$/],
  ["POST", "/v2/models/m3:v9/infer", FIVE, 404, /"m3:v9"/],
  ["POST", "/v2/models/m3/versions/v9/infer", FIVE, 404, /"m3:v9"/],
  ["POST", "/v2/models/m1/versions/v1/infer", FIVE, 404, /"m1:v1"/],
  ["POST", "/v2/models/../infer", FIVE, 404, /"\.\."/],
  ["POST", "/v2/models/__proto__/infer", FIVE, 404, /"__proto__"/],
  ["POST", "/", { ...FIVE, model: "nope" }, 404, /"nope"/],
  ["POST", "/", { ...FIVE, model: 5 }, 400, /"model" is not text/],
  ["POST", "/", { ...FIVE, operation: 5 }, 400, /"operation"/],
  ["POST", "/", null, 400, /model "m1": the body is empty; send/],
  ["POST", "/v2/models/m1/nope", FIVE, 400, /"nope" of model "m1": its operations are infer, predict, explain, ready/],
  ["POST", "/v2/models/m1/constructor", FIVE, 400, /"constructor"/],
  ["POST", "/v2/models/m1/infer/extra", FIVE, 400, /"infer\/extra"/],
  ["GET", "/v2/models/m1/infer", FIVE, 405, /model "m1" to infer with method GET: use POST/],
  ["DELETE", "/v2/models/m1/infer", FIVE, 405, /DELETE/],
  ["POST", "/v2/models/m1/ready", null, 405, /use GET/],
  ["POST", "/v2/health", null, 405, /use GET/],
  ["PUT", "/v2/models", null, 405, /use GET or POST/],
  ["GET", "/metrics", null, 400, /path "\/metrics": paths are/],
  ["POST", "//v2/models/m1/infer", FIVE, 400, /path/],
  ["POST", "/v2/modelsm1/infer", FIVE, 400, /path/],
  ["POST", "/v2/models/%FF/infer", FIVE, 400, /path/],
  ["POST", "/v2/models/m1/infer", {}, 400, /has no key "inputs"; send a JSON object with the key "inputs"/],
  ["POST", "/v2/models/m1/infer", { inputs: null }, 400, /"inputs" is not a list/],
  ["POST", "/v2/models/m1/infer", { inputs: { a: 1 } }, 400, /"inputs" is not a list/],
  ["POST", "/v2/models/m1/infer", [1, 2], 400, /the body is a list/],
  ["POST", "/v2/models/m1/infer", 5, 400, /the body is a number/],
  ["POST", "/v2/models/m1/infer", "5", 400, /the body is text that is not a JSON object/],
  ["POST", "/v2/models/m1/infer", '{"inputs": [5', 400, /the body is text that is not a JSON object/],
  ["POST", "/v2/models/m1/infer", new Uint8Array([0x89, 0x50]), 400, /the body is bytes/],
];

for (const [method, path, body, status, message] of REFUSED) {
  Deno.test(`modelRouter() answers ${status} to ${method} ${path} with ${JSON.stringify(body)}`, async () => {
    await using router = await fourRoutes();
    await rejects(router.ask(path, body, { method }), (error) => {
      ok(error instanceof StatusError);
      strictEqual(error.status, status);
      ok(message.test(error.message), error.message);
      return true;
    });
    deepStrictEqual(timeless(await router.ask("/v2/models/m2", FIVE)), { id: "ev1", model_name: "m2", outputs: 1000 });
  });
}

Deno.test("modelRouter() reads a request that came as text or bytes", async () => {
  await using router = await fourRoutes();
  const text = '{"inputs": [5]}';
  for (const body of [text, new TextEncoder().encode(text)]) {
    deepStrictEqual(timeless(await router.ask("/v2/models/m2", body)), { id: "ev1", model_name: "m2", outputs: 1000 });
  }
});

Deno.test("modelRouter() lets a model's own failure through as it is", async () => {
  await using router = await openRouter(modelRouter(), { bad: RaisingModel });
  await rejects(router.ask("/v2/models/bad", FIVE), (error) => !(error instanceof StatusError));
});

Deno.test("modelRouter() asks functions and tasks as well", async () => {
  class Echo {
    do(body: unknown) {
      return body;
    }
  }
  class Path {
    doEvent(event: { path: string; with(body: unknown): unknown }) {
      return event.with(event.path);
    }
  }
  await using router = await openRouter(modelRouter(), {
    f: ({ inputs }: { inputs: unknown[] }) => inputs[0],
    echo: Echo,
    path: Path,
  });
  strictEqual(await router.ask("/v2/models/f/infer", FIVE), 5);
  deepStrictEqual(await router.ask("/v2/models/echo/anything", FIVE), FIVE);
  strictEqual(await router.ask("/v2/models/path/x", FIVE), "/v2/models/path/x");
});

Deno.test("modelRouter() reads and writes where its step says", async () => {
  const paths = { inputPath: "x", resultPath: "y" };
  await using router = await openRouter(modelRouter(), { m: [TimesModel, { k: 2 }] }, { paths });
  const { y, ...rest } = await router.ask("/v2/models/m/infer", { x: FIVE, keep: 1 }) as { y: unknown };
  deepStrictEqual(timeless(y), { id: "ev1", model_name: "m", outputs: 10 });
  deepStrictEqual(rest, { x: FIVE, keep: 1 });
});

Deno.test("modelRouter() answers at once where the model does", async () => {
  await using router = await openRouter(modelRouter(), { m: [TimesModel, { k: 2 }], hooks: HookModel });
  deepStrictEqual(timeless(router.askAtOnce("/v2/models/m", FIVE)), { id: "ev1", model_name: "m", outputs: 10 });
  deepStrictEqual(timeless(await router.ask("/v2/models/hooks", FIVE)), {
    id: "ev1",
    model_name: "hooks",
    outputs: [60],
    post: true,
  });
});

Deno.test("modelRouter() without routes is a fault", () => {
  const spec = { name: "router", options: {}, code: {}, args: {}, routes: [] };
  deepStrictEqual(MODEL_ROUTER.check!(spec, ALONE), [
    { cause: "it is a router without routes", cure: "Add one with addRoute(key, model)", severity: "error" },
  ]);
});

Deno.test("modelRouter() lets functions change the body before it chooses, and the answer", async () => {
  const router = modelRouter({
    preprocess: async (body: Record<string, unknown> | null) => await Promise.resolve({ ...body, model: "m2" }),
    postprocess: (reply) => ({ ...reply as object, routed: true }),
  });
  await using opened = await openRouter(router, { m1: [TimesModel, { k: 100 }], m2: [TimesModel, { k: 200 }] });
  const { timestamp, ...reply } = await opened.ask("/", FIVE) as Record<string, unknown>;
  deepStrictEqual([typeof timestamp, reply], ["string", { id: "ev1", model_name: "m2", outputs: 1000, routed: true }]);
  deepStrictEqual(await opened.ask("/v2/models", null, { method: "GET" }), { models: ["m1", "m2"], routed: true });
  deepStrictEqual(await opened.ask("/", null, { method: "GET" }), { name: "router", version: "v2", extensions: [] });
});

Deno.test("modelRouter() answers under another prefix", async () => {
  await using router = await openRouter(modelRouter({ prefix: "/v1" }), { m1: [TimesModel, { k: 100 }] });
  strictEqual((await router.ask("/v1/models/m1/infer", FIVE) as { outputs: unknown }).outputs, 500);
  await rejects(router.ask("/v2/models/m1/infer", FIVE), { status: 400, message: /\/v1\/models/ });
});

Deno.test("modelRouter() finds one of 5,001 models as it finds one of ten", async () => {
  const routes = Object.fromEntries(Array.from({ length: 5_001 }, (_, index) => [`m${index}`, () => index]));
  await using router = await openRouter(modelRouter(), routes);
  deepStrictEqual([router.askAtOnce("/v2/models/m0/infer", {}), router.askAtOnce("/v2/models/m5000/infer", {})], [
    0,
    5_000,
  ]);
});

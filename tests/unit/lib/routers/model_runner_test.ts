import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { StatusError } from "../../../../lib/errors.ts";
import { serving } from "../../../../lib/functions/serving.ts";
import { modelRunner, type ModelRunnerOptions } from "../../../../lib/routers/model_runner.ts";
import { AddOne } from "../../../support/hosted_models.ts";
import { ListModel } from "../../../support/models.ts";
import { openRouter } from "../../../support/open_router.ts";

type Body = { n: number; models?: string[] };

const MODELS = { one: ({ n }: Body) => n + 1, ten: ({ n }: Body) => Promise.resolve(n + 10) };
const FAILS = () => {
  throw new StatusError(422, "model boom");
};

/** A function of one runner, with its answers and how often each model was asked. */
function run(options: ModelRunnerOptions<Body>) {
  const asked: string[] = [];
  const fn = serving("running");
  const step = fn.setTopology("flow").to("same", (body: Body) => body).to("models", modelRunner(options)).respond();
  for (const [key, model] of Object.entries(MODELS)) {
    step.addRoute(key, (body: Body) => {
      asked.push(key);
      return model(body);
    });
  }
  return { fn, asked };
}

Deno.test("modelRunner() gives each model's answer by its name", async () => {
  await using router = await openRouter(modelRunner(), MODELS);
  deepStrictEqual(await router.ask("/", { n: 1 }), { one: 2, ten: 11 });
});

Deno.test("modelRunner() with one model gives its answer alone", async () => {
  await using router = await openRouter(modelRunner(), { one: MODELS.one });
  strictEqual(router.askAtOnce("/any/path", { n: 1 }), 2);
});

Deno.test("modelRunner() runs what a function selects, at once or later, each once", async () => {
  for (const select of [({ models }: Body) => models, ({ models }: Body) => Promise.resolve(models)]) {
    const { fn, asked } = run({ select });
    await using flow = await fn.start();
    deepStrictEqual(await flow.ask({ n: 1, models: ["ten"] }), { ten: 11 });
    deepStrictEqual(await flow.ask({ n: 1, models: ["ten", "one", "ten"] }), { one: 2, ten: 11 });
    deepStrictEqual(await flow.ask({ n: 1 }), { one: 2, ten: 11 });
    deepStrictEqual(asked, ["ten", "one", "ten", "one", "ten"]);
  }
});

Deno.test("modelRunner() ends an event for which no model is selected", async () => {
  const { fn } = run({ select: () => [] });
  await using server = await fn.toMockServer();
  const response = await server.test("/", { n: 1 }, { silent: true });
  deepStrictEqual([response.status, response.headers.get("x-ended-at-step")], [204, "models"]);
});

Deno.test("modelRunner() tells of names that no model has, and of selections that are none", async () => {
  const { fn } = run({ select: ({ models }) => models });
  await using flow = await fn.start();
  await rejects(flow.ask({ n: 1, models: ["zz", "one"] }), {
    status: 500,
    message: 'Step "models" failed: Cannot run model "zz": there are "one", "ten"',
  });
  await rejects(flow.ask({ n: 1, models: "one" as unknown as string[] }), {
    message: /Cannot select models by string/,
  });
});

Deno.test("modelRunner() tells the selector which models there are", async () => {
  const { fn } = run({ select: (_, models) => models.slice(0, 1) });
  await using flow = await fn.start();
  deepStrictEqual(await flow.ask({ n: 1 }), { one: 2 });
});

Deno.test("modelRunner() fails with each model that failed, or drops it and says so", async () => {
  await using failing = await openRouter(modelRunner(), { ...MODELS, bad: FAILS });
  await rejects(failing.ask("/", { n: 1 }), {
    status: 422,
    message: 'Cannot run the models of "router": member "bad" failed: model boom',
  });
  await using dropping = await openRouter(modelRunner({ onMemberError: "drop" }), { ...MODELS, bad: FAILS });
  deepStrictEqual(await dropping.ask("/", { n: 1 }), { one: 2, ten: 11, failed: { bad: "model boom" } });
});

Deno.test("modelRunner() asks model servers as steps are asked, and takes paths", async () => {
  await using router = await openRouter(modelRunner(), { two: [ListModel, { k: 2 }], ten: [ListModel, { k: 10 }] }, {
    paths: { inputPath: "in", resultPath: "out" },
  });
  const { out } = await router.ask("/", { in: { inputs: [3] } }) as { out: Record<string, { outputs: number[] }> };
  deepStrictEqual([out.two!.outputs, out.ten!.outputs], [[6], [30]]);
});

Deno.test("modelRunner() runs each model by the step's mechanism, or by its own", async () => {
  const fn = serving("mechanisms");
  const runner = modelRunner<Body>({ mechanism: { kind: "pool", workers: 1 } });
  const step = fn.setTopology("flow").to("same", (body: Body) => body).to("models", runner).respond();
  step.addRoute("pooled", AddOne, { by: 1 }).addRoute("own", AddOne, { by: 2, mechanism: "worker" });
  step.addRoute("inline", ({ n }: Body) => n + 3, { mechanism: "inline" });
  await using flow = await fn.start();
  deepStrictEqual(await flow.ask({ n: 1 }), { pooled: { n: 2 }, own: { n: 3 }, inline: 4 });
});

import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { StatusError } from "../../../../lib/errors.ts";
import { type EventInit, FlowEvent } from "../../../../lib/graph/event.ts";
import { type ModelArgs, ModelServer } from "../../../../lib/models/model_server.ts";
import { HookModel, ListModel, RaisingModel, TimesModel } from "../../../support/models.ts";
import { quietContext, timeless } from "../../../support/open_router.ts";

async function opened<Model extends ModelServer<never>>(
  Class: new (args: ModelArgs, context: ReturnType<typeof quietContext>) => Model,
  { step = "m1", args = {} }: { step?: string; args?: ModelArgs } = {},
): Promise<Model> {
  const model = new Class(args, quietContext(step));
  await model.open();
  return model;
}

function ask(model: ModelServer<never>, path: string, { body, ...init }: EventInit & { body?: unknown } = {}): unknown {
  const event = new FlowEvent(body ?? { inputs: [5] }, { id: "ev1", path, ...init });
  return model.doEvent(event as FlowEvent<never>, model.context);
}

Deno.test("ModelServer as a step answers by the event's path", async () => {
  const model = await opened(TimesModel);
  for (const path of ["/", "/infer", "/predict", "/infer/", "infer"]) {
    deepStrictEqual(timeless(ask(model, path)), { id: "ev1", model_name: "m1", outputs: 500 });
  }
  deepStrictEqual(ask(model, "/explain"), { id: "ev1", model_name: "m1", outputs: { explained: 5 } });
  deepStrictEqual(ask(model, "/", { method: "GET" }), {
    name: "m1",
    platform: "levada",
    model_endpoint_uid: "",
    inputs: [],
    outputs: [],
  });
  strictEqual(await (ask(model, "/ready", { method: "GET" }) as Response).text(), "Model m1 is ready (event_id = ev1)");
  deepStrictEqual(ask(model, "/myop"), { inputs: [5] });
});

Deno.test("ModelServer as a step takes the body's operation where the path says none", async () => {
  const model = await opened(TimesModel);
  const body = { inputs: [5], operation: "explain" };
  deepStrictEqual(ask(model, "/", { body }), { id: "ev1", model_name: "m1", outputs: { explained: 5 } });
  strictEqual((timeless(ask(model, "/infer", { body })) as { outputs: unknown }).outputs, 500);
});

Deno.test("ModelServer refuses operations that it has not, listing those that it has", async () => {
  const model = await opened(TimesModel);
  throws(() => ask(model, "/v2/models/m2/infer"), {
    status: 400,
    message:
      'Cannot do operation "v2/models/m2/infer" of model "m1": its operations are infer, predict, explain, ready, myop, who_am_i',
  });
  const list = await opened(ListModel);
  throws(() => ask(list, "/explain"), { status: 400, message: /its operations are infer, predict, ready$/ });
});

Deno.test("ModelServer hands an operation of its own the event, its path the operation", async () => {
  const model = await opened(TimesModel, { step: "m:v1" });
  for (const path of ["/who_am_i", "/who-am-i", "/whoAmI"]) {
    const answer = ask(model, path, { method: "GET" });
    deepStrictEqual(answer, { name: "m:v1", path: path.slice(1), method: "GET", id: "ev1" });
  }
});

Deno.test("ModelServer leaves the version out of an answer's name, but not out of an explanation's", async () => {
  const model = await opened(TimesModel, { step: "iris:v2" });
  strictEqual((ask(model, "/infer") as { model_name: string }).model_name, "iris");
  strictEqual((ask(model, "/explain") as { model_name: string }).model_name, "iris:v2");
});

Deno.test("ModelServer runs its hooks in order", async () => {
  const model = await opened(HookModel);
  const body = { inputs: [1, 2] };
  deepStrictEqual(timeless(await ask(model, "/infer", { body })), {
    id: "ev1",
    model_name: "m1",
    outputs: [20, 30],
    post: true,
  });
  deepStrictEqual(await ask(model, "/explain", { body }), {
    id: "ev1",
    model_name: "m1",
    outputs: ["because", "because"],
    post: true,
  });
  throws(() => ask(model, "/infer", { body: { inputs: [100] } }), /input above 100/);
});

Deno.test("ModelServer tells each hook which operation is asked", async () => {
  const seen: string[] = [];
  class Seeing extends ListModel {
    override preprocess(request: unknown, operation: string): unknown {
      seen.push(`preprocess ${operation}`);
      return request;
    }
    override validate(request: unknown, operation: string): unknown {
      seen.push(`validate ${operation}`);
      return super.validate(request, operation);
    }
  }
  ask(await opened(Seeing), "/predict");
  deepStrictEqual(seen, ["preprocess predict", "validate predict"]);
});

Deno.test("ModelServer lets its own failure through as it is", async () => {
  const model = await opened(RaisingModel);
  throws(() => ask(model, "/infer"), (error) => error instanceof Error && !(error instanceof StatusError));
});

Deno.test("ModelServer is not ready before it is opened", () => {
  const model = new TimesModel({}, quietContext("m1"));
  strictEqual(model.isReady, false);
  for (const [path, method] of [["/ready", "GET"], ["/infer", "POST"], ["/myop", "POST"]] as const) {
    throws(() => ask(model, path, { method }), { status: 408, message: 'Cannot ask model "m1" yet: it is not ready' });
  }
  deepStrictEqual(ask(model, "/", { method: "GET" }), {
    name: "m1",
    platform: "levada",
    model_endpoint_uid: "",
    inputs: [],
    outputs: [],
  });
});

Deno.test("open() loads once", async () => {
  let loads = 0;
  class Counting extends ListModel {
    override async load(): Promise<void> {
      await Promise.resolve();
      loads++;
    }
  }
  const model = new Counting({}, quietContext("m1"));
  await Promise.all([model.open(), model.open()]);
  await model.open();
  deepStrictEqual([loads, model.isReady], [1, true]);
});

Deno.test("open() names the model that cannot be loaded, and keeps the cause", async () => {
  class Failing extends ListModel {
    override load(): void {
      throw new RangeError("no such weights");
    }
  }
  const model = new Failing({}, quietContext("m1"));
  await rejects(model.open(), (error) => {
    ok(error instanceof Error);
    deepStrictEqual([error.name, error.message], ["ModelError", 'Cannot load model "m1": no such weights']);
    return error.cause instanceof RangeError;
  });
  strictEqual(model.isReady, false);
});

Deno.test("close() is what the end of a scope calls", async () => {
  const closed: string[] = [];
  class Closing extends ListModel {
    override close(): void {
      closed.push(this.key);
    }
  }
  const model = await opened(Closing);
  {
    await using scoped = model;
    ok(scoped.isReady);
  }
  deepStrictEqual([closed, model.isReady], [["m1"], false]);
});

Deno.test("param() reads the model's own, then the function's, then the fallback", () => {
  const model = new ListModel({ own: 0, both: "model" }, quietContext("m1", { both: "function", shared: false }));
  deepStrictEqual([model.param("own", 1), model.param("both"), model.param("shared", true)], [0, "model", false]);
  deepStrictEqual([model.param("none", 5), model.param("none"), model.param("toString", 7)], [5, undefined, 7]);
});

Deno.test("getModel() finds the model's file", async () => {
  const modelPath = new URL("../../../../notebooks/models/iris_logreg", import.meta.url).pathname;
  const { beside: _beside, ...found } = await new ListModel({ modelPath }, quietContext("m")).getModel(".onnx");
  deepStrictEqual(found, {
    file: `${modelPath}.onnx`,
    extraData: {},
    spec: {},
  });
});

Deno.test("param() reads the model's description behind its arguments", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/model.onnx`, "x");
    await Deno.writeTextFile(`${folder}/model_spec.yaml`, "spec: {parameters: {own: 1, said: 2}}");
    const model = new ListModel({ modelPath: folder, own: 7 }, quietContext("m"));
    strictEqual(model.param("said", 5), 5);
    await model.getModel(".onnx");
    deepStrictEqual([model.param("own"), model.param("said"), model.param("none", 5)], [7, 2, 5]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { type InferRequest, modelRouter, ModelServer, serving } from "levada";
import { SERVER_VERSION } from "../../../../../lib/serve/own/server_version.ts";

class Echo extends ModelServer {
  static readonly inputs = [{ name: "x", datatype: "BYTES", shape: ["batch", 2] }];
  static readonly outputs = [{ name: "y", datatype: "FP32", shape: [-1] }];
  predict({ inputs }: InferRequest): unknown[] {
    if (inputs[0] === "bad") throw new RangeError("no");
    return [...inputs];
  }
}

class Own extends Echo {
  opStats(): string {
    return "its own";
  }
}

function flow() {
  const fn = serving("models");
  fn.setTopology("router", modelRouter()).addRoute("a", Echo).addRoute("b:v1", Echo).addRoute("b:v2", Echo).addRoute(
    "own",
    Own,
  );
  return fn.toMockServer();
}

Deno.test("MODEL_PATHS tell the server's metadata, with the version that deno.json has", async () => {
  await using server = await flow();
  for (const path of ["/v2", "/v2/"]) {
    deepStrictEqual(await server.test(path), {
      name: "levada",
      version: SERVER_VERSION,
      extensions: ["binary_tensor_data", "model_configuration", "model_repository", "parameters", "statistics"],
    });
  }
  const { version } = JSON.parse(Deno.readTextFileSync(new URL("../../../../../deno.json", import.meta.url)));
  strictEqual(SERVER_VERSION, version);
});

Deno.test("MODEL_PATHS tell a model's configuration", async () => {
  await using server = await flow();
  const config = {
    name: "b",
    platform: "levada",
    backend: "levada",
    version_policy: { specific: { versions: ["v2"] } },
    max_batch_size: 0,
    input: [{ name: "x", data_type: "TYPE_STRING", dims: [-1, 2] }],
    output: [{ name: "y", data_type: "TYPE_FP32", dims: [-1] }],
    parameters: {},
  };
  deepStrictEqual(await server.test("/v2/models/b/versions/v2/config"), config);
  deepStrictEqual(await server.test("/v2/models/b:v2/config"), config);
  strictEqual((await server.test("/v2/models/b/config")).name, "b");
});

Deno.test("MODEL_PATHS count what models were asked", async () => {
  await using server = await flow();
  await server.test("/v2/models/b/versions/v1/infer", { inputs: [1] });
  await server.test("/v2/models/b/versions/v1/infer", { inputs: ["bad"] }, { silent: true });
  const { model_stats } = await server.test("/v2/models/b/stats");
  deepStrictEqual(
    model_stats.map((entry: { name: string; version: string; inference_stats: Record<string, { count: number }> }) => [
      entry.name,
      entry.version,
      entry.inference_stats.success!.count,
      entry.inference_stats.fail!.count,
    ]),
    [["b", "v1", 1, 1], ["b", "v2", 0, 0]],
  );
  strictEqual(model_stats[0].inference_stats.success.ns > 0 && model_stats[0].last_inference > 1.7e12, true);
  strictEqual((await server.test("/v2/models/b/versions/v2/stats")).model_stats.length, 1);
  strictEqual((await server.test("/v2/models/stats")).model_stats.length, 4);
});

Deno.test("MODEL_PATHS leave a model's own operation to the model, and unknown models to the graph", async () => {
  await using server = await flow();
  strictEqual(await server.test("/v2/models/own/stats"), "its own");
  for (const path of ["/v2/models/none/config", "/v2/models/none/stats", "/v2/models/b/versions/v9/config"]) {
    strictEqual((await server.test(path, undefined, { silent: true })).status, 404);
  }
});

Deno.test("a model's metadata is in both dialects' words; whether it is ready as text, or as JSON for who asks for it", async () => {
  await using server = await flow();
  deepStrictEqual(await server.test("/v2/models/b/versions/v2"), {
    name: "b",
    versions: ["v2"],
    platform: "levada",
    model_endpoint_uid: "",
    inputs: [{ name: "x", datatype: "BYTES", shape: [-1, 2] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1] }],
  });
  strictEqual(/^Model a is ready/.test(await server.test("/v2/models/a/ready")), true);
  const headers = { accept: "application/json" };
  deepStrictEqual(await server.test("/v2/models/a/ready", undefined, { headers }), { name: "a", ready: true });
});

Deno.test("MODEL_PATHS tell of a model behind steps that fail without a body", async () => {
  const fn = serving("behind");
  fn.setTopology("flow")
    .to("count", (body: { inputs: unknown[] }) => ({ ...body, count: body.inputs.length }))
    .to("models", modelRouter()).respond().addRoute("b:v2", Echo);
  await using server = await fn.toMockServer();
  strictEqual((await server.test("/v2/models/b/versions/v2")).platform, "levada");
  const ready = await server.test("/v2/models/b:v2/ready", undefined, { headers: { "mlrun-event-id": "e7" } });
  strictEqual(ready, "Model b:v2 is ready (event_id = e7)");
  strictEqual(
    (await server.test("/v2/models/none/ready", undefined, { silent: true })).status,
    500,
    "the graph's own failure",
  );
});

Deno.test("a model that loads answers 503 for tensors and 408 in MLRun's dialect, and the others answer meanwhile", async () => {
  const loaded = Promise.withResolvers<void>();
  class Slow extends Echo {
    override async load(): Promise<void> {
      await loaded.promise;
    }
  }
  const fn = serving("loading");
  fn.setTopology("router", modelRouter()).addRoute("slow", Slow, { loading: "background" }).addRoute("quick", Echo);
  await using server = await fn.toMockServer({ log: { debug() {}, info() {}, warn() {}, error() {} } });
  const tensors = { inputs: [{ name: "x", shape: [1, 2], datatype: "BYTES", data: ["a", "b"] }] };
  const ask = async (path: string, body?: unknown, headers: HeadersInit = {}) => {
    const reply = await server.test(path, body, { silent: true, headers });
    await reply.body?.cancel();
    return [reply.status, reply.headers.get("retry-after")];
  };
  const json = { accept: "application/json" };
  deepStrictEqual(await ask("/v2/models/slow/infer", tensors), [503, "1"]);
  deepStrictEqual(await ask("/v2/models/slow/infer", { inputs: [["a", "b"]] }), [408, null]);
  deepStrictEqual(await ask("/v2/models/slow/ready"), [408, null]);
  deepStrictEqual(await ask("/v2/models/slow/ready", undefined, json), [503, "1"]);
  deepStrictEqual((await ask("/v2/models/quick/infer", { inputs: [["a", "b"]] }))[0], 200);
  strictEqual((await server.test("/v2/repository/index", {}))[0].state, "LOADING");
  loaded.resolve();
  await server.test("/v2/repository/models/slow/load", {}, { silent: true }); // waits for the load that is under way
  deepStrictEqual((await ask("/v2/models/slow/ready", undefined, json))[0], 200);
});

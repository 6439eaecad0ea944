/** The same request of the open inference protocol gives a handler the same value, whatever door it comes by. */

import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import {
  type FlowEvent,
  type InferRequest,
  modelRouter,
  ModelServer,
  queue,
  RemoteModel,
  serving,
  Tensor,
  type TensorRequest,
} from "levada";
import { testBench } from "levada/testing";
import { encodeTensorCall } from "../../lib/protocol/tensor_call.ts";
import { jsonTensor } from "../../lib/protocol/encode_tensor_reply.ts";
import { encodeRaw } from "../../lib/tensor/raw_data.ts";
import type { Datatype, TensorData } from "../../lib/tensor/datatype.ts";
import { loadWire } from "../../lib/serve/grpc/wire.ts";

const WIDE = 2n ** 53n + 1n; // no number is this

/** What is sent, nested as its shape says. */
const SENT: Readonly<Partial<Record<Datatype, unknown>>> = {
  FP32: [[0.1, 2]],
  FP64: [[0.1, 2]],
  FP16: [[0.1, 2]],
  BF16: [[0.1, 2]],
  INT32: [[-1, 2]],
  INT64: [[-1, WIDE]],
  UINT64: [[1, WIDE]],
  BOOL: [[true, false]],
  BYTES: [["é", ""]],
};

/** What handlers get for it: tensors of this data, `predict` and a model's `preprocess` these rows. */
const SEEN: Readonly<Partial<Record<Datatype, { readonly data: TensorData; readonly rows: unknown }>>> = {
  FP32: { data: new Float32Array([0.1, 2]), rows: [[Math.fround(0.1), 2]] },
  FP64: { data: new Float64Array([0.1, 2]), rows: [[0.1, 2]] },
  FP16: { data: new Uint16Array([0x2e66, 0x4000]), rows: [[0.0999755859375, 2]] },
  BF16: { data: new Uint16Array([0x3dcd, 0x4000]), rows: [[0.10009765625, 2]] },
  INT32: { data: new Int32Array([-1, 2]), rows: [[-1, 2]] },
  INT64: { data: new BigInt64Array([-1n, WIDE]), rows: [[-1, WIDE]] },
  UINT64: { data: new BigUint64Array([1n, WIDE]), rows: [[1, WIDE]] },
  BOOL: { data: new Uint8Array([1, 0]), rows: [[true, false]] },
  BYTES: { data: ["é", ""], rows: [["é", ""]] },
};

let seen: Map<string, unknown> = new Map();
const REPLY = { outputs: [{ name: "y", datatype: "INT64", shape: [1], data: [1] }] };

function see({ inputs }: { readonly inputs: unknown }, handler: string): typeof REPLY {
  seen.set(handler, inputs);
  return REPLY;
}

class Task {
  do(body: TensorRequest): typeof REPLY {
    return see(body, "do");
  }
}

class Whole {
  doEvent({ body }: FlowEvent<TensorRequest>): typeof REPLY {
    return see(body, "doEvent");
  }
}

class Rows extends ModelServer {
  override preprocess(request: unknown): unknown {
    see(request as InferRequest, "model's preprocess");
    return request;
  }

  predict(request: InferRequest): number[] {
    see(request, "predict");
    return [1];
  }

  opLook({ body }: FlowEvent<TensorRequest>): typeof REPLY {
    return see(body, "op");
  }
}

class Tensors extends ModelServer {
  predict(): number[] {
    return [1];
  }

  override predictTensors(request: TensorRequest): Tensor[] {
    see(request, "predictTensors");
    return [Tensor.from("y", [1])];
  }
}

/** A function of which every kind of handler sees the requests. */
function watched() {
  const preprocess = (body: TensorRequest) => {
    see(body, "router's preprocess");
    return body;
  };
  const fn = serving("watched");
  const router = fn.setTopology("flow")
    .to("step", (body: TensorRequest) => {
      if (typeof body !== "string") see(body, "step"); // what is sent as text is text, until a router reads it
      return body;
    })
    .to("models", modelRouter({ preprocess })).respond();
  router.addRoute("function", (body: TensorRequest) => see(body, "function")).addRoute("task", Task)
    .addRoute("whole", Whole).addRoute("rows", Rows).addRoute("tensors", Tensors);
  return fn;
}

const PATHS = ["function/infer", "task/infer", "whole/infer", "rows/infer", "rows/look", "tensors/infer"];
const LARGE_BYTES = 1_100_000; // JSON from 1 MiB on is read in a thread
const JSON_TYPE = { "content-type": "application/json" };

/** As JSON, exactly; flat, or nested by the shape. */
function jsonOf(tensor: Tensor, isNested = false): string {
  const written = jsonTensor(tensor) as { readonly data: unknown[] };
  const data = isNested ? [written.data] : written.data;
  return JSON.stringify({ id: "7", inputs: [{ ...written, data }] });
}

async function post(url: string, body: BodyInit, headers: Record<string, string>): Promise<void> {
  const reply = await fetch(url, { method: "POST", body, headers });
  strictEqual(reply.status, 200, await reply.text());
}

const WIRE = await loadWire();

function message(model: string, { name, datatype, shape, data }: Tensor): Buffer {
  const writer = new WIRE.BinaryWriter().tag(1, 2).string(model).tag(3, 2).string("7").tag(5, 2).fork();
  writer.tag(1, 2).string(name).tag(2, 2).string(datatype);
  for (const size of shape) writer.tag(3, 0).int64(size);
  return Buffer.from(writer.join().tag(7, 2).bytes(encodeRaw(data)).finish());
}

interface GrpcCall {
  on(event: string, run: (given: Error) => void): void;
  write(message: Uint8Array): void;
  end(): void;
}

interface GrpcClient {
  makeUnaryRequest(...given: unknown[]): void;
  makeBidiStreamRequest(...given: unknown[]): GrpcCall;
  close(): void;
}

async function grpcClient(port: number): Promise<GrpcClient> {
  const name = "@grpc/grpc-js";
  const { Client, credentials } = (await import(name)).default;
  return new Client(`localhost:${port}`, credentials.createInsecure());
}

const SERVICE = "/inference.GRPCInferenceService";
const same = (bytes: Uint8Array) => Buffer.from(bytes);

function askUnary(client: GrpcClient, given: Buffer): Promise<void> {
  return new Promise((resolve, reject) =>
    client.makeUnaryRequest(
      `${SERVICE}/ModelInfer`,
      same,
      same,
      given,
      (error: Error | null) => error === null ? resolve() : reject(error),
    )
  );
}

function askStream(client: GrpcClient, given: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = client.makeBidiStreamRequest(`${SERVICE}/ModelStreamInfer`, same, same);
    call.on("data", () => {});
    call.on("error", reject);
    call.on("end", () => resolve());
    call.write(given);
    call.end();
  });
}

type Door = (path: string, tensor: Tensor) => Promise<unknown>;

/** The ways over HTTP, to what is served at a URL. */
function httpDoors(url: string): Record<string, Door> {
  const at = (path: string) => `${url}/v2/models/${path}`;
  return {
    "JSON": (path, tensor) => post(at(path), jsonOf(tensor), JSON_TYPE),
    "nested JSON": (path, tensor) => post(at(path), jsonOf(tensor, true), JSON_TYPE),
    "JSON sent as text": (path, tensor) => post(at(path), jsonOf(tensor), { "content-type": "text/plain" }),
    "JSON of 1 MiB": (path, tensor) => post(at(path), jsonOf(tensor).padEnd(LARGE_BYTES), JSON_TYPE),
    "packed JSON": async (path, tensor) => {
      const packed = new Blob([jsonOf(tensor)]).stream().pipeThrough(new CompressionStream("gzip"));
      await post(at(path), await new Response(packed).bytes(), { ...JSON_TYPE, "content-encoding": "gzip" });
    },
    "binary": (path, tensor) => {
      const { body, headerLength } = encodeTensorCall({ id: "7", inputs: [tensor] });
      return post(at(path), body, { "inference-header-content-length": String(headerLength) });
    },
  };
}

Deno.test("a request gives each kind of handler the same value by every door, for every datatype", async () => {
  const fn = watched();
  await using server = await fn.serve({ port: 0, grpcPort: 0 });
  await using mock = await fn.toMockServer();
  const near = serving("near");
  const routes = near.setTopology("router");
  for (const model of ["rows", "tensors"]) routes.addRoute(model, RemoteModel, { url: server.url });
  await using hop = await near.toMockServer();
  const client = await grpcClient(server.grpcPort!);
  const modelOf = (path: string) => path.split("/")[0]!;
  const encoder = new TextEncoder();
  const doors: Record<string, Door> = {
    ...httpDoors(server.url),
    "mock server": (path, tensor) =>
      mock.test(`/v2/models/${path}`, encoder.encode(jsonOf(tensor)), { contentType: "application/json" }),
    "gRPC": (path, tensor) => askUnary(client, message(modelOf(path), tensor)),
    "gRPC stream": (path, tensor) => askStream(client, message(modelOf(path), tensor)),
    "RemoteModel": (path, tensor) => hop.test(`/v2/models/${path}`, encoder.encode(jsonOf(tensor))),
  };
  for (const [datatype, sent] of Object.entries(SENT) as [Datatype, unknown][]) {
    const { data, rows } = SEEN[datatype]!;
    const tensors = [new Tensor("x", { datatype, shape: [1, 2], data })];
    const values = new Map<string, unknown>([
      ["step", tensors],
      ["router's preprocess", tensors],
      ["function", tensors],
      ["do", tensors],
      ["doEvent", tensors],
      ["op", tensors],
      ["model's preprocess", rows],
      ["predict", rows],
      ["predictTensors", tensors],
    ]);
    for (const [door, ask] of Object.entries(doors)) {
      const isInferOnly = door.startsWith("gRPC") || door === "RemoteModel";
      seen = new Map();
      for (const path of PATHS) {
        if (path.endsWith("/look") && isInferOnly) continue;
        if (door === "RemoteModel" && !["rows", "tensors"].includes(modelOf(path))) continue; // others are no models
        await ask(path, Tensor.from("x", sent, datatype));
      }
      strictEqual(seen.size >= 5, true, door);
      for (const [handler, value] of seen) {
        deepStrictEqual(value, values.get(handler), `${datatype} by ${door}: ${handler}`);
      }
    }
  }
  client.close();
});

Deno.test("a request that is not well-formed reaches no handler, by no door; MLRun's dialect stays what was sent", async () => {
  await using mock = await watched().toMockServer();
  seen = new Map();
  const path = "/v2/models/function/infer";
  const head = { name: "x", shape: [2], datatype: "FP32" };
  for (const data of [[1], ["a", "b"], "text", undefined]) {
    const reply = await mock.test(path, { inputs: [{ ...head, data }] }, { silent: true });
    match(`${reply.status} ${await reply.text()}`, /^400 .*\bx\b/);
  }
  const short = encodeTensorCall({ inputs: [Tensor.from("x", [1], "FP32")] });
  const text = new TextDecoder().decode(short.body.subarray(0, short.headerLength)).replace("[1]", "[2]");
  const body = new Uint8Array([...new TextEncoder().encode(text), ...short.body.subarray(short.headerLength)]);
  const headers = { "inference-header-content-length": String(short.headerLength) };
  strictEqual((await mock.test(path, body, { silent: true, headers })).status, 400);
  strictEqual(seen.size, 0);
  const inputs = [[1.1, "a", null, { b: [true] }]];
  await mock.test(path, { inputs });
  deepStrictEqual([seen.get("step"), seen.get("function")], [inputs, inputs]);
});

Deno.test("a step behind a stream between functions gets tensors again; what is none goes to the dead letters", async () => {
  const fn = serving("parent").addChildFunction("child");
  fn.setTopology("flow").to("same", (body: TensorRequest) => body).to("q", queue({ path: "memory://q" }))
    .to("look", (body: TensorRequest) => see(body, "child"), { function: "child" });
  await using bench = await testBench(fn);
  for (const [datatype, { data }] of Object.entries(SEEN) as [Datatype, { data: TensorData }][]) {
    const inputs = [new Tensor("x", { datatype, shape: [1, 2], data })];
    await bench.send({ inputs });
    deepStrictEqual(seen.get("child"), inputs);
  }
  seen = new Map();
  await bench.send({ inputs: [{ name: "x", datatype: "FP32", shape: [2], data: [1] }] });
  deepStrictEqual([seen.size, (await bench.deadLetters("q")).map(({ error }) => error!.message)], [0, [
    'Cannot read "x" as shape [2], which needs 2 values: its data has 1',
  ]]);
});

Deno.test("half a character fails wherever it would become another one: texts, chunks, tensors of every form", async () => {
  const HALF = "x\ud83dy";
  class Says extends ModelServer {
    predict({ inputs }: InferRequest): unknown[] {
      return inputs.map(() => HALF);
    }

    override predictTensors({ parameters }: TensorRequest): Tensor[] {
      if (parameters?.made === true) return [Tensor.from("y", [HALF])];
      return [new Tensor("y", { datatype: "BYTES", shape: [1], data: [HALF] })];
    }
  }
  const told = /its letter \\ud83d at 1 is half of a surrogate pair/;
  const texts = serving("texts");
  texts.setTopology("flow").to("say", (body: unknown) => {
    const { form } = body as { form: string };
    return form === "json" ? { text: HALF } : HALF;
  }).respond();
  const models = serving("models");
  models.setTopology("router").addRoute("m", Says);
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  await using said = await texts.toMockServer({ log });
  await using served = await models.toMockServer({ log });
  const text = await said.test("/", { form: "text" }, { silent: true });
  deepStrictEqual([text.status, told.test((await text.json()).error)], [500, true]);
  strictEqual((await said.test("/", { form: "json" })).text, HALF, "JSON keeps it");
  const ask = async (inputs: object[], parameters: object = {}) => {
    const response = await served.test("/v2/models/m/infer", { inputs, parameters }, { silent: true });
    return [response.status, told.test((await response.json()).error)] as const;
  };
  const right = [{ name: "x", datatype: "BYTES", shape: [1], data: ["a"] }];
  for (const parameters of [{}, { binary_data_output: true }, { made: true }]) {
    deepStrictEqual(await ask(right, parameters), [500, true]);
  }
  deepStrictEqual(await ask([{ ...right[0], data: [HALF] }]), [400, true]);
});

/** What MLRun's clients send, line by line: method, path and body, with the status and the answer that they get here. */

import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import {
  type FlowEvent,
  type InferRequest,
  type MockServer,
  ModelServer,
  serving,
  StatusError,
  votingEnsemble,
} from "levada";

/** One question, and what is answered: a body, or what its error says. */
type Line = readonly [method: string, path: string, body: unknown, status: number, answer: unknown];

class Times extends ModelServer {
  static readonly inputs = [
    { name: "a", datatype: "FP64", shape: [-1] },
    { name: "b", datatype: "FP64", shape: [-1] },
  ];
  static readonly outputs = [{ name: "y", datatype: "FP64", shape: [-1] }];

  predict({ inputs }: InferRequest): unknown {
    return inputs.map((row) => [row].flat().map((value) => Number(value) * this.param("by", 1)));
  }

  override explain({ inputs }: InferRequest): unknown {
    return { rows: inputs.length };
  }

  opMyOp({ body, path, method }: FlowEvent): unknown {
    return { body, path, method };
  }
}

class Plain extends ModelServer {
  predict({ inputs }: InferRequest): unknown {
    if (inputs[0] === "boom") throw new Error("boom");
    if (inputs[0] === "teapot") throw new StatusError(418, "short and stout");
    return inputs;
  }
}

const METADATA = {
  platform: "levada",
  model_endpoint_uid: "",
  inputs: [{ name: "a", datatype: "FP64", shape: [-1] }, { name: "b", datatype: "FP64", shape: [-1] }],
  outputs: [{ name: "y", datatype: "FP64", shape: [-1] }],
};
const REPLY = { id: "ev", model_name: "m1", outputs: [[10, 20]], timestamp: "<when>" };

const ROUTER: readonly Line[] = [
  ["GET", "/", undefined, 200, { name: "ModelRouter", version: "v2", extensions: [] }],
  ["GET", "/v2/health", undefined, 200, { name: "ModelRouter", version: "v2", extensions: [] }],
  ["GET", "/v2/models", undefined, 200, { models: ["m1", "plain", "m3:v1"] }],
  ["GET", "/v2/models/", undefined, 200, { models: ["m1", "plain", "m3:v1"] }],
  ["POST", "/v2/models", {}, 200, { models: ["m1", "plain", "m3:v1"] }],
  ["GET", "/v2/models/m1", undefined, 200, { name: "m1", ...METADATA }],
  ["GET", "/v2/models/m3/versions/v1", undefined, 200, {
    name: "m3",
    versions: ["v1"],
    ...METADATA,
    model_endpoint_uid: "u3",
  }],
  ["GET", "/v2/models/m1/ready", undefined, 200, "Model m1 is ready (event_id = ev)"],
  ["POST", "/v2/models/m1/infer", { inputs: [[1, 2]] }, 200, REPLY],
  ["POST", "/v2/models/m1/predict", { inputs: [[1, 2]] }, 200, REPLY],
  ["POST", "/v2/models/m1/infer/", { inputs: [[1, 2]] }, 200, REPLY],
  ["POST", "/v2/models/m1/infer", { id: "own", inputs: [[1, 2]] }, 200, { ...REPLY, id: "own" }],
  ["POST", "/v2/models/m3/versions/v1/infer", { inputs: [[1]] }, 200, {
    id: "ev",
    model_name: "m3",
    outputs: [[3]],
    timestamp: "<when>",
    model_endpoint_uid: "u3",
  }],
  ["POST", "/v2/models/m1/infer_dict", { inputs: [{ b: 2, a: 1 }] }, 200, REPLY],
  ["POST", "/v2/models/m1/predict_dict", { inputs: { b: 2, a: 1 } }, 200, REPLY],
  ["POST", "/v2/models/m1/infer_dict", { inputs: [{ b: 2 }] }, 400, /inputs\[0\] lacks a/],
  ["POST", "/v2/models/m1/infer_dict", { inputs: [[1, 2]] }, 400, /inputs\[0\] is no object with a, b/],
  ["POST", "/v2/models/plain/infer_dict", { inputs: [{ a: 1 }] }, 400, /nobody declared its inputs/],
  ["POST", "/v2/models/m1/explain", { inputs: [[1], [2]] }, 200, { id: "ev", model_name: "m1", outputs: { rows: 2 } }],
  ["POST", "/v2/models/m3/versions/v1/explain", { inputs: [] }, 200, {
    id: "ev",
    model_name: "m3:v1",
    outputs: { rows: 0 },
    model_endpoint_uid: "u3",
  }],
  ["POST", "/v2/models/m1/my_op", { x: 1 }, 200, { body: { x: 1 }, path: "my_op", method: "POST" }],
  ["GET", "/v2/models/m1/my_op", undefined, 200, { body: null, path: "my_op", method: "GET" }],
  ["POST", "/v2/models/m1/other", { inputs: [] }, 400, /Cannot do operation "other" of model "m1"/],
  ["POST", "/v2/models/plain/explain", { inputs: [] }, 400, /Cannot do operation "explain" of model "plain"/],
  ["POST", "/v2/models/nobody/infer", { inputs: [] }, 404, /"nobody": available models are m1, plain, m3:v1/],
  ["POST", "/v1/models/m1/infer", { inputs: [] }, 400, /Cannot route path "\/v1\/models\/m1\/infer"/],
  ["GET", "/v2/models/m1/infer", undefined, 405, /with method GET: use POST/],
  ["PUT", "/v2/models/m1/infer", { inputs: [] }, 405, /with method PUT: use POST/],
  // driven by the body
  ["POST", "/", { inputs: [[1, 2]] }, 200, REPLY],
  ["POST", "/", { model: "m1", operation: "predict", inputs: [[1, 2]] }, 200, REPLY],
  ["POST", "/", { model: "m3:v1", operation: "explain", inputs: [] }, 200, {
    id: "ev",
    model_name: "m3:v1",
    outputs: { rows: 0 },
    model_endpoint_uid: "u3",
  }],
  ["POST", "/", { model: "nobody", inputs: [] }, 404, /"nobody"/],
  ["POST", "/", { model: 7, inputs: [] }, 400, /"model" is not text/],
  ["POST", "/v2/models/m1/infer", { operation: "explain", inputs: [[1]] }, 200, {
    id: "ev",
    model_name: "m1",
    outputs: { rows: 1 },
  }],
  ["POST", "/v2/models/m1/infer", { operation: 7, inputs: [] }, 400, /"operation"/],
  // bodies that are no requests
  ["POST", "/v2/models/m1/infer", {}, 400, /no key "inputs"/],
  ["POST", "/v2/models/m1/infer", { inputs: 5 }, 400, /"inputs" is not a list/],
  ["POST", "/v2/models/m1/infer", [1], 400, /the body is a list/],
  ["POST", "/v2/models/m1/infer", null, 400, /the body is empty/],
  [
    "POST",
    "/v2/models/plain/infer",
    { data_url: "http://127.0.0.1:1/" },
    400,
    /Cannot fetch "data_url" for model "plain"/,
  ],
  // a model's own failures
  ["POST", "/v2/models/plain/infer", { inputs: ["boom"] }, 500, /^boom$/],
  ["POST", "/v2/models/plain/infer", { inputs: ["teapot"] }, 418, /^short and stout$/],
];

const ENSEMBLE: readonly Line[] = [
  ["GET", "/v2/models", undefined, 200, { models: ["two", "four", "both"], weights: { two: 1, four: 1 } }],
  ["POST", "/v2/models/infer", { inputs: [1] }, 200, { id: "ev", model_name: "both", outputs: [[3]] }],
  ["POST", "/v2/models/predict", { inputs: [1] }, 200, { id: "ev", model_name: "both", outputs: [[3]] }],
  ["POST", "/v2/models/both/infer", { inputs: [1] }, 200, { id: "ev", model_name: "both", outputs: [[3]] }],
  ["POST", "/", { inputs: [1] }, 200, { id: "ev", model_name: "both", outputs: [[3]] }],
  ["POST", "/v2/models/two/infer", { inputs: [1] }, 200, {
    id: "ev",
    model_name: "two",
    outputs: [[2]],
    timestamp: "<when>",
  }],
  ["GET", "/v2/models/both/ready", undefined, 200, "Model both is ready (event_id = ev)"],
  ["POST", "/v2/models/nobody/infer", { inputs: [1] }, 404, /available models are two, four, both/],
  ["POST", "/v2/models/both/other", { inputs: [1] }, 400, /Cannot do operation "other"/],
  ["POST", "/v2/models/infer", { nope: 1 }, 400, /no key "inputs"/],
  ["POST", "/v2/models/infer", { inputs: 1 }, 400, /"inputs" is not a list/],
];

const ALONE: readonly Line[] = [
  ["POST", "/", { inputs: [[1, 2]] }, 200, REPLY],
  ["POST", "/infer", { inputs: [[1, 2]] }, 200, REPLY],
  ["POST", "/explain", { inputs: [[1]] }, 200, { id: "ev", model_name: "m1", outputs: { rows: 1 } }],
  ["GET", "/", undefined, 200, { name: "m1", ...METADATA }],
  ["GET", "/ready", undefined, 200, { ready: true }], // of the whole server, as orchestrators ask
  ["POST", "/my_op", { x: 1 }, 200, { body: { x: 1 }, path: "my_op", method: "POST" }],
  ["POST", "/other", {}, 400, /Cannot do operation "other" of model "m1"/],
];

/** Asks line after line; everything that is different is told at once. */
async function askAll(server: MockServer, lines: readonly Line[]): Promise<void> {
  const wrong: unknown[] = [];
  for (const [method, path, body, status, answer] of lines) {
    const response = await server.test(path, body, { method, eventId: "ev", silent: true });
    const text = await response.text();
    const type = response.headers.get("content-type");
    const got = type?.startsWith("application/json") === true ? JSON.parse(text) : text;
    try {
      strictEqual(response.status, status);
      if (answer instanceof RegExp) {
        strictEqual(got.id, "ev");
        match(got.error, answer);
      } else deepStrictEqual(timeless(got), answer);
    } catch (error) {
      wrong.push([method, path, body, (error as Error).message, got]);
    }
  }
  deepStrictEqual(wrong, []);
}

function timeless(answer: unknown): unknown {
  if (typeof answer !== "object" || answer === null || !("timestamp" in answer)) return answer;
  match(String(answer.timestamp), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00:00$/);
  return { ...answer, timestamp: "<when>" };
}

Deno.test("modelRouter() answers what MLRun's clients send", async () => {
  const fn = serving("dialect").addModel("m1", Times, { by: 10 }).addModel("plain", Plain);
  fn.addModel("m3:v1", Times, { by: 3, modelEndpointUid: "u3" });
  await using server = await fn.toMockServer({ log: { debug() {}, info() {}, warn() {}, error() {} } });
  await askAll(server, ROUTER);
});

Deno.test("votingEnsemble() answers what MLRun's clients send", async () => {
  const fn = serving("dialect");
  fn.setTopology("router", votingEnsemble({ name: "both", voteType: "regression", weights: { two: 1, four: 1 } }))
    .addRoute("two", Times, { by: 2 }).addRoute("four", Times, { by: 4 });
  await using server = await fn.toMockServer();
  await askAll(server, ENSEMBLE);
});

Deno.test("ModelServer as a step answers by the whole path, as MLRun's does", async () => {
  const fn = serving("dialect");
  fn.setTopology("flow").to("m1", Times, { args: { by: 10 } }).respond();
  await using server = await fn.toMockServer();
  await askAll(server, ALONE);
});

Deno.test("a model that loads says 408 until it is there, and the others answer", async () => {
  const loaded = Promise.withResolvers<void>();
  class Slow extends Times {
    override load(): Promise<void> {
      return loaded.promise;
    }
  }
  const fn = serving("dialect").addModel("slow", Slow, { loading: "background" }).addModel("plain", Plain);
  await using server = await fn.toMockServer();
  await askAll(server, [
    ["GET", "/v2/models/slow/ready", undefined, 408, /model "slow" yet: it is not ready/],
    ["POST", "/v2/models/slow/infer", { inputs: [[1]] }, 408, /model "slow" yet: it is not ready/],
    ["POST", "/v2/models/plain/infer", { inputs: [1] }, 200, {
      id: "ev",
      model_name: "plain",
      outputs: [1],
      timestamp: "<when>",
    }],
  ]);
  loaded.resolve();
});

import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { modelRouter, ModelServer, serving, Tensor, type TensorRequest } from "levada";
import { JsonThread } from "../../../../lib/serve/json_thread.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };
const COUNT = 300_000;

function bytesOf(body: unknown): Uint8Array {
  return new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
}

function large(input: object): string {
  return JSON.stringify({ id: "i", inputs: [{ name: "x", datatype: "FP32", shape: [COUNT], ...input }] });
}

Deno.test("JsonThread.takes() large requests of tensors, and nothing else", () => {
  const thread = new JsonThread();
  const data = Array(COUNT).fill(0.25);
  deepStrictEqual(
    [large({ data }), large({ data: [1] }), JSON.stringify({ inputs: data }), "x".repeat(2_000_000), ""].map((text) =>
      thread.takes(bytesOf(text))
    ),
    [true, false, false, false, false],
  );
});

Deno.test("JsonThread.read() gives the request with typed arrays, whole and exact", async () => {
  const thread = new JsonThread();
  try {
    const inputs = [
      { name: "f", datatype: "FP32", shape: [2, 2], data: [[1, 2], [3, 0.1]] },
      { name: "i", datatype: "INT64", shape: [1], data: "@" },
      { name: "b", datatype: "BYTES", shape: [1], data: ["ü"] },
    ];
    const text = JSON.stringify({ id: "i", inputs, outputs: [{ name: "y" }] }).replace('"@"', "[9007199254740993]");
    deepStrictEqual(await thread.read(bytesOf(text)), {
      id: "i",
      inputs: [
        { ...inputs[0], data: new Float32Array([1, 2, 3, 0.1]) },
        { ...inputs[1], data: new BigInt64Array([9_007_199_254_740_993n]) },
        inputs[2],
      ],
      outputs: [{ name: "y" }],
    });
    deepStrictEqual(await thread.read(bytesOf({ a: [1] })), { a: [1] }, "what only looked like tensors");
  } finally {
    thread.close();
  }
});

Deno.test("JsonThread.read() refuses what is no JSON or no request, and reads on", async () => {
  const thread = new JsonThread();
  try {
    const refused = (text: string | Uint8Array, message: RegExp) =>
      rejects(thread.read(typeof text === "string" ? bytesOf(text) : text), (error: Error & { status?: number }) => {
        match(error.message, message);
        return error.status === 400;
      });
    await refused('{"inputs":[', /^Cannot read the body as application\/json: /);
    await refused("[".repeat(100_000), /more than 500 levels/);
    await refused(new Uint8Array([0xff]), /^Cannot read the body as application\/json: /);
    await refused('{"inputs":[{"name":"x","datatype":"FP32","shape":[3],"data":[1]}]}', /"x"/);
    deepStrictEqual(await thread.read(bytesOf("[1]")), [1]);
  } finally {
    thread.close();
  }
});

Deno.test("fn.serve() answers small requests while it reads a large one", async () => {
  class Sum extends ModelServer {
    predict(): number[] {
      return [];
    }

    override predictTensors({ inputs: [x] }: TensorRequest): Tensor[] {
      return [Tensor.from("sum", [(x!.data as Float32Array).reduce((sum, value) => sum + value, 0)], "FP32")];
    }
  }
  const fn = serving("sums");
  fn.setTopology("router", modelRouter()).addRoute("sum", Sum);
  await using server = await fn.serve({ port: 0, log });
  const ask = async (body: string) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${server.url}/v2/models/sum/infer`, { method: "POST", body, headers });
    const { outputs, error } = await response.json();
    return response.status === 200 ? outputs[0].data[0] : error;
  };
  let isRead = false;
  const fat = ask(large({ data: Array(COUNT).fill(0.25) })).finally(() => isRead = true);
  let meanwhile = 0;
  while (!isRead) {
    strictEqual(await ask('{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[0.5]}]}'), 0.5);
    meanwhile += 1;
  }
  deepStrictEqual([await fat, meanwhile > 0], [COUNT * 0.25, true]);
  match(await ask(large({ data: Array(COUNT - 1).fill(0.25) })), /"x"/);
});

Deno.test("fn.serve() gives steps before a router the lists that came, however large", async () => {
  const fn = serving("steps");
  fn.setTopology("flow").to("kind", (body: { inputs: { data: unknown }[] }) => Array.isArray(body.inputs[0]!.data))
    .respond();
  await using server = await fn.serve({ port: 0, log });
  const body = large({ data: Array(COUNT).fill(0.25) });
  const response = await fetch(server.url, { method: "POST", body, headers: { "content-type": "application/json" } });
  strictEqual(await response.json(), true);
});

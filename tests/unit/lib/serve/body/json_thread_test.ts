import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { modelRouter, ModelServer, serving, Tensor, type TensorRequest } from "levada";
import { JsonThread } from "../../../../../lib/serve/body/json_thread.ts";

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
        { ...inputs[0], data: new Float32Array([1, 2, 3, 0.1]), parameters: undefined },
        { ...inputs[1], data: new BigInt64Array([9_007_199_254_740_993n]), parameters: undefined },
        { ...inputs[2], parameters: undefined },
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
  const many = `{"x":[${"[],".repeat(4_000_001)}1]}`;
  match(
    await ask(`{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[0.5]}],"parameters":${many}}`),
    /more than 4000000 values beside/,
  );
  match(await ask(large({ data: Array(COUNT - 1).fill(0.25) })), /"x"/);
});

Deno.test("JsonThread.read() reads no more for who has left, and goes on with the next", async () => {
  const thread = new JsonThread();
  try {
    const endless = bytesOf(`{"a":[${"[],".repeat(10_000_000)}1]}`);
    const caller = new AbortController();
    const left = (reading: Promise<unknown>) => rejects(reading, { status: 499 });
    const current = left(thread.read(endless, caller.signal));
    const waits = left(thread.read(bytesOf("[1]"), caller.signal));
    const next = thread.read(bytesOf("[2]"));
    caller.abort();
    await Promise.all([current, waits, left(thread.read(bytesOf("[3]"), caller.signal))]);
    deepStrictEqual([await next, await thread.read(bytesOf("[4]"))], [[2], [4]]);
  } finally {
    thread.close();
  }
});

Deno.test("JsonThread.read() refuses what makes its queue too long, and close() who waits in it, or comes later", async () => {
  const thread = new JsonThread();
  const size = 70 * 2 ** 20;
  const closed = { status: 503, message: /closed/ };
  const first = rejects(thread.read(bytesOf(" ".repeat(1_000))), closed);
  const second = rejects(thread.read(new Uint8Array(2 * size)), closed); // one may wait, however large
  await rejects(thread.read(new Uint8Array(size)), { status: 503, retryAfterMs: 1_000, message: /1 large ones of/ });
  thread.close();
  await rejects(thread.read(bytesOf("[1]")), closed); // it starts no other
  await Promise.all([first, second]);
});

Deno.test("fn.serve() gives each route of a router the same values, however large the request", async () => {
  class Own extends ModelServer {
    predict(): number[] {
      return [];
    }

    override predictTensors({ inputs: [x] }: TensorRequest): Tensor[] {
      return [Tensor.from("first", [(x!.data as Float32Array)[0]!], "FP32")];
    }

    opKind({ body }: { body: unknown }): unknown {
      return kind(body);
    }
  }
  const kind = (body: unknown) => {
    const [input] = (body as TensorRequest).inputs;
    return [input!.data.constructor.name, input!.values()[0]];
  };
  class Rows extends ModelServer {
    override preprocess(body: unknown): unknown {
      return { inputs: [Array.isArray((body as { inputs: unknown }).inputs)] };
    }

    predict({ inputs }: { inputs: unknown[] }): unknown[] {
      return inputs;
    }
  }
  const fn = serving("same");
  fn.setTopology("router", modelRouter()).addRoute("f", kind).addRoute("own", Own).addRoute("rows", Rows);
  await using server = await fn.serve({ port: 0, log });
  const ask = async (path: string, body: object) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${server.url}/v2/models/${path}`, {
      method: "POST",
      body: JSON.stringify(body),
      headers,
    });
    const { outputs, error, ...reply } = await response.json();
    return [response.status, error ?? outputs?.[0].data ?? reply];
  };
  for (
    const [datatype, value] of [["FP16", 1.5], ["FP32", 1.1], ["BOOL", true], ["INT64", 7], ["CUSTOM", 1], [
      "FP32",
      "text",
    ]] as const
  ) {
    for (const path of ["f/infer", "own/kind", "own/infer", "rows/infer"]) {
      const answers = await Promise.all(
        [3, COUNT].map((count) =>
          ask(path, { id: "i", inputs: [{ name: "x", datatype, shape: [count], data: Array(count).fill(value) }] })
        ),
      );
      deepStrictEqual(answers[1], answers[0], `${path} ${datatype}`);
    }
  }
  const data = Array(COUNT).fill(1.1);
  const inputs = [{ name: "x", datatype: "FP32", shape: [COUNT], data }];
  const [, reply] = await ask("own/infer", { inputs, operation: "kind" });
  deepStrictEqual(
    Object.values(reply),
    ["Float32Array", Math.fround(1.1)],
    "the body's operation goes before the path's",
  );
});

Deno.test("fn.serve() gives steps before a router tensors, however large", async () => {
  const fn = serving("steps");
  fn.setTopology("flow").to("kind", ({ inputs: [x] }: TensorRequest) => [x instanceof Tensor, x!.data.length])
    .respond();
  await using server = await fn.serve({ port: 0, log });
  const body = large({ data: Array(COUNT).fill(0.25) });
  const response = await fetch(server.url, { method: "POST", body, headers: { "content-type": "application/json" } });
  deepStrictEqual(await response.json(), [true, COUNT]);
});

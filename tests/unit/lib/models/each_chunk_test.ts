import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import {
  type Context,
  type InferRequest,
  ModelServer,
  serving,
  Tensor,
  type TensorReply,
  type TensorRequest,
} from "../../../../mod.ts";

let stopped = 0;

/** Streams the numbers below each row's, as rows. */
class Below extends ModelServer {
  async *predict({ inputs }: InferRequest) {
    try {
      for (let n = 0; n < Number(inputs[0]); n++) yield [n];
      if (Number(inputs[0]) === 13) throw new Error("thirteen breaks");
    } finally {
      stopped += 1;
    }
  }
}

/** The same with tensors. */
class BelowTensors extends ModelServer {
  predict(): never {
    throw new Error("it takes tensors");
  }

  override async *predictTensors({ inputs }: TensorRequest) {
    for (let n = 0; n < Number(inputs[0]!.data[0]); n++) {
      yield [Tensor.from("n", [n], "INT32"), Tensor.from("square", [n * n], "INT32")];
    }
  }
}

function started() {
  return serving("streams").addModel("rows", Below).addModel("tensors", BelowTensors).start();
}

const tensors = (n: number) => ({ inputs: [{ name: "x", datatype: "INT32", shape: [1], data: [n] }], id: "7" });

async function collected(chunks: AsyncIterable<unknown>): Promise<unknown[]> {
  const all = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

Deno.test("eachChunk() makes a reply of each chunk of a model's generator, in the dialect of the request", async () => {
  await using flow = await started();
  const rows = await collected(await flow.ask({ inputs: [2] }, { path: "/v2/models/rows/infer", id: "1" }));
  deepStrictEqual(rows.map((chunk) => ({ ...(chunk as object), timestamp: "" })), [
    { id: "1", model_name: "rows", outputs: [0], timestamp: "" },
    { id: "1", model_name: "rows", outputs: [1], timestamp: "" },
  ]);
  const asTensors = await collected(await flow.ask(tensors(2), { path: "/v2/models/rows/infer" })) as TensorReply[];
  deepStrictEqual(asTensors.map(({ id, outputs }) => [id, outputs[0]!.name, outputs[0]!.values()]), [
    ["7", "output", [0]],
    ["7", "output", [1]],
  ]);
});

Deno.test("eachChunk() keeps of each chunk what was asked for", async () => {
  await using flow = await started();
  const body = { ...tensors(3), outputs: [{ name: "square" }] };
  const chunks = await collected(await flow.ask(body, { path: "/v2/models/tensors/infer" })) as TensorReply[];
  deepStrictEqual(chunks.map(({ outputs }) => outputs.map((tensor) => [tensor.name, tensor.values()])), [
    [["square", [0]]],
    [["square", [1]]],
    [["square", [4]]],
  ]);
});

Deno.test("eachChunk() tells what fails behind the first chunk, and stops the generator when the reader leaves", async () => {
  await using flow = await started();
  stopped = 0;
  await rejects(collected(await flow.ask({ inputs: [13] }, { path: "/v2/models/rows/infer" })), /thirteen breaks/);
  strictEqual(stopped, 1);
  for await (
    const _chunk of await flow.ask<AsyncIterable<unknown>>({ inputs: [1e9] }, { path: "/v2/models/rows/infer" })
  ) {
    break;
  }
  await flow.close();
  strictEqual(stopped, 2);
});

Deno.test("a model that streams stays until its last chunk, also where it is taken away meanwhile", async () => {
  await using flow = await started();
  const [model] = flow.models();
  const chunks: AsyncIterator<unknown> = await flow.ask({ inputs: [3] }, { path: "/v2/models/rows/infer" });
  await chunks.next();
  let isUnloaded = false;
  const unloaded = model!.unload!().then(() => isUnloaded = true);
  await chunks.next();
  strictEqual(isUnloaded, false);
  await chunks.next();
  strictEqual((await chunks.next()).done, true);
  await unloaded;
});

Deno.test("a model whose predict yields answers over a socket piece by piece, in both dialects, and is stopped by a reader that leaves", async () => {
  const stopped = Promise.withResolvers<string>();
  class Counts extends ModelServer {
    async *predict({ inputs }: InferRequest, { signal }: Context): AsyncGenerator<number[], void, undefined> {
      try {
        for (let n = 1; n <= 2; n++) yield await Promise.resolve(inputs.map((row) => Number(row) * n));
        if (inputs[0] === 0) {
          await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        }
      } finally {
        if (inputs[0] === 0) stopped.resolve("stopped");
      }
    }
  }
  const fn = serving("counts").addModel("counts", Counts).setTracking("dummy://");
  await using server = await fn.serve({ port: 0, log: { debug() {}, info() {}, warn() {}, error() {} } });
  const url = `http://127.0.0.1:${server.port}/v2/models/counts/infer`;
  const ask = (body: object, accept = "*/*") =>
    fetch(url, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json", accept } });
  const rows = (await (await ask({ inputs: [3] })).text()).trim().split("\n").map((line) => JSON.parse(line));
  deepStrictEqual(rows.map(({ model_name, outputs }) => [model_name, outputs]), [["counts", [3]], ["counts", [6]]]);
  const inputs = [{ name: "x", shape: [1], datatype: "INT32", data: [5] }];
  const events = (await (await ask({ id: "t", inputs }, "text/event-stream")).text()).split("\n\n").filter(Boolean);
  deepStrictEqual(
    events.map((event) => JSON.parse(event.slice("data: ".length))).map(({ id, outputs }) => [id, outputs[0].data]),
    [["t", [5]], ["t", [10]]],
  );
  const response = await ask({ inputs: [0] });
  const reader = response.body!.getReader();
  await reader.read();
  await reader.cancel();
  strictEqual(await stopped.promise, "stopped");
});

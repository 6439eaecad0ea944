/** Requests of the open inference protocol on their way through graphs: what steps before and behind a model see and may change. */

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import {
  type InferRequest,
  modelRouter,
  ModelServer,
  serving,
  Tensor,
  TensorReply,
  type TensorRequest,
  validator,
} from "levada";
import { z } from "zod";

class Double extends ModelServer {
  predict({ inputs }: InferRequest): number[] {
    return (inputs as number[]).map((value) => value * 2);
  }

  override predictTensors({ inputs }: TensorRequest): Tensor[] {
    return inputs.map(({ name, shape, data }) =>
      new Tensor(name, { datatype: "FP32", shape, data: (data as Float32Array).map((value) => value * 2) })
    );
  }
}

const HEAD = JSON.stringify({
  id: "7",
  inputs: [{ name: "x", shape: [2], datatype: "FP32", parameters: { binary_data_size: 8 } }],
  parameters: { binary_data_output: true },
});
const PATH = "/v2/models/double/infer";

function binary(): Request {
  const head = new TextEncoder().encode(HEAD);
  const body = new Uint8Array([...head, ...new Uint8Array(new Float32Array([1, 2]).buffer)]);
  const headers = { "inference-header-content-length": `${head.length}` };
  return new Request(`http://x${PATH}`, { method: "POST", body, headers });
}

async function valuesOf(reply: Response): Promise<number[]> {
  const from = Number(reply.headers.get("inference-header-content-length"));
  return [...new Float32Array((await reply.arrayBuffer()).slice(from))];
}

const JSON_BODY = { id: "7", inputs: [{ name: "x", shape: [2], datatype: "FP32", data: [1, 2] }] };

Deno.test("a step before a model sees tensors, and may change them, also as its JSON would be, in lists", async () => {
  const seen: unknown[] = [];
  const fn = serving("before");
  fn.setTopology("flow")
    .to("scale", (body: TensorRequest) => {
      const input = body.inputs[0]!;
      seen.push(input.data.constructor.name);
      return { ...body, inputs: [{ ...input, data: (input.data as Float32Array).map((value) => value * 2) }] };
    })
    .to("scale again", (body) => {
      const input = body.inputs[0]!;
      return { ...body, inputs: [{ ...input, data: Array.from(input.data, (value) => value * 5) }] };
    })
    .to("models", modelRouter()).respond().addRoute("double", Double);
  await using server = await fn.toMockServer();
  deepStrictEqual(await valuesOf(await server.fetch(binary())), [20, 40]);
  deepStrictEqual((await server.test(PATH, JSON_BODY)).outputs[0].data, [20, 40]);
  deepStrictEqual(seen, ["Float32Array", "Float32Array"]);
});

Deno.test("a step behind a model gets a TensorReply, and may give another, in the form that was asked for", async () => {
  const fn = serving("behind");
  const router = fn.setTopology("flow").to("models", modelRouter<TensorRequest, TensorReply>());
  router.addRoute("double", Double);
  router.to("name", (reply: TensorReply) => reply.with({ outputs: reply.outputs.map((tensor) => tensor.named("y")) }))
    .respond();
  await using server = await fn.toMockServer();
  const reply = await server.fetch(binary());
  strictEqual(reply.headers.get("content-type"), "application/octet-stream");
  deepStrictEqual(await valuesOf(reply), [2, 4]);
  deepStrictEqual((await server.test(PATH, JSON_BODY)).outputs, [{
    name: "y",
    datatype: "FP32",
    shape: [2],
    data: [2, 4],
  }]);
});

Deno.test("branches get tensors of their own", async () => {
  const fn = serving("branches");
  const router = fn.setTopology("flow").to("models", modelRouter<TensorRequest, TensorReply>());
  router.addRoute("double", Double);
  router.to("spoil", (reply: TensorReply) => {
    (reply.outputs[0]!.data as Float32Array).fill(0);
    return reply;
  });
  router.to("answer", (reply: TensorReply) => reply).respond();
  await using server = await fn.toMockServer();
  deepStrictEqual(await valuesOf(await server.fetch(binary())), [2, 4]);
});

Deno.test("a flow without a router takes binary tensors too; what is no TensorReply is answered as ever", async () => {
  const fn = serving("plain");
  fn.setTopology("flow").to(
    "sum",
    ({ inputs }: TensorRequest) => (inputs[0]!.data as Float32Array).reduce((a, b) => a + b, 0),
  )
    .respond();
  await using server = await fn.toMockServer();
  strictEqual(await (await server.fetch(binary())).text(), "3");
});

Deno.test("a streaming step may give replies with tensors, as lines of JSON", async () => {
  const fn = serving("stream");
  fn.setTopology("flow").to("each", function* each({ inputs }: TensorRequest) {
    for (const value of inputs[0]!.data as Float32Array) {
      yield new TensorReply({ model_name: "m", id: "1", outputs: [Tensor.from("y", [BigInt(value) + 2n ** 53n])] });
    }
  }).respond();
  await using server = await fn.toMockServer();
  const lines = (await (await server.fetch(binary())).text()).trim().split("\n");
  deepStrictEqual(lines.map((line) => /"data":(\[.*?\])/.exec(line)![1]), ["[9007199254740993]", "[9007199254740994]"]);
});

const WIRE_TENSOR = z.object({ name: z.string(), shape: z.array(z.int()), data: z.array(z.number()) });
const INTEGERS = { inputs: [{ name: "x", shape: [2], datatype: "INT64", data: [1, 2] }] };

Deno.test("a graph's schema reads tensors as the wire has them, and the steps get tensors", async () => {
  for (
    const input of [z.object({ inputs: z.array(WIRE_TENSOR) }), z.object({ inputs: z.array(z.instanceof(Tensor)) })]
  ) {
    const fn = serving("checked");
    fn.setTopology("flow", { input: input as z.ZodType<TensorRequest> })
      .to("sum", ({ inputs: [x] }) => [x instanceof Tensor, x!.data instanceof BigInt64Array, x!.datatype]).respond();
    await using server = await fn.toMockServer();
    deepStrictEqual(await server.test("/", INTEGERS), [true, true, "INT64"]);
    const wrong = { inputs: [{ name: "x", shape: [1], datatype: "BYTES", data: ["a"] }] };
    if (input.shape.inputs.element instanceof z.ZodObject) {
      await rejects(
        server.test("/", wrong),
        /422.*inputs\.0\.data\.0: Invalid input: expected number, received string/,
      );
    }
  }
});

Deno.test("a graph's output reads tensors and typed arrays as the wire has them, and they are answered as without it", async () => {
  const Wire = z.object({ name: z.string(), shape: z.array(z.int()), data: z.array(z.number()) });
  const floats = { inputs: [{ name: "x", shape: [1, 2], datatype: "FP32", data: [0.5, 1] }] };
  const answers: [output: z.ZodType, answer: (body: TensorRequest) => unknown, expected: unknown][] = [
    [z.object({ outputs: z.array(Wire) }), ({ inputs }) => ({ outputs: inputs, more: 1 }), {
      outputs: [{ name: "x", datatype: "FP32", shape: [1, 2], data: [0.5, 1] }],
    }],
    [z.object({ outputs: z.array(Wire) }), () => ({ outputs: [Tensor.from("y", [1, 2])] }), {
      outputs: [{ name: "y", datatype: "INT64", shape: [2], data: [1, 2] }],
    }],
    [z.object({ outputs: z.array(Wire) }), ({ inputs }) => ({ outputs: inputs.map((x) => ({ ...x })) }), {
      outputs: [{ name: "x", shape: [1, 2], data: [0.5, 1] }],
    }],
    [z.object({ vector: z.array(z.number()) }), () => ({ vector: new BigInt64Array([1n, -1n]) }), { vector: [1, -1] }],
    [z.array(z.array(z.number())), () => [new Float32Array([0.5]), [1]], [[0.5], [1]]],
    [z.object({ own: z.instanceof(Float64Array) }), () => ({ own: new Float64Array([2]) }), { own: [2] }],
    [z.array(z.instanceof(Tensor)), ({ inputs }) => inputs, [{ ...floats.inputs[0], data: [0.5, 1] }]],
  ];
  for (const [output, answer, expected] of answers) {
    const fn = serving("answers");
    fn.setTopology("flow", { input: z.unknown() as unknown as z.ZodType<TensorRequest>, output })
      .to("answer", answer as (body: TensorRequest) => never).respond();
    await using server = await fn.toMockServer();
    deepStrictEqual(await server.test("/", floats), expected);
  }
});

Deno.test("a validator's schema reads tensors as the wire has them, and they go on as they are", async () => {
  const number = { type: "number", maximum: 9 };
  const items = { type: "object", properties: { data: { type: "array", items: number } }, required: ["name", "data"] };
  const fn = serving("checked");
  fn.setTopology("flow").to("check", validator<TensorRequest>({ inputs: { schema: { type: "array", items } } }))
    .to("kind", ({ inputs: [x] }) => x!.data.constructor.name).respond();
  await using server = await fn.toMockServer();
  deepStrictEqual(await server.test("/", INTEGERS), "BigInt64Array");
  await rejects(server.test("/", { inputs: [{ ...INTEGERS.inputs[0], data: [1, 10] }] }), /422.*0: data: 1: Too big/);
});

Deno.test("paths of an API read the values of tensors as the wire has them", async () => {
  const fn = serving("named");
  const given = { first: "$.inputs[0].data[0]", all: "$.inputs[0].data", names: "$.inputs[*].name" };
  fn.setApi({ endpoints: [{ path: "/x", input: given }] });
  fn.setTopology("flow").to("tell", (_: TensorRequest, { given }) => given).respond();
  await using server = await fn.toMockServer();
  deepStrictEqual(await server.test("/x", INTEGERS), { first: 1, all: [1, 2], names: ["x"] });
});

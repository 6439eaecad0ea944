import { deepStrictEqual, ok } from "node:assert/strict";
import { OnnxModel, openOnnx, serving, Tensor, type TensorReply } from "levada";
import { loadRuntime } from "../../lib/models/onnx/onnx_runtime.ts";
import { join, writeField, writeNumber } from "../../lib/models/onnx/onnx_wire.ts";

const IRIS = new URL("../../notebooks/models/iris_forest.onnx", import.meta.url).pathname;
const ROW = [6.9, 3.2, 5.7, 2.3];
const WIDTHS = [1024, 2048, 2048, 10];
const ROWS = 64;

/** A multilayer perceptron of 25 MB, with weights that a formula gives. */
function perceptron(): Uint8Array {
  const layers = WIDTHS.slice(1).map((width, layer) => ({ layer, from: WIDTHS[layer]!, to: width }));
  const nodes = layers.flatMap(({ layer }) => {
    const gemm = node("Gemm", [layer === 0 ? "x" : `r${layer - 1}`, `w${layer}`], layer === 2 ? "y" : `g${layer}`);
    return layer === 2 ? [gemm] : [gemm, node("Relu", [`g${layer}`], `r${layer}`)];
  });
  const weights = layers.map(({ layer, from, to }) => {
    const values = Float32Array.from({ length: from * to }, (_, index) => Math.sin(index * (layer + 1)) / 32);
    const sizes = [writeNumber(1, from), writeNumber(1, to)];
    return writeField(5, [
      ...sizes,
      writeNumber(2, 1),
      writeField(8, `w${layer}`),
      writeField(9, new Uint8Array(values.buffer)),
    ]);
  });
  const graph = writeField(7, [
    ...nodes,
    writeField(2, "mlp"),
    ...weights,
    value(11, "x", WIDTHS[0]!),
    value(12, "y", 10),
  ]);
  return join([writeNumber(1, 8), writeField(8, [writeField(1, ""), writeNumber(2, 15)]), graph]);
}

function node(operator: string, inputs: readonly string[], output: string): Uint8Array {
  return writeField(1, [...inputs.map((name) => writeField(1, name)), writeField(2, output), writeField(4, operator)]);
}

function value(field: number, name: string, width: number): Uint8Array {
  const shape = writeField(2, [writeField(1, []), writeField(1, [writeNumber(1, width)])]);
  return writeField(field, [writeField(1, name), writeField(2, [writeField(1, [writeNumber(1, 1), shape])])]);
}

const folder = await Deno.makeTempDir();
const MLP = `${folder}/mlp.onnx`;
await Deno.writeFile(MLP, perceptron());

const input = new Tensor("x", {
  datatype: "FP32",
  shape: [ROWS, 1024],
  data: Float32Array.from({ length: ROWS * 1024 }, (_, index) => Math.cos(index)),
});
const expected: Record<string, number[]> = {};

/** What a user would write instead. */
const runtime = await loadRuntime("native");
const bare = await runtime.InferenceSession.create(IRIS);
const feeds = { X: { type: "float32", dims: [1, 4], data: Float32Array.from(ROW), location: "cpu" } } as const;
deepStrictEqual((await bare.run(feeds, ["label"])).label!.data, new BigInt64Array([2n]));
Deno.bench("onnxruntime-node by hand", { group: "an iris row", baseline: true }, async () => {
  await bare.run(feeds, ["label"]);
});

for (const backend of ["native", "wasm"] as const) {
  const iris = await openOnnx(IRIS, { backend });
  const row = new Tensor("X", { datatype: "FP32", shape: [1, 4], data: Float32Array.from(ROW) });
  deepStrictEqual(await iris.labels([ROW]), [2]);
  deepStrictEqual((await iris.runTensors([row], ["label"]))[0]!.data, new BigInt64Array([2n]));
  const group = "an iris row";
  Deno.bench(`${backend}, a tensor`, { group }, async () => {
    await iris.runTensors([row], ["label"]);
  });
  Deno.bench(`${backend}, a list`, { group }, async () => {
    await iris.labels([ROW]);
  });
  const mlp = await openOnnx(MLP, { backend });
  expected[backend] = [...(await mlp.runTensors([input]))[0]!.data as Float32Array];
  const first = expected.native!;
  ok(expected[backend]!.every((given, index) => Math.abs(given - first[index]!) < 1e-4), backend);
  Deno.bench(backend, { group: `25 MB, ${ROWS} rows`, baseline: backend === "native" }, async () => {
    await mlp.runTensors([input]);
  });
}

const asks = Array.from({ length: ROWS }, (_, row) => ({
  inputs: [{
    name: "x",
    datatype: "FP32",
    shape: [1, 1024],
    data: (input.data as Float32Array).subarray(row * 1024, (row + 1) * 1024),
  }],
}));
const fn = serving("batched");
const router = fn.setTopology("router");
router.addRoute("alone", OnnxModel, { modelPath: MLP, backend: "native" });
router.addRoute("joined", OnnxModel, {
  modelPath: MLP,
  backend: "native",
  batching: { maxRows: ROWS, maxDelayMs: 5 },
});
const flow = await fn.start();
await Deno.remove(folder, { recursive: true });

for (const model of ["alone", "joined"]) {
  const run = () => Promise.all(asks.map((body) => flow.ask(body, { path: `/v2/models/${model}/infer` })));
  const given = (await run() as TensorReply[]).flatMap(({ outputs }) => [...outputs[0]!.data as Float32Array]);
  ok(given.every((one, index) => Math.abs(one - expected.native![index]!) < 1e-4), model);
  Deno.bench(model, { group: `25 MB, ${ROWS} requests at once`, baseline: model === "alone" }, async () => {
    await run();
  });
}

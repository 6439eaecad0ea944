import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { StatusError } from "../../../../lib/errors.ts";
import {
  decodeTensorRequest,
  isTensorRequest,
  type TensorRequestBody,
  withTensors,
} from "../../../../lib/protocol/tensor_request.ts";
import { Tensor } from "../../../../lib/tensor/tensor.ts";

function decode(inputs: unknown, rest: object = {}) {
  return decodeTensorRequest({ inputs, ...rest } as TensorRequestBody);
}

function refused(inputs: unknown, message: RegExp, rest: object = {}) {
  throws(() => decode(inputs, rest), (error) => {
    strictEqual(error instanceof StatusError && error.status, 400, String(error));
    strictEqual(message.test((error as Error).message), true, (error as Error).message);
    return true;
  });
}

const X = { name: "x", shape: [2, 2], datatype: "FP32", data: [1, 2, 3, 4] };

Deno.test("isTensorRequest() tells the open protocol from MLRun's dialect", () => {
  for (const body of [{ inputs: [X] }, { inputs: [{ name: 1, shape: 2, datatype: 3 }] }]) {
    strictEqual(isTensorRequest(body), true);
  }
  for (
    const body of [null, 5, "x", [], {}, { inputs: [] }, { inputs: [[1]] }, { inputs: [{ name: "x", shape: [1] }] }, {
      inputs: "x",
    }]
  ) {
    strictEqual(isTensorRequest(body), false);
  }
});

Deno.test("decodeTensorRequest() takes data flat and nested", () => {
  for (const data of [[1, 2, 3, 4], [[1, 2], [3, 4]], new Float32Array([1, 2, 3, 4])]) {
    deepStrictEqual(decode([{ ...X, data }]).inputs[0]!.data, new Float32Array([1, 2, 3, 4]));
  }
  deepStrictEqual(decode([{ name: "x", shape: [], datatype: "INT64", data: [5] }]).inputs[0]!.nested(), 5);
  deepStrictEqual(decode([{ name: "x", shape: [], datatype: "BYTES", data: "a" }]).inputs[0]!.nested(), "a");
});

Deno.test("decodeTensorRequest() keeps id, parameters and requested outputs", () => {
  const { id, parameters, inputs, outputs } = decode([{ ...X, parameters: { a: 1 } }], {
    id: "7",
    parameters: { b: true },
    outputs: [{ name: "y", parameters: { binary_data: true } }, { name: "z" }],
  });
  deepStrictEqual([id, parameters, inputs[0]!.parameters], ["7", { b: true }, { a: 1 }]);
  deepStrictEqual(outputs, [{ name: "y", parameters: { binary_data: true } }, { name: "z" }]);
  deepStrictEqual(Object.keys(decode([X])), ["inputs"]);
});

Deno.test("decodeTensorRequest() takes a typed array as it is, without a copy", () => {
  const data = new Float32Array(4);
  strictEqual(decode([{ ...X, data }]).inputs[0]!.data, data);
});

Deno.test("decodeTensorRequest() reads null in floating tensors as NaN, and nowhere else", () => {
  deepStrictEqual(decode([{ ...X, data: [1, null, 3, 4] }]).inputs[0]!.data, new Float32Array([1, NaN, 3, 4]));
  refused([{ ...X, datatype: "INT32", data: [1, null, 3, 4] }], /Cannot read x\[1\] as INT32: it is null/);
});

Deno.test("decodeTensorRequest() refuses data that does not fit, naming the tensor", () => {
  refused([{ ...X, data: [1, 2, 3] }], /"x" as shape \[2,2\], which needs 4 values: its data has 3/);
  refused([{ ...X, data: [[1, 2], [3]] }], /"x" as shape \[2,2\]: x\[1\] has 1/);
  refused([{ ...X, data: [[1, 2], [3, [4]]] }], /x\[1\]\[1\] is a list/);
  refused([{ ...X, data: [[1, 2], [3, "4"]] }], /Cannot read x\[1\]\[1\] as FP32: it is the text "4"/);
  refused([{ ...X, data: [[1, 2, 3, 4]] }], /x has 1/);
  refused([{ ...X, data: new Float64Array(4) }], /"x" as FP32/);
  refused([{ ...X, data: new Float32Array(3) }], /its data has 3/);
  refused([{ ...X, data: "abcd" }], /"x" as FP32: its data is no list/);
  refused([{ ...X, data: undefined }], /input "x" has no data/);
  refused([X, X], /two inputs with the name "x"/);
});

Deno.test("decodeTensorRequest() refuses shapes that lie, before it makes anything of their size", () => {
  refused([{ ...X, shape: [1e9, 1e6] }], /its data has 4/);
  refused([{ ...X, shape: [1, 1e12], data: [[1]] }], /x\[0\] has 1/);
  refused([{ ...X, shape: [2 ** 40, 2 ** 40] }], /more values than can be counted/);
  refused([{ ...X, shape: [1e12, 0], data: [] }], /it is empty/);
  refused([{ ...X, shape: [-2, -2] }], /the size -2/);
  refused([{ ...X, shape: { length: 1 } }], /its shape is no list/);
});

Deno.test("decodeTensorRequest() refuses fields of other kinds", () => {
  refused([X, null], /inputs\[1\] is no object/);
  refused([{ ...X, name: 5 }], /inputs\[0\] has no name/);
  refused([{ ...X, datatype: "FLOAT" }], /input "x" has the datatype "FLOAT", which is none/);
  refused([{ ...X, datatype: "toString" }], /"toString", which is none/);
  refused([{ ...X, datatype: 5 }], /datatype of type number/);
  refused([{ ...X, parameters: [] }], /"parameters" of input "x" is no object/);
  refused([X], /its "id" is no text/, { id: 5 });
  refused([X], /"parameters" of the request is no object/, { parameters: "x" });
  refused([X], /its "outputs" is no list/, { outputs: {} });
  refused([X], /outputs\[0\] has no name/, { outputs: [{}] });
  refused([X], /it asks for output "y" twice/, { outputs: [{ name: "y" }, { name: "y" }] });
  refused([X], /it asks output "y" for classification/, {
    outputs: [{ name: "y", parameters: { classification: 2 } }],
  });
  refused([X], /for shared_memory_region/, { outputs: [{ name: "y", parameters: { shared_memory_region: "r" } }] });
  refused([X], /"parameters" of the requested output "y" is no object/, { outputs: [{ name: "y", parameters: 1 }] });
});

Deno.test("decodeTensorRequest() takes time by length only, however many inputs and outputs there are", () => {
  const many = Array.from({ length: 200_000 }, (_, n) => ({ name: `x${n}`, shape: [1], datatype: "INT8", data: [1] }));
  const start = performance.now();
  strictEqual(decode(many, { outputs: many.map(({ name }) => ({ name })) }).inputs.length, many.length);
  strictEqual(performance.now() - start < 5_000, true);
});

Deno.test("withTensors() makes the inputs tensors, keeps all else, and leaves other bodies", () => {
  const [x, n] = [Tensor.from("x", [[1, 2], [3, 4]], "FP32"), Tensor.from("n", [1n])];
  const parameters = { priority: 1 };
  const body = withTensors({ id: 5, inputs: [X, { name: "n", shape: [1], datatype: "INT64", data: [1] }], parameters });
  deepStrictEqual(body, { id: 5, inputs: [x, n], parameters });
  for (const other of [null, "text", [1], { inputs: [[1]] }, { instances: [X] }]) {
    strictEqual(withTensors(other), other);
  }
});

Deno.test("decodeTensorRequest() takes tensors as they are, and reads anew what somebody changed in one", () => {
  const x = Tensor.from("x", [1, 2], "FP32");
  strictEqual(decode([x]).inputs[0], x);
  deepStrictEqual(decode([Object.assign(Tensor.from("x", [1], "FP32"), { data: [1, 2], shape: [2] })]).inputs, [x]);
  refused([Object.assign(Tensor.from("x", [1], "FP32"), { data: new Float32Array(3) })], /its data has 3/);
  refused([Object.assign(Tensor.from("x", [1], "FP32"), { shape: "none" })], /its shape is no list/);
});

Deno.test("decodeTensorRequest() tells the head of a long name where it refuses, and keeps all of it where it reads", () => {
  const name = "eyJ-".repeat(5_000);
  strictEqual(decode([{ ...X, name }]).inputs[0]!.name, name);
  const head = new RegExp(`^[^"]*"${name.slice(0, 100)}…"[^"]{0,80}$`);
  refused([{ ...X, name, datatype: 1 }], head);
  refused([{ ...X, name, shape: [9] }], head);
  refused([{ ...X, name }, { ...X, name }], head);
  refused([X], head, { outputs: [{ name }, { name }] });
});

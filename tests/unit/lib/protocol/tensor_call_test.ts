import { deepStrictEqual, throws } from "node:assert/strict";
import { decodeBinaryRequest } from "../../../../lib/protocol/binary_request.ts";
import { encodeTensorReply } from "../../../../lib/protocol/encode_tensor_reply.ts";
import { decodeTensorAnswer, encodeJsonCall, encodeTensorCall } from "../../../../lib/protocol/tensor_call.ts";
import { parseJson } from "../../../../lib/protocol/parse_json.ts";
import { TensorReply } from "../../../../lib/tensor/tensor_reply.ts";
import { decodeTensorRequest, type TensorRequestBody } from "../../../../lib/protocol/tensor_request.ts";
import { Tensor } from "../../../../lib/tensor/tensor.ts";

const TENSORS = [
  Tensor.from("x", [[1, 2], [3, 4]], "FP32"),
  Tensor.from("n", [2n ** 62n + 1n, -1n], "INT64"),
  Tensor.from("text", ["a", "ü", ""], "BYTES"),
  Tensor.from("flag", [true, false]),
  Tensor.from("empty", [], "FP64"),
];

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

Deno.test("encodeTensorCall() writes what a server reads", () => {
  const { body, headerLength } = encodeTensorCall({ id: "7", inputs: TENSORS, outputs: [{ name: "y" }] });
  const read = decodeTensorRequest(
    decodeBinaryRequest(body, { headerLength: String(headerLength), inputs: () => [] }) as TensorRequestBody,
  );
  deepStrictEqual(read.inputs.map(({ name, data }) => [name, data]), TENSORS.map(({ name, data }) => [name, data]));
  deepStrictEqual([read.id, read.parameters, read.outputs], ["7", { binary_data_output: true }, [
    { name: "y", parameters: { binary_data: true } },
  ]]);
});

for (const isBinary of [true, false]) {
  Deno.test(`decodeTensorAnswer() reads what a server writes, as ${isBinary ? "bytes" : "JSON"}`, () => {
    const outputs = TENSORS;
    const reply = new TensorReply({ model_name: "m", model_version: "2", id: "7", outputs });
    const { body, headerLength } = encodeTensorReply(reply, { isBinary, outputs: new Map() });
    const bytes = typeof body === "string" ? bytesOf(body) : body;
    const read = decodeTensorAnswer(bytes, headerLength === undefined ? null : String(headerLength));
    deepStrictEqual(read.outputs.map(({ name, data }) => [name, data]), outputs.map(({ name, data }) => [name, data]));
    deepStrictEqual([read.model_name, read.model_version, read.id], ["m", "2", "7"]);
  });
}

const BROKEN: readonly (readonly [what: string, bytes: string, headerLength: string | null])[] = [
  ["no JSON", "<html>", null],
  ["nothing", "", null],
  ["another JSON", "[1]", null],
  ["no outputs", "{}", null],
  ["a header length beyond its end", "{}", "9"],
  ["a header length that is none", "{}", "x"],
  [
    "a size beyond its end",
    '{"outputs":[{"name":"y","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":4}}]}',
    null,
  ],
  [
    "a negative size",
    '{"outputs":[{"name":"y","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":-4}}]}',
    null,
  ],
  ["a lying shape", '{"outputs":[{"name":"y","datatype":"FP32","shape":[3],"data":[1]}]}', null],
  ["a datatype that is none", '{"outputs":[{"name":"y","datatype":"FP33","shape":[1],"data":[1]}]}', null],
  ["an output that is none", '{"outputs":[7]}', null],
];

for (const [what, text, headerLength] of BROKEN) {
  Deno.test(`decodeTensorAnswer() refuses ${what}`, () => {
    throws(() => decodeTensorAnswer(bytesOf(text), headerLength), /Cannot read the answer of the model's server: /);
  });
}

Deno.test("decodeTensorAnswer() refuses bytes that belong to no output", () => {
  throws(() => decodeTensorAnswer(bytesOf('{"outputs":[]}xx'), "14"), /2 bytes belong to no output/);
});

Deno.test("encodeJsonCall() writes what a server reads", () => {
  const text = new TextDecoder().decode(encodeJsonCall({ id: "7", inputs: TENSORS }));
  const read = decodeTensorRequest(parseJson(text) as TensorRequestBody);
  deepStrictEqual([read.id, read.inputs], ["7", TENSORS]);
});

Deno.test("encodeJsonCall() says that the other server cannot be sent a value, not what a caller could ask for", () => {
  throws(() => encodeJsonCall({ inputs: [Tensor.from("x", [1, Infinity], "FP32")] }), {
    status: 400,
    message: 'Cannot send input "x" to a server that takes JSON only: its value 1 is Infinity',
  });
});

Deno.test("decodeTensorAnswer() reads Python's NaN, and no answer that pretends to be more", () => {
  const read = decodeTensorAnswer(
    bytesOf('{"outputs":[{"name":"y","datatype":"FP32","shape":[2],"data":[NaN,1]}]}'),
    null,
  );
  deepStrictEqual(read.outputs[0]!.data, new Float32Array([NaN, 1]));
  throws(() => decodeTensorAnswer(bytesOf('{"outputs":[]}},{"x":{"y":1}'), null), /Cannot read the answer/);
});

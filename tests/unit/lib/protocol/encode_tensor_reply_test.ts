import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { encodeTensorReply, tensorForm } from "../../../../lib/protocol/encode_tensor_reply.ts";
import { TensorReply } from "../../../../lib/tensor/tensor_reply.ts";
import type { TensorRequestBody } from "../../../../lib/protocol/tensor_request.ts";
import { Tensor } from "../../../../lib/tensor/tensor.ts";

function form(fields: object) {
  return tensorForm({ inputs: [{}], ...fields } as TensorRequestBody);
}

function reply(...outputs: Tensor[]): TensorReply {
  return new TensorReply({ model_name: "m", id: "1", outputs });
}

Deno.test("tensorForm() reads what a request asks for, and takes no other kinds for a wish", () => {
  deepStrictEqual(form({}), { isBinary: false, outputs: new Map() });
  deepStrictEqual(form({ parameters: { binary_data_output: true } }), { isBinary: true, outputs: new Map() });
  const outputs = [
    { name: "a", parameters: { binary_data: true } },
    { name: "b", parameters: { binary_data: false } },
    { name: "c" },
    { name: "d", parameters: { binary_data: 1 } },
    5,
    { name: 7, parameters: { binary_data: true } },
  ];
  deepStrictEqual(form({ outputs }), { isBinary: false, outputs: new Map([["a", true], ["b", false]]) });
  deepStrictEqual(form({ outputs: "x", parameters: [] }), { isBinary: false, outputs: new Map() });
});

Deno.test("encodeTensorReply() writes JSON that is exact: 64 bits, halves, NaN as null", () => {
  const { body, headerLength } = encodeTensorReply(reply(
    Tensor.from("i", [2n ** 63n - 1n, -1], "INT64"),
    Tensor.from("h", [0.5, NaN], "FP16"),
    Tensor.from("b", [true], "BOOL"),
    Tensor.from("t", ["ü\n"]),
  ));
  strictEqual(headerLength, undefined);
  strictEqual(
    body,
    '{"model_name":"m","id":"1","outputs":[' +
      '{"name":"i","datatype":"INT64","shape":[2],"data":[9223372036854775807,-1]},' +
      '{"name":"h","datatype":"FP16","shape":[2],"data":[0.5,null]},' +
      '{"name":"b","datatype":"BOOL","shape":[1],"data":[true]},' +
      '{"name":"t","datatype":"BYTES","shape":[1],"data":["ü\\n"]}]}',
  );
});

Deno.test("encodeTensorReply() writes bytes behind the JSON for the outputs that were asked for so", () => {
  const outputs = new Map([["b", false]]);
  const { body, headerLength } = encodeTensorReply(
    reply(Tensor.from("a", [1, Infinity], "FP32"), Tensor.from("b", [7], "INT8"), Tensor.from("c", ["hi"])),
    { isBinary: true, outputs },
  );
  const bytes = body as Uint8Array;
  deepStrictEqual(JSON.parse(new TextDecoder().decode(bytes.subarray(0, headerLength))), {
    model_name: "m",
    id: "1",
    outputs: [
      { name: "a", datatype: "FP32", shape: [2], parameters: { binary_data_size: 8 } },
      { name: "b", datatype: "INT8", shape: [1], data: [7] },
      { name: "c", datatype: "BYTES", shape: [1], parameters: { binary_data_size: 6 } },
    ],
  });
  deepStrictEqual(bytes.slice(headerLength), new Uint8Array([0, 0, 128, 63, 0, 0, 128, 127, 2, 0, 0, 0, 0x68, 0x69]));
});

Deno.test("encodeTensorReply() keeps parameters, with every digit of their integers", () => {
  const parameters = { big: 2n ** 63n, text: "a" };
  const tensor = new Tensor("y", { datatype: "INT8", shape: [1], data: new Int8Array([1]), parameters });
  const told = new TensorReply({ model_name: "m", id: "1", parameters, outputs: [tensor] });
  const text = '"parameters":{"big":9223372036854775808,"text":"a"';
  strictEqual((encodeTensorReply(told).body as string).split(text).length, 3);
  const { body } = encodeTensorReply(told, { isBinary: true, outputs: new Map() });
  strictEqual(new TextDecoder().decode(body as Uint8Array).split(text).length, 3);
});

Deno.test("encodeTensorReply() refuses what JSON cannot hold, and says how it can be had", () => {
  throws(() => encodeTensorReply(reply(Tensor.from("y", [1, -Infinity]))), {
    status: 406,
    message: 'Cannot write output "y" as JSON: its value 1 is -Infinity. Ask for it as binary data',
  });
  throws(
    () => encodeTensorReply(reply(Tensor.from("y", [new Uint8Array([255])]))),
    /value 0 is bytes that are no text/,
  );
});

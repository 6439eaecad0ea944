/** Requests and replies of the open inference protocol: read from their bytes to tensors, and written; beside plain JSON by hand. */

import { deepStrictEqual } from "node:assert/strict";
import { decodeBinaryRequest } from "../../lib/protocol/binary_request.ts";
import { decodeBytes } from "../../lib/protocol/decode_bytes.ts";
import { encodeTensorReply } from "../../lib/protocol/encode_tensors.ts";
import { TensorReply } from "../../lib/protocol/tensor_reply.ts";
import { decodeTensorRequest, type TensorRequestBody } from "../../lib/protocol/tensor_request.ts";
import { type Datatype, encodeData, type TensorData } from "../../lib/tensor/datatype.ts";
import { encodeRaw } from "../../lib/tensor/raw_data.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";

const TEXT = new TextEncoder();
const BINARY = { isBinary: true, outputs: new Map() };

interface Case {
  readonly title: string;
  readonly datatype: Datatype;
  readonly values: readonly (number | bigint)[];
  readonly shape: readonly number[];
}

/** A value that looks like none of its neighbours, and has the digits that a measured one has. */
function measured(index: number): number {
  return Math.fround(Math.sin(index) * 1_000);
}

const CASES: readonly Case[] = [
  { title: "1 row of 4 FP32", datatype: "FP32", values: [5.5, 3.25, 1.5, 0.25], shape: [1, 4] },
  {
    title: "1 MB of FP32",
    datatype: "FP32",
    values: Array.from({ length: 262_144 }, (_, index) => measured(index)),
    shape: [512, 512],
  },
  {
    title: "1 MB of INT64 beyond 2^53",
    datatype: "INT64",
    values: Array.from({ length: 131_072 }, (_, index) => 2n ** 60n + BigInt(index)),
    shape: [131_072],
  },
];

function numbersText(values: readonly (number | bigint)[]): string {
  return `[${values.join(",")}]`;
}

function read(bytes: Uint8Array): TensorData {
  return decodeTensorRequest(decodeBytes(bytes, "application/json") as TensorRequestBody).inputs[0]!.data;
}

for (const { title, datatype, values, shape } of CASES) {
  const data = encodeData(datatype, values, String);
  const head = `{"inputs":[{"name":"x","datatype":"${datatype}","shape":${JSON.stringify(shape)}`;
  const flat = TEXT.encode(`${head},"data":${numbersText(values)}}]}`);
  const raw = encodeRaw(data);
  const start = TEXT.encode(`${head},"parameters":{"binary_data_size":${raw.length}}}]}`);
  const aligned = new Uint8Array([...start, ...new Uint8Array((8 - start.length % 8) % 8).fill(0x20)]);
  const together = new Uint8Array(aligned.length + raw.length);
  together.set(aligned);
  together.set(raw, aligned.length);
  const headerLength = String(aligned.length);
  const readers: Readonly<Record<string, () => ArrayLike<unknown>>> = {
    "JSON.parse and a typed array by hand": () => {
      const { inputs } = JSON.parse(new TextDecoder().decode(flat));
      return datatype === "FP32" ? new Float32Array(inputs[0].data) : BigInt64Array.from(inputs[0].data, BigInt);
    },
    "JSON": () => read(flat),
    "binary": () =>
      decodeTensorRequest(decodeBinaryRequest(together, { headerLength, inputs: () => [] }) as TensorRequestBody)
        .inputs[0]!.data,
  };
  for (const [name, run] of Object.entries(readers)) {
    const isByHand = name.startsWith("JSON.parse"); // which rounds what is beyond 2^53
    if (!(isByHand && datatype === "INT64")) deepStrictEqual(run(), data);
    Deno.bench(name, { group: `read ${title}`, baseline: isByHand }, () => void run());
  }
  const reply = new TensorReply({ model_name: "m", id: "1", outputs: [new Tensor("x", { datatype, shape, data })] });
  const writers: Readonly<Record<string, () => string | Uint8Array>> = {
    "JSON.stringify of a list by hand": () => {
      const outputs = [{ name: "x", datatype, shape, data: Array.from(data as Float32Array, Number) }];
      return JSON.stringify({ model_name: "m", id: "1", outputs });
    },
    "JSON": () => encodeTensorReply(reply).body,
    "binary": () => encodeTensorReply(reply, BINARY).body,
  };
  const text = `{"model_name":"m","id":"1","outputs":[${head.slice('{"inputs":['.length)},"data":${
    numbersText(values)
  }}]}`;
  deepStrictEqual(writers.JSON!(), text);
  for (const [name, run] of Object.entries(writers)) {
    Deno.bench(name, { group: `write ${title}`, baseline: name.startsWith("JSON.stringify") }, () => void run());
  }
}

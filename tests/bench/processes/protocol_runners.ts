import { decodeBinaryRequest } from "../../../lib/protocol/binary_request.ts";
import { decodeBytes } from "../../../lib/protocol/decode_bytes.ts";
import { encodeTensorReply } from "../../../lib/protocol/encode_tensor_reply.ts";
import { TensorReply } from "../../../lib/tensor/tensor_reply.ts";
import { decodeTensorRequest, type TensorRequestBody } from "../../../lib/protocol/tensor_request.ts";
import { type Datatype, encodeData, type TensorData } from "../../../lib/tensor/datatype.ts";
import { encodeRaw } from "../../../lib/tensor/raw_data.ts";
import { Tensor } from "../../../lib/tensor/tensor.ts";

const TEXT = new TextEncoder();
const BINARY = { isBinary: true, outputs: new Map() };

/** A tensor that is read and written. */
export interface Case {
  readonly title: string;
  readonly datatype: Datatype;
  readonly values: readonly (number | bigint)[];
  readonly shape: readonly number[];
}

/** A value that looks like none of its neighbours, and has the digits that a measured one has. */
function measured(index: number): number {
  return Math.fround(Math.sin(index) * 1_000);
}

export const CASES: readonly Case[] = [
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

/** Something to time, and what it must give. */
export interface Timed {
  readonly run: () => unknown;
  readonly result: unknown;
}

/** Reads a request's tensor from its bytes; the first is what a user would write. */
export function readersOf({ datatype, values, shape }: Case): Readonly<Record<string, Timed>> {
  const data = encodeData(datatype, values, String);
  const head = headOf({ datatype, shape });
  const flat = TEXT.encode(`{"inputs":[${head},"data":${numbersText(values)}}]}`);
  const raw = encodeRaw(data);
  const start = TEXT.encode(`{"inputs":[${head},"parameters":{"binary_data_size":${raw.length}}}]}`);
  const aligned = new Uint8Array([...start, ...new Uint8Array((8 - start.length % 8) % 8).fill(0x20)]);
  const together = new Uint8Array(aligned.length + raw.length);
  together.set(aligned);
  together.set(raw, aligned.length);
  const headerLength = String(aligned.length);
  return {
    "JSON.parse and a typed array by hand": {
      run: () => {
        const { inputs } = JSON.parse(new TextDecoder().decode(flat));
        return datatype === "FP32" ? new Float32Array(inputs[0].data) : BigInt64Array.from(inputs[0].data, BigInt);
      },
      result: datatype === "FP32" ? data : BigInt64Array.from(values, (value) => BigInt(Number(value))), // rounded
    },
    "JSON": { run: () => read(flat), result: data },
    "binary": {
      run: () => {
        const body = decodeBinaryRequest(together, { headerLength, inputs: () => [] });
        return decodeTensorRequest(body as TensorRequestBody).inputs[0]!.data;
      },
      result: data,
    },
  };
}

/** Writes a reply with the tensor; the first is what a user would write. */
export function writersOf({ datatype, values, shape }: Case): Readonly<Record<string, Timed>> {
  const data = encodeData(datatype, values, String);
  const head = headOf({ datatype, shape });
  const reply = new TensorReply({ model_name: "m", id: "1", outputs: [new Tensor("x", { datatype, shape, data })] });
  const before = '{"model_name":"m","id":"1","outputs":[';
  const raw = encodeRaw(data);
  const start = TEXT.encode(`${before}${head},"parameters":{"binary_data_size":${raw.length}}}]}`);
  const together = new Uint8Array(start.length + raw.length);
  together.set(start);
  together.set(raw, start.length);
  return {
    "JSON.stringify of a list by hand": {
      run: () => {
        const outputs = [{ name: "x", datatype, shape, data: Array.from(data as Float32Array, Number) }];
        return JSON.stringify({ model_name: "m", id: "1", outputs });
      },
      result: `${before}${head},"data":${numbersText(values.map(Number))}}]}`,
    },
    "JSON": {
      run: () => encodeTensorReply(reply).body,
      result: `${before}${head},"data":${numbersText(values)}}]}`,
    },
    "binary": { run: () => encodeTensorReply(reply, BINARY).body, result: together },
  };
}

function headOf({ datatype, shape }: Pick<Case, "datatype" | "shape">): string {
  return `{"name":"x","datatype":"${datatype}","shape":${JSON.stringify(shape)}`;
}

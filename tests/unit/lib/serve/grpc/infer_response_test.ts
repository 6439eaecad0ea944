import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { TensorReply } from "../../../../../lib/tensor/tensor_reply.ts";
import { encodeInferResponse, encodeStreamResponse } from "../../../../../lib/serve/grpc/infer_response.ts";
import { loadWire } from "../../../../../lib/serve/grpc/wire.ts";
import { Tensor } from "../../../../../lib/tensor/tensor.ts";

const WIRE = await loadWire();
const toHex = (pieces: readonly Uint8Array[]) => Buffer.concat(pieces).toString("hex");

const DATA = new Float32Array([0.5, -1]);
const REPLY = new TensorReply({
  model_name: "m",
  model_version: "2",
  id: "7",
  parameters: { triton_final_response: true },
  outputs: [new Tensor("y", { datatype: "FP32", shape: [1, 2], data: DATA, parameters: { k: "v" } })],
});
/** Written by Google's protobuf. */
const GOLDEN =
  "0a016d1201321a0137221b0a15747269746f6e5f66696e616c5f726573706f6e7365120208012a170a01791204465033321a02010222080a016b12031a017632080000003f000080bf";

Deno.test("encodeInferResponse() writes what Google's protobuf does, raw data without a copy", () => {
  const pieces = encodeInferResponse(REPLY, { isRaw: true, wire: WIRE });
  strictEqual(toHex(pieces), GOLDEN);
  strictEqual(pieces.at(-1)!.buffer, DATA.buffer);
  strictEqual(toHex(encodeStreamResponse({ response: pieces }, WIRE)), `1249${GOLDEN}`);
  strictEqual(toHex(encodeStreamResponse({ error: "no" }, WIRE)), "0a026e6f");
});

Deno.test("encodeInferResponse() writes typed contents, unless an output can only be raw: then all are", () => {
  const typed = toHex(encodeInferResponse(REPLY, { isRaw: false, wire: WIRE }));
  strictEqual(typed.endsWith("2a0a32080000003f000080bf"), true, typed);
  const half = new Tensor("h", { datatype: "FP16", shape: [1], data: new Uint16Array([0x3c00]) });
  const mixed = REPLY.with({ outputs: [...REPLY.outputs, half] });
  const pieces = encodeInferResponse(mixed, { isRaw: false, wire: WIRE });
  deepStrictEqual(pieces.length, 1 + 2 * mixed.outputs.length);
  strictEqual(toHex(pieces).endsWith("32080000003f000080bf3202003c"), true);
});

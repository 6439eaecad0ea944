import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { TensorReply } from "../../../../../lib/protocol/tensor_reply.ts";
import { encodeTensors } from "../../../../../lib/serve/reply/encode_tensors.ts";
import { Tensor } from "../../../../../lib/tensor/tensor.ts";

const REPLY = new TensorReply({ model_name: "m", id: "1", outputs: [Tensor.from("y", new Float32Array(500))] });
const BINARY = { isBinary: true, outputs: new Map() };

Deno.test("encodeTensors() tells where the bytes begin", async () => {
  const reply = encodeTensors(REPLY, { form: BINARY, accepts: () => "gzip, deflate, br" });
  strictEqual(reply.headers.get("content-type"), "application/octet-stream");
  strictEqual(reply.headers.get("content-encoding"), null);
  const length = Number(reply.headers.get("inference-header-content-length"));
  strictEqual((await reply.arrayBuffer()).byteLength, length + 2_000);
});

Deno.test("encodeTensors() packs the reply as a request asks that accepts nothing else", async () => {
  for (const accepts of ["gzip", "deflate"] as const) {
    for (const form of [undefined, BINARY]) {
      const reply = encodeTensors(REPLY, { form, accepts: () => accepts });
      strictEqual(reply.headers.get("content-encoding"), accepts);
      const unpacked = await new Response(reply.body!.pipeThrough(new DecompressionStream(accepts))).arrayBuffer();
      deepStrictEqual(
        new Uint8Array(unpacked),
        new Uint8Array(await encodeTensors(REPLY, { form, accepts: () => null }).arrayBuffer()),
      );
    }
  }
});

Deno.test("encodeTensors() does not pack what is small", () => {
  const small = REPLY.with({ outputs: [Tensor.from("y", [1])] });
  strictEqual(encodeTensors(small, { form: undefined, accepts: () => "gzip" }).headers.get("content-encoding"), null);
});

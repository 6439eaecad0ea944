import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { encodeTensorReply } from "../../../../../lib/protocol/encode_tensor_reply.ts";
import { TensorReply } from "../../../../../lib/tensor/tensor_reply.ts";
import { encodeTensors } from "../../../../../lib/serve/reply/encode_tensors.ts";
import { Tensor } from "../../../../../lib/tensor/tensor.ts";

const REPLY = new TensorReply({ model_name: "m", id: "1", outputs: [Tensor.from("y", new Float32Array(500))] });
const BINARY = { isBinary: true, outputs: new Map() };

Deno.test("encodeTensors() tells where the bytes begin", async () => {
  const reply = await encodeTensors(REPLY, { form: BINARY, accepts: () => "gzip, deflate, br" });
  strictEqual(reply.headers.get("content-type"), "application/octet-stream");
  strictEqual(reply.headers.get("content-encoding"), null);
  const length = Number(reply.headers.get("inference-header-content-length"));
  strictEqual((await reply.arrayBuffer()).byteLength, length + 2_000);
});

Deno.test("encodeTensors() packs the reply as a request asks that accepts nothing else", async () => {
  for (const accepts of ["gzip", "deflate"] as const) {
    for (const form of [undefined, BINARY]) {
      const reply = await encodeTensors(REPLY, { form, accepts: () => accepts });
      strictEqual(reply.headers.get("content-encoding"), accepts);
      const unpacked = await new Response(reply.body!.pipeThrough(new DecompressionStream(accepts))).arrayBuffer();
      deepStrictEqual(
        new Uint8Array(unpacked),
        new Uint8Array(await (await encodeTensors(REPLY, { form, accepts: () => null })).arrayBuffer()),
      );
    }
  }
});

Deno.test("encodeTensors() does not pack what is small", async () => {
  const small = REPLY.with({ outputs: [Tensor.from("y", [1])] });
  const reply = await encodeTensors(small, { form: undefined, accepts: () => "gzip" });
  strictEqual(reply.headers.get("content-encoding"), null);
});

Deno.test("encodeTensors() writes what is large in pieces, as what is small, in whatever form", async () => {
  const rows = Float32Array.from({ length: 60_000 }, (_, index) => index / 8);
  const large = REPLY.with({ outputs: [Tensor.from("y", rows), Tensor.from("n", [1n])] });
  const text = encodeTensorReply(large).body;
  for (const accepts of [null, "gzip"] as const) {
    const reply = await encodeTensors(large, { form: undefined, accepts: () => accepts });
    const { body, headers } = reply;
    strictEqual(headers.get("content-length"), accepts === null ? String(text.length) : null);
    const plain = accepts === null ? body! : body!.pipeThrough(new DecompressionStream(accepts));
    strictEqual(await new Response(plain).text(), text);
  }
  const binary = await encodeTensors(large, { form: BINARY, accepts: () => null });
  deepStrictEqual(new Uint8Array(await binary.arrayBuffer()), encodeTensorReply(large, BINARY).body);
});

Deno.test("encodeTensors() writes what a large reply held when it was given, and answers 406 where JSON cannot hold it", async () => {
  const scratch = new Float32Array(60_000).fill(1);
  const reply = encodeTensors(REPLY.with({ outputs: [Tensor.from("y", scratch)] }), {
    form: undefined,
    accepts: () => null,
  });
  scratch.fill(2);
  const { outputs: [{ data }] } = await (await reply).json();
  strictEqual(data.every((value: number) => value === 1), true);
  scratch[59_999] = Infinity;
  await rejects(
    Promise.resolve(
      encodeTensors(REPLY.with({ outputs: [Tensor.from("y", scratch)] }), { form: undefined, accepts: () => null }),
    ),
    { status: 406, message: /its value 59999 is Infinity/ },
  );
});

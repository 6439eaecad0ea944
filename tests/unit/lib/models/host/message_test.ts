import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { StatusError } from "../../../../../lib/errors.ts";
import { errorData, movable, packed, thrownAgain, unmoved, unpacked } from "../../../../../lib/models/host/message.ts";
import { TensorReply } from "../../../../../lib/tensor/tensor_reply.ts";
import { Tensor } from "../../../../../lib/tensor/tensor.ts";

async function sent(given: unknown): Promise<unknown> {
  const { answer, moved } = await packed(given);
  return unpacked(structuredClone(answer, { transfer: moved }));
}

Deno.test("packed() and unpacked() are inverse for data, responses and tensors, through a clone", async () => {
  const reply = new TensorReply({ model_name: "m", id: "1", outputs: [Tensor.from("y", [1.5, 2], "FP32")] });
  const again = await sent(reply);
  ok(again instanceof TensorReply && again.outputs[0] instanceof Tensor);
  deepStrictEqual(again, reply);
  const response = await sent(new Response("tea", { status: 418, headers: { "x-pot": "1" } })) as Response;
  deepStrictEqual([response.status, response.headers.get("x-pot"), await response.text()], [418, "1", "tea"]);
  deepStrictEqual(await sent({ n: [1n, null] }), { n: [1n, null] });
  const large = Tensor.from("x", new Float32Array(1_000).fill(2));
  const body = { id: "7", inputs: [large, Tensor.from("b", ["é"]), { ...large }], more: [1] };
  deepStrictEqual(await sent(body), body, "what was a tensor is one, and what was none is none");
  strictEqual(large.data.length, 1_000);
  await rejects(packed({ run: () => 1 }), {
    message: "it.run is a function, and only data can be sent from where it runs",
  });
});

Deno.test("movable() copies large tensors to be moved, whose own data stays, and leaves everything else as it is", () => {
  const [large, small] = [new Float32Array(1_000).fill(2), new Float32Array(2)];
  const body = { id: "7", inputs: [{ name: "x", data: large.subarray(10) }, { name: "y", data: small }, 5] };
  const { body: made, moved } = movable(body, "inputs");
  strictEqual(moved.length, 1);
  const sent = structuredClone(made, { transfer: moved });
  deepStrictEqual(unmoved(sent, "inputs"), {
    id: "7",
    inputs: [{ name: "x", data: large.subarray(10).slice() }, { name: "y", data: small }, 5],
  });
  deepStrictEqual([large.length, large[999]], [1_000, 2]);
  for (const other of [null, "text", { inputs: [[1, 2]] }, { inputs: "none" }]) {
    strictEqual(movable(other, "inputs").body, other);
  }
  const pretends = { inputs: [{ "~tensor": {}, name: "x", datatype: "BYTES", shape: [2], data: [1, {}] }] };
  strictEqual(unmoved(pretends, "inputs"), pretends, "no caller can send what makes a tensor");
});

Deno.test("errorData() and thrownAgain() keep name, message and status", () => {
  const status = thrownAgain(
    structuredClone(errorData(new StatusError(429, "slowly", { isTransient: true, retryAfterMs: 5 }))),
  );
  ok(status instanceof StatusError);
  deepStrictEqual([status.status, status.message, status.isTransient, status.retryAfterMs], [429, "slowly", true, 5]);
  const other = thrownAgain(structuredClone(errorData(new TypeError("odd"))));
  deepStrictEqual([other.name, other.message, other instanceof StatusError], ["TypeError", "odd", false]);
  strictEqual(thrownAgain(errorData("text")).message, "text");
});

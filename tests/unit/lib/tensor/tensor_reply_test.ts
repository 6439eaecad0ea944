import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { TensorReply } from "../../../../lib/tensor/tensor_reply.ts";
import { Tensor } from "../../../../lib/tensor/tensor.ts";

Deno.test("TensorReply.with() changes some fields and keeps the rest", () => {
  const reply = new TensorReply({ model_name: "m", model_version: "2", id: "7", outputs: [Tensor.from("y", [1])] });
  const other = reply.with({ id: "8" });
  deepStrictEqual([other.id, other.model_version, other.outputs], ["8", "2", reply.outputs]);
  strictEqual(reply.output("z"), undefined);
});

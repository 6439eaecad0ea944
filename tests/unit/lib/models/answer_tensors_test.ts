import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { outputsIn, replyOfRows, takesTensors, tensorReply } from "../../../../lib/models/answer_tensors.ts";
import { Tensor } from "../../../../lib/tensor/tensor.ts";
import { TensorReply } from "../../../../lib/tensor/tensor_reply.ts";

Deno.test("takesTensors() looks at the nearest class that says something", () => {
  class Base {
    validate() {}
    predict() {}
  }
  class Tensors extends Base {
    predictTensors() {}
  }
  class Quiet extends Tensors {
    load() {}
  }
  class Rows extends Tensors {
    override predict() {}
  }
  class Own extends Base {
    override predict = () => {};
  }
  deepStrictEqual([Base, Tensors, Quiet, Rows, Own].map((Class) => takesTensors(new Class())), [
    false,
    true,
    true,
    false,
    false,
  ]);
});

Deno.test("outputsIn() takes the outputs of a reply, else all of it", () => {
  const reply = new TensorReply({ model_name: "m", id: "1", outputs: [] });
  deepStrictEqual([outputsIn({ outputs: [1] }), outputsIn([2]), outputsIn({ y: 1 })], [[1], [2], { y: 1 }]);
  strictEqual(outputsIn(reply), reply);
});

Deno.test("replyOfRows() leaves a reply that a model made itself as it is", () => {
  const reply = new TensorReply({ model_name: "other", id: "1", outputs: [] });
  strictEqual(
    replyOfRows(reply, { inputs: [] }, { key: "m", name: "m", version: undefined, id: "2", declared: [] }),
    reply,
  );
});

Deno.test("tensorReply() gives what was asked for also of a reply that a model made itself", () => {
  const outputs = [Tensor.from("a", [1]), Tensor.from("b", [2])];
  const reply = new TensorReply({ model_name: "other", id: "1", outputs });
  const head = { key: "m", name: "m", version: undefined, id: "2" };
  const given = tensorReply(reply, { inputs: [], outputs: [{ name: "b" }] }, head) as TensorReply;
  deepStrictEqual([given.model_name, given.outputs], ["other", [outputs[1]]]);
});

import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { type ModelArgs, ModelServer } from "../../../../lib/models/model_server.ts";
import type { InferReply, InferRequest } from "../../../../lib/protocol/reply.ts";
import { TensorReply } from "../../../../lib/tensor/tensor_reply.ts";
import type { TensorRequest } from "../../../../lib/protocol/tensor_request.ts";
import { Tensor } from "../../../../lib/tensor/tensor.ts";
import { quietContext } from "../../../support/open_router.ts";

class Rows extends ModelServer {
  predict({ inputs, parameters = {} }: InferRequest): unknown {
    return "answer" in parameters ? parameters.answer : inputs;
  }
}

class Direct extends Rows {
  override predictTensors({ inputs }: TensorRequest): Tensor[] {
    return inputs.map((tensor) => tensor.named(`${tensor.name}_out`));
  }
}

async function opened<Model extends ModelServer<never>>(
  Class: new (args: ModelArgs, context: ReturnType<typeof quietContext>) => Model,
  step = "m",
): Promise<Model> {
  const model = new Class({}, quietContext(step));
  await model.open();
  return model;
}

function ask(model: ModelServer<never>, body: object, path = "/infer"): unknown {
  return model.doEvent(new FlowEvent(body, { id: "ev1", path }) as FlowEvent<never>, model.context);
}

const X = { name: "x", shape: [2, 2], datatype: "FP32", data: [1, 2, 3, 4] };

function plain(reply: unknown): unknown {
  strictEqual(reply instanceof TensorReply, true);
  return JSON.parse(JSON.stringify(reply));
}

Deno.test("askModel() gives a model without predictTensors rows, and makes tensors of what it answers", async () => {
  const model = await opened(Rows, "m:v2");
  deepStrictEqual(plain(ask(model, { id: "7", inputs: [X] })), {
    model_name: "m",
    model_version: "v2",
    id: "7",
    outputs: [{ name: "output", datatype: "INT64", shape: [2, 2], data: [1, 2, 3, 4] }],
  });
  const y = { name: "y", shape: [2], datatype: "BYTES", data: ["a", "b"] };
  const { id, outputs } = ask(model, { inputs: [X, y] }) as TensorReply;
  deepStrictEqual([id, outputs.map(({ name, shape }) => [name, shape])], ["ev1", [["x", [2, 2]], ["y", [2]]]]);
});

Deno.test("askModel() refuses an answer that is undefined, and leaves it to who has postprocess", async () => {
  class Late extends Rows {
    override predict(): undefined {}
    override postprocess(reply: InferReply): InferReply {
      return { ...reply, outputs: [1] };
    }
  }
  class Silent extends Rows {
    override predict(): undefined {}
  }
  const silent = await opened(Silent);
  throws(() => ask(silent, { inputs: [1] }), {
    name: "TypeError",
    message: 'Cannot answer for model "m": it gave undefined',
  });
  deepStrictEqual((ask(await opened(Late), { inputs: [1] }) as InferReply).outputs, [1]);
});

Deno.test("askModel() hands tensors to predictTensors as they are", async () => {
  const model = await opened(Direct);
  const data = new Float32Array([1, 2, 3, 4]);
  const reply = ask(model, { inputs: [{ ...X, data }] }) as TensorReply;
  deepStrictEqual(reply.outputs.map(({ name }) => name), ["x_out"]);
  strictEqual(reply.outputs[0]!.data, data);
});

Deno.test("askModel() goes through rows where a derived class changes what happens to them", async () => {
  class Doubled extends Direct {
    override predict(request: InferRequest): unknown {
      return (super.predict(request) as number[][]).map((row) => row.map((value) => value * 2));
    }
  }
  class Checked extends Direct {
    override validate(): InferRequest {
      return { inputs: [[0]] };
    }
  }
  class Prepared extends Direct {
    override preprocess(): InferRequest {
      return { inputs: [[9]] };
    }
  }
  for (const [Class, values] of [[Doubled, [2, 4, 6, 8]], [Checked, [0]], [Prepared, [9]]] as const) {
    const reply = ask(await opened(Class), { inputs: [X] }) as TensorReply;
    deepStrictEqual(reply.outputs.map((tensor) => tensor.values()), [values]);
  }
});

Deno.test("askModel() lets postprocess change the outputs", async () => {
  class Post extends Rows {
    override postprocess({ outputs, model_name }: InferReply): unknown {
      return { model_name, outputs: (outputs as number[][]).map((row) => row.length) };
    }
  }
  class Bare extends Rows {
    override postprocess(): unknown {
      return Promise.resolve(["a"]);
    }
  }
  deepStrictEqual((ask(await opened(Post), { inputs: [X] }) as TensorReply).outputs[0]!.values(), [2, 2]);
  deepStrictEqual((await ask(await opened(Bare), { inputs: [X] }) as TensorReply).outputs[0]!.values(), ["a"]);
});

Deno.test("askModel() names and types outputs as the model declares them", async () => {
  class Declares extends Rows {
    static readonly outputs = [{ name: "label", datatype: "BYTES", shape: [-1, 1] }, {
      name: "score",
      datatype: "FP32",
      shape: [-1],
    }];
    override predict({ inputs }: InferRequest): unknown {
      return inputs.map(() => ({ score: 1, label: "a" }));
    }
  }
  const reply = ask(await opened(Declares), { inputs: [X] }) as TensorReply;
  deepStrictEqual(reply.outputs.map(({ name, datatype, shape }) => [name, datatype, shape]), [
    ["label", "BYTES", [2, 1]],
    ["score", "FP32", [2]],
  ]);
});

Deno.test("askModel() gives the outputs that were asked for, in that order, and refuses others", async () => {
  const model = await opened(Direct);
  const inputs = [X, { ...X, name: "y" }];
  const reply = ask(model, { inputs, outputs: [{ name: "y_out" }, { name: "x_out" }] }) as TensorReply;
  deepStrictEqual(reply.outputs.map(({ name }) => name), ["y_out", "x_out"]);
  throws(() => ask(model, { inputs, outputs: [{ name: "z" }] }), {
    status: 400,
    message: 'Cannot give output "z" of model "m": its outputs are x_out, y_out',
  });
});

Deno.test("askModel() refuses tensors with different numbers of rows, and tells what cannot be a tensor", async () => {
  const model = await opened(Rows);
  const y = { name: "y", shape: [3], datatype: "INT8", data: [1, 2, 3] };
  throws(() => ask(model, { inputs: [X, y] }), { status: 400, message: /"x" and "y" as rows: there are 2 and 3/ });
  throws(() => ask(model, { inputs: [X], parameters: { answer: [1, "a"] } }), {
    name: "TypeError",
    message: /Cannot answer for model "m": Cannot make "output" a tensor: it has values of kind number and text/,
  });
  throws(() => ask(model, { inputs: [X], parameters: { answer: [[1], [2, 3]] } }), /as shape \[2,1\]/);
});

Deno.test("askModel() answers 503 for tensors and 408 in MLRun's dialect while a model is not ready", () => {
  const model = new Rows({}, quietContext("m"));
  throws(() => ask(model, { inputs: [X] }), { status: 503 });
  throws(() => ask(model, { inputs: [[1]] }), { status: 408 });
});

Deno.test("askModel() explains tensors by rows, in MLRun's form", async () => {
  class Explains extends Rows {
    override explain({ inputs }: InferRequest): unknown {
      return inputs.map(() => ({ because: [1, "x"] }));
    }
  }
  deepStrictEqual(ask(await opened(Explains), { inputs: [X] }, "/explain"), {
    id: "ev1",
    model_name: "m",
    outputs: [{ because: [1, "x"] }, { because: [1, "x"] }],
  });
});

Deno.test("askModel() waits for a model that answers later", async () => {
  class Later extends Rows {
    override predict(): unknown {
      return Promise.resolve([true]);
    }
  }
  class Failing extends Rows {
    override predictTensors(): Promise<Tensor[]> {
      return Promise.reject(new Error("no"));
    }
  }
  deepStrictEqual((await ask(await opened(Later), { inputs: [X] }) as TensorReply).outputs[0]!.datatype, "BOOL");
  await rejects(ask(await opened(Failing), { inputs: [X] }) as Promise<unknown>, /no/);
});

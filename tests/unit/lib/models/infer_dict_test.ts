import { deepStrictEqual, match } from "node:assert/strict";
import { serving } from "../../../../lib/functions/serving.ts";
import { ModelServer } from "../../../../lib/models/model_server.ts";
import { rowsInOrder } from "../../../../lib/models/infer_dict.ts";
import type { InferRequest } from "../../../../lib/protocol/reply.ts";

const AGES = { key: "m", operation: "infer_dict", inputs: [{ name: "age" }, { name: "vip" }] };

Deno.test("rowsInOrder() puts values where the model has them, also of one object, and keeps the rest of the body", () => {
  deepStrictEqual(rowsInOrder({ id: "r", inputs: [{ vip: 1, age: 2 }, { age: 3, vip: null }] }, AGES), {
    id: "r",
    inputs: [[2, 1], [3, null]],
  });
  deepStrictEqual(rowsInOrder({ inputs: { vip: 1, age: 2 } }, AGES), { inputs: [[2, 1]] });
  deepStrictEqual(rowsInOrder({ inputs: [] }, AGES), { inputs: [] });
});

Deno.test("rowsInOrder() goes by the features of the model's description where nobody declares inputs", () => {
  const spec = { inputs: [{ name: "vip", value_type: "int" }, 7, { name: "age", value_type: "float" }] };
  const body = { inputs: [{ vip: 1, age: 2 }] };
  deepStrictEqual(rowsInOrder(body, { ...AGES, inputs: [], spec }), { inputs: [[1, 2]] });
  deepStrictEqual(rowsInOrder(body, { ...AGES, spec }), { inputs: [[2, 1]] });
});

Deno.test("rowsInOrder() takes the list of a model's one input as the row", () => {
  const one = { ...AGES, inputs: [{ name: "X" }] };
  deepStrictEqual(rowsInOrder({ inputs: [{ X: [1, 2] }, { X: 3 }] }, one), { inputs: [[1, 2], [3]] });
});

Deno.test("ModelServer.answer() says 400 to rows by name that are none, and to a model whose inputs nobody declared", async () => {
  class Rows extends ModelServer {
    predict({ inputs }: InferRequest): unknown {
      return inputs;
    }
  }
  class Named extends Rows {
    static inputs = [{ name: "age", datatype: "FP32", shape: [-1] }, {
      name: "__proto__",
      datatype: "FP32",
      shape: [-1],
    }];
  }
  const fn = serving("dict").addModel("rows", Rows).addModel("named", Named);
  await using server = await fn.toMockServer();
  const ask = async (path: string, body: unknown) => {
    const response = await server.test(`/v2/models/${path}`, body, { silent: true });
    const answer = await response.json();
    return [response.status, answer.outputs ?? answer.error];
  };
  const proto = JSON.parse('{"__proto__": 7, "age": 1}');
  deepStrictEqual(await ask("named/infer_dict", { inputs: [proto] }), [200, [[1, 7]]]);
  deepStrictEqual(await ask("named/predict_dict", { inputs: proto }), [200, [[1, 7]]]);
  for (
    const [body, why] of [
      [{ inputs: [{ age: 1 }] }, /inputs\[0\] lacks __proto__/],
      [{ inputs: [proto, [1, 2]] }, /inputs\[1\] is no object with age, __proto__/],
      [{ inputs: 5 }, /"inputs" is no object/],
      [{}, /"inputs" is no object/],
      [null, /"inputs" is no object/],
      [[proto], /"inputs" is no object/],
    ] as const
  ) {
    const [status, error] = await ask("named/infer_dict", body);
    deepStrictEqual(status, 400);
    match(error, why);
  }
  const [status, error] = await ask("rows/infer_dict", { inputs: [{ age: 1 }] });
  deepStrictEqual(status, 400);
  match(error, /Cannot do infer_dict of model "rows": nobody declared its inputs/);
});

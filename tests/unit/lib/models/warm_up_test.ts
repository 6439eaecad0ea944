import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { warmUpTensors } from "../../../../lib/models/warm_up.ts";

const INPUTS = [
  { name: "x", datatype: "FP32", shape: [-1, 2] },
  { name: "t", datatype: "BYTES", shape: [-1, 1] },
  { name: "b", datatype: "BOOL", shape: [] },
];

Deno.test("warmUpTensors() makes zeros of what a model takes; free sizes are 1", () => {
  const tensors = warmUpTensors(true, INPUTS)!;
  deepStrictEqual(tensors.map(({ name, shape }) => [name, shape]), [["x", [1, 2]], ["t", [1, 1]], ["b", []]]);
  deepStrictEqual(tensors.map((tensor) => tensor.nested()), [[[0, 0]], [[""]], false]);
});

Deno.test("warmUpTensors() takes rows, or a request in either dialect", () => {
  const x = INPUTS.slice(0, 1);
  for (
    const wish of [
      [[1, 2]],
      { inputs: [[1, 2]] },
      { inputs: [{ x: [1, 2] }] },
      { inputs: [{ name: "x", datatype: "FP32", shape: [1, 2], data: [1, 2] }] },
    ]
  ) deepStrictEqual(warmUpTensors(wish, x)!.map((tensor) => [tensor.name, tensor.nested()]), [["x", [[1, 2]]]]);
  strictEqual(warmUpTensors(undefined, x), undefined);
  strictEqual(warmUpTensors(false, x), undefined);
});

Deno.test("warmUpTensors() says what is wrong with a wish", () => {
  for (const wish of [1, "yes", {}, null]) {
    throws(() => warmUpTensors(wish, INPUTS), { name: "ModelError", message: /^its warmUp is neither true, nor rows/ });
  }
  throws(() => warmUpTensors([["a"]], INPUTS.slice(0, 1)), {
    name: "ModelError",
    message: /^its warmUp cannot be read: Cannot read inputs\[0\]\[0\] as FP32: it is the text "a"/,
  });
});

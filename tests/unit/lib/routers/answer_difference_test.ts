import { deepStrictEqual, throws } from "node:assert/strict";
import { TensorReply } from "../../../../lib/tensor/tensor_reply.ts";
import { answerDifference } from "../../../../lib/routers/answer_difference.ts";
import { Tensor } from "../../../../lib/tensor/tensor.ts";

function reply(...tensors: Tensor[]): TensorReply {
  return new TensorReply({ model_name: `m${Math.random()}`, id: "1", outputs: tensors });
}

const SAME: readonly (readonly [one: unknown, other: unknown])[] = [
  [{ id: "1", model_name: "a", outputs: [1, "x"] }, { id: "1", model_name: "b", outputs: [1, "x"], timestamp: "now" }],
  [{ outputs: [[0.1, 0.2]] }, { outputs: [[0.1 + 1e-9, 0.2]] }],
  [{ outputs: [1e9] }, { outputs: [1e9 + 1] }],
  [{ outputs: [NaN, Infinity, -0] }, { outputs: [NaN, Infinity, 0] }],
  [new Float32Array([1, 2]), [1, 2]],
  [reply(Tensor.from("y", [1, 2], "FP32")), reply(Tensor.from("y", [1, 2], "FP64"))],
  [[1n], [1]],
  [undefined, undefined],
  [[0, 0.001], [9e-7, 0.0010009]], // absolute up to 1
  [[new Date(1)], [new Date(1)]],
  [new Uint8Array([1, 2]).buffer, new Uint8Array([1, 2]).buffer],
  [new Map([[1, { a: 2 }]]), new Map([[1, { a: 2 }]])],
];

for (const [index, [one, other]] of SAME.entries()) {
  Deno.test(`answerDifference() finds none, case ${index}`, () => {
    deepStrictEqual(answerDifference(one, other, 1e-6), undefined);
  });
}

const DIFFERENT:
  readonly (readonly [one: unknown, other: unknown, place: string, values: readonly [unknown, unknown]])[] = [
    [{ outputs: [1, 2] }, { outputs: [1, 3] }, "outputs[1]", [2, 3]],
    [{ outputs: [1] }, { outputs: [1, 1] }, "outputs.length", [1, 2]],
    [{ outputs: ["a"] }, { outputs: ["b"] }, "outputs[0]", ["a", "b"]],
    [{ outputs: [1] }, { outputs: ["1"] }, "outputs[0]", [1, "1"]],
    [{ a: { b: 1 } }, { a: {} }, "a.b", [1, undefined]],
    [{ outputs: [NaN] }, { outputs: [0] }, "outputs[0]", [NaN, 0]],
    [[2n ** 62n], [2n ** 62n + 1n], "[0]", [2n ** 62n, 2n ** 62n + 1n]],
    [reply(Tensor.from("y", [1, 2])), reply(Tensor.from("y", [[1, 2]])), "outputs.y.shape.length", [1, 2]],
    [reply(Tensor.from("y", [1])), reply(Tensor.from("z", [1])), "outputs.y", [{ shape: [1], data: [1] }, undefined]],
    ["text", "texts", "", ["text", "texts"]],
    [[0], [1.1e-6], "[0]", [0, 1.1e-6]],
    [[5], [Infinity], "[0]", [5, Infinity]],
    [[-Infinity], [Infinity], "[0]", [-Infinity, Infinity]],
    [[new Date(1)], [new Date(2)], "[0]", ["1970-01-01T00:00:00.001Z", "1970-01-01T00:00:00.002Z"]],
    [new Uint8Array([1]).buffer, new Uint8Array([2]).buffer, "[0]", [1, 2]],
    [new DataView(new ArrayBuffer(1)), new DataView(new ArrayBuffer(2)), ".length", [1, 2]],
    [new Map([[1, 2]]), new Map([[1, 3]]), "[0][1]", [2, 3]],
    [new Set([1]), new Set([2]), "[0]", [1, 2]],
    [new Error("a"), new Error("b"), "message", ["a", "b"]],
    [{ a: 1 }, 1, "", [{ a: 1 }, 1]],
  ];

for (const [one, other, place, [left, right]] of DIFFERENT) {
  Deno.test(`answerDifference() finds the first at ${place || "the root"}`, () => {
    deepStrictEqual(answerDifference(one, other, 1e-6), { place, one: left, other: right });
  });
}

Deno.test("answerDifference() refuses what shows no values", () => {
  function* one() {
    yield 1;
  }
  throws(() => answerDifference({ outputs: one() }, { outputs: one() }, 1e-6), {
    name: "TypeError",
    message: "Cannot compare outputs: it is a Generator, which shows no values",
  });
  const same = one();
  deepStrictEqual(answerDifference(same, same, 1e-6), undefined);
});

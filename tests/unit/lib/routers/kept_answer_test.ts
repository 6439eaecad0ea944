import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { TensorReply } from "../../../../lib/tensor/tensor_reply.ts";
import { answerDifference } from "../../../../lib/routers/answer_difference.ts";
import { keepAnswer } from "../../../../lib/routers/kept_answer.ts";
import { Tensor } from "../../../../lib/tensor/tensor.ts";

class Score {
  value = 1;
}

/** An answer, and what a later step does to it. */
const CHANGED: readonly (readonly [make: () => unknown, change: (answer: never) => unknown])[] = [
  [() => ({ id: "1", outputs: [[1, 2]] }), (answer: { outputs: number[][] }) => answer.outputs[0]![0] = 9],
  [() => [new Float32Array([1, 2])], ([answer]: [Float32Array]) => answer.fill(9)],
  [() => ({ a: new Uint8Array([1]).buffer }), ({ a }: { a: ArrayBuffer }) => new Uint8Array(a).fill(9)],
  [() => new Map([["a", { b: 1 }]]), (answer: Map<string, { b: number }>) => answer.get("a")!.b = 9],
  [() => new Set([1]), (answer: Set<number>) => answer.add(2)],
  [() => [new Date(1)], ([answer]: [Date]) => answer.setTime(9)],
  [() => ({ score: new Score() }), ({ score }: { score: Score }) => score.value = 9],
  [
    () => new TensorReply({ model_name: "m", id: "1", outputs: [Tensor.from("y", [1, 2], "FP32")] }),
    ({ outputs: [y] }: TensorReply) => (y!.data as Float32Array).fill(9),
  ],
  [
    () => new TensorReply({ model_name: "m", id: "1", outputs: [Tensor.from("y", [1, 2], "FP32")] }),
    ({ outputs: [y] }: TensorReply) => (y!.shape as number[])[0] = 9,
  ],
  [
    () => JSON.parse('{"__proto__": {"a": 1}}'),
    (answer: object) => Object.defineProperty(answer, "__proto__", { value: {} }),
  ],
];

for (const [index, [make, change]] of CHANGED.entries()) {
  Deno.test(`keepAnswer() is what was answered, whatever is written to it later, case ${index}`, () => {
    const answer = make();
    const kept = keepAnswer(answer)();
    change(answer as never);
    strictEqual(answerDifference(kept, make(), 0), undefined);
    strictEqual(answerDifference(answer, make(), 0) === undefined, false, "the change shows");
  });
}

Deno.test("keepAnswer() keeps what shows no values as it is, and ends on what holds itself", () => {
  const opaque = new WeakMap();
  strictEqual((keepAnswer({ outputs: [opaque] })() as { outputs: unknown[] }).outputs[0], opaque);
  const loop: unknown[] = [1];
  loop.push(loop);
  const kept = keepAnswer(loop)() as unknown[];
  deepStrictEqual([kept[0], kept[1] === kept], [1, true]);
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level++) deep = [deep];
  throws(keepAnswer(deep), { name: "RangeError" });
});

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Tensor } from "../../../../lib/tensor/tensor.ts";
import { wireForm, withTensors } from "../../../../lib/tensor/wire_form.ts";

const X = new Tensor("x", { datatype: "INT64", shape: [2], data: new BigInt64Array([1n, 2n ** 53n + 1n]) });
const Y = new Tensor("y", { datatype: "FP16", shape: [1, 1], data: new Uint16Array([0x3800]), parameters: { a: 1 } });
const WIRE = [
  { name: "x", datatype: "INT64", shape: [2], data: [1, 2n ** 53n + 1n] },
  { name: "y", datatype: "FP16", shape: [1, 1], data: [0.5], parameters: { a: 1 } },
];

/** With its values, where `data` was made when it was asked for. */
const plain = (value: unknown) => structuredClone(value);

Deno.test("wireForm() gives tensors as the wire has them: alone, in a list, in a body", () => {
  deepStrictEqual(plain(wireForm(X)), WIRE[0]);
  deepStrictEqual(plain(wireForm([X, 1])), [WIRE[0], 1]);
  deepStrictEqual(plain(wireForm({ id: "1", inputs: [X, Y] })), { id: "1", inputs: WIRE });
  deepStrictEqual(plain(wireForm({ outputs: [Y] })), { outputs: [WIRE[1]] });
  for (const other of [{ inputs: [1, 2] }, { inputs: 1 }, [1], "x", null, undefined]) {
    strictEqual(wireForm(other), other);
  }
});

Deno.test("withTensors() puts tensors back where nothing of them was changed", () => {
  const given = { id: "1", inputs: [X, Y] };
  deepStrictEqual(withTensors(structuredClone({ id: "1", inputs: WIRE }), given), given);
  const { name, data } = WIRE[0]!;
  const less = withTensors({ inputs: [{ name, data }, WIRE[1]] }, given) as typeof given;
  strictEqual(less.inputs[0], X, "what a schema left out is still there");
  const changed = { ...WIRE[0], data: [1, 2] };
  deepStrictEqual(withTensors({ inputs: [changed, WIRE[1]] }, given), { inputs: [changed, Y] });
  for (const read of [{ inputs: [WIRE[0]] }, { inputs: 7 }, { other: 1 }, 7, null]) {
    strictEqual(JSON.stringify(withTensors(read, given), text), JSON.stringify(read, text));
  }
});

const text = (_: string, value: unknown) => typeof value === "bigint" ? `${value}` : value;

import { deepStrictEqual } from "node:assert/strict";
import { readOnnx } from "../../../../../lib/models/onnx/onnx_file.ts";
import { lineUp, takeApart } from "../../../../../lib/models/onnx/onnx_sequence.ts";
import { join, writeField } from "../../../../../lib/models/onnx/onnx_wire.ts";
import { tensorField } from "../../../../../lib/models/onnx/onnx_write.ts";

const OUTPUT = tensorField(12, "y", { element: 1, shape: [] });

function graphOf(fields: readonly Uint8Array[]) {
  return readOnnx(writeField(7, [join([...fields, OUTPUT])]));
}

Deno.test("lineUp() gives three tensors for a sequence, by a loop", () => {
  const { nodes, values, names } = lineUp("s", 8);
  const { nodes: read, outputs } = graphOf([...nodes, ...values]);
  deepStrictEqual(names, ["s/values", "s/sizes", "s/ranks"]);
  deepStrictEqual(outputs.slice(0, 3).map(({ name, type }) => [name, type]), [
    ["s/values", { kind: "tensor", element: 8, shape: [-1] }],
    ["s/sizes", { kind: "tensor", element: 7, shape: [-1] }],
    ["s/ranks", { kind: "tensor", element: 7, shape: [-1] }],
  ]);
  deepStrictEqual(read.at(-1)!.operator, "Loop");
  deepStrictEqual(read.at(-1)!.outputs, names);
});

Deno.test("takeApart() takes three tensors for a sequence, and makes it in a loop", () => {
  const { nodes, values, names } = takeApart("s", 1, 15);
  const { nodes: read, inputs } = graphOf([...nodes, ...values]);
  deepStrictEqual(names, ["s/values", "s/sizes", "s/places"]);
  deepStrictEqual(inputs.map(({ name, type }) => [name, type]), [
    ["s/values", { kind: "tensor", element: 1, shape: [-1] }],
    ["s/sizes", { kind: "tensor", element: 7, shape: [-1] }],
    ["s/places", { kind: "tensor", element: 7, shape: [-1, 4] }],
  ]);
  deepStrictEqual([read.at(-1)!.operator, read.at(-1)!.outputs], ["Loop", ["s"]]);
});

import { deepStrictEqual, throws } from "node:assert/strict";
import { type OnnxType, readOnnx } from "../../../../../lib/models/onnx/onnx_file.ts";
import { plainOnnx } from "../../../../../lib/models/onnx/onnx_rewrite.ts";
import { join, writeField, writeNumber } from "../../../../../lib/models/onnx/onnx_wire.ts";
import { onnxFile } from "../../../../support/onnx_models.ts";

function plain(name: string) {
  return plainOnnx(readOnnx(Deno.readFileSync(onnxFile(name))));
}

Deno.test("plainOnnx() leaves a model of tensors as it is", () => {
  const { bytes, inputs, outputs } = plain("mlp");
  deepStrictEqual([bytes, [...inputs], [...outputs]], [
    undefined,
    [["x", { kind: "tensor", to: "x" }]],
    [["p", { kind: "tensor", from: "p" }]],
  ]);
});

Deno.test("plainOnnx() gives the tensor below ZipMap under the output's name, and keeps the labels", () => {
  const { bytes, outputs } = plain("zip_numbers");
  deepStrictEqual(outputs.get("output_probability"), { kind: "maps", from: "output_probability", labels: [0, 1, 2] });
  const again = readOnnx(bytes!);
  deepStrictEqual(again.classical, ["LinearClassifier", "Normalizer"]);
  deepStrictEqual(typeOf(again.outputs, "output_probability"), { kind: "tensor", element: 1, shape: [-1, 3] });
  deepStrictEqual(plainOnnx(again).bytes, undefined, "the second time there is nothing to do");
});

Deno.test("plainOnnx() takes and gives FP32 for BF16", () => {
  const { bytes, inputs, outputs } = plain("echo");
  deepStrictEqual(inputs.get("BF16"), { kind: "BF16", to: "BF16/FP32" });
  deepStrictEqual(outputs.get("BF16_out"), { kind: "BF16", from: "BF16_out/FP32" });
  const again = readOnnx(bytes!);
  deepStrictEqual(typeOf(again.inputs, "BF16/FP32"), { kind: "tensor", element: 1, shape: [-1, -1] });
  deepStrictEqual(again.outputs.map(({ name }) => name).includes("BF16_out"), false);
});

Deno.test("plainOnnx() lines up what sequences hold", () => {
  const { bytes, outputs } = plain("pieces");
  const from = ["numbers/values", "numbers/sizes", "numbers/ranks"];
  deepStrictEqual(outputs.get("numbers"), { kind: "sequence", from });
  deepStrictEqual(readOnnx(bytes!).outputs.map(({ name }) => name).slice(0, 3), from);
});

Deno.test("plainOnnx() takes sequences apart", () => {
  const { bytes, inputs } = plain("joined");
  const to = ["parts/values", "parts/sizes", "parts/places"];
  deepStrictEqual(inputs.get("parts"), { kind: "sequence", to });
  const again = readOnnx(bytes!);
  deepStrictEqual(again.inputs.map(({ name }) => name).slice(0, 4), [...to, "place"]);
  deepStrictEqual(plainOnnx(again).bytes, undefined, "the second time there is nothing to do");
});

function typeOf(values: readonly { name: string; type: OnnxType }[], name: string): OnnxType | undefined {
  return values.find((value) => value.name === name)?.type;
}

const TENSOR = writeField(1, [writeNumber(1, 1)]);

for (
  const [what, field, type, message] of [
    [
      "a sequence",
      11,
      writeField(4, [writeField(1, [TENSOR])]),
      /it takes "v", a sequence of tensors; tensors can be taken and given, sequences of them taken from version 13/,
    ],
    ["an optional value", 11, writeField(9, [writeField(1, [TENSOR])]), /it takes "v", an optional; /],
    ["a sparse tensor", 12, writeField(8, [writeNumber(1, 1)]), /it gives "v", a sparse tensor; /],
    [
      "maps of its own",
      12,
      writeField(4, [writeField(1, [writeField(5, [writeNumber(1, 8), writeField(2, [TENSOR])])])]),
      /it gives "v", a sequence of maps; /,
    ],
    ["nothing known", 12, writeField(77, "x"), /it gives "v", a value of an unknown kind; /],
  ] as const
) {
  Deno.test(`plainOnnx() refuses a model that ${field === 11 ? "takes" : "gives"} ${what}`, () => {
    const value = writeField(field, [writeField(1, "v"), writeField(2, [type])]);
    const other = writeField(12, [writeField(1, "y"), writeField(2, [TENSOR])]);
    const model = writeField(7, [join([value, other])]);
    throws(() => plainOnnx(readOnnx(model)), { name: "ModelError", message });
  });
}

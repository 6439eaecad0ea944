import { deepStrictEqual, ok, throws } from "node:assert/strict";
import { ModelError } from "../../../../../lib/errors.ts";
import { attributeList, readOnnx } from "../../../../../lib/models/onnx/onnx_file.ts";
import { writeField } from "../../../../../lib/models/onnx/onnx_wire.ts";
import { onnxFile } from "../../../../support/onnx_models.ts";

function bytesOf(name: string): Uint8Array {
  return Deno.readFileSync(onnxFile(name));
}

Deno.test("readOnnx() tells what a file takes, gives and is made of", () => {
  const { inputs, outputs, classical, external, opset, nodes } = readOnnx(bytesOf("zip_texts"));
  deepStrictEqual(inputs.map(({ name, type }) => [name, type]), [["X", {
    kind: "tensor",
    element: 1,
    shape: [-1, 4],
  }]]);
  deepStrictEqual(outputs.map(({ name, type }) => [name, type]), [
    ["output_label", { kind: "tensor", element: 8, shape: [-1] }],
    ["output_probability", {
      kind: "sequence",
      of: { kind: "map", key: 8, value: { kind: "tensor", element: 1, shape: undefined } },
    }],
  ]);
  deepStrictEqual(classical, ["LinearClassifier", "Normalizer", "ZipMap"]);
  deepStrictEqual([external, opset], [[], 15]);
  const zip = nodes.find(({ operator }) => operator === "ZipMap")!;
  deepStrictEqual(attributeList(zip, "classlabels_strings"), ["setosa", "versicolor", "virginica"]);
  deepStrictEqual(attributeList(zip, "classlabels_int64s"), undefined);
});

Deno.test("readOnnx() tells which files hold the weights", () => {
  const { classical, external, inputs } = readOnnx(bytesOf("outside"));
  deepStrictEqual([classical, external], [[], ["outside.bin"]]);
  deepStrictEqual(inputs.map(({ name }) => name), ["x"], "what has a value in the file is no input");
});

Deno.test("readOnnx() refuses every beginning of a model, and lives", () => {
  const bytes = bytesOf("zip_numbers");
  const whole = readOnnx(bytes).outputs.length;
  for (let size = 0; size < bytes.length; size++) {
    try {
      const { outputs } = readOnnx(bytes.subarray(0, size));
      ok(outputs.length === whole, `${size} bytes`); // what is missing stands behind the graph
    } catch (error) {
      ok(error instanceof ModelError, `${size} bytes: ${error}`);
    }
  }
});

Deno.test("readOnnx() reads a model of which any byte is another as a model or refuses it", () => {
  const bytes = bytesOf("columns");
  for (let at = 0; at < bytes.length; at++) {
    for (const mask of [0x01, 0x80, 0xff]) {
      const changed = bytes.slice();
      changed[at] = changed[at]! ^ mask;
      try {
        readOnnx(changed);
      } catch (error) {
        ok(error instanceof ModelError, `byte ${at}: ${error}`);
      }
    }
  }
});

for (
  const [what, bytes, message] of [
    ["text", "not a model at all", /are no ONNX model: /],
    ["a page", "<!DOCTYPE html><html></html>", /are no ONNX model: /],
    ["a pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n", /pointer of Git LFS/],
    ["nothing", "", /they have no graph/],
  ] as const
) {
  Deno.test(`readOnnx() refuses ${what}`, () => {
    throws(() => readOnnx(new TextEncoder().encode(bytes)), { name: "ModelError", message });
  });
}

Deno.test("readOnnx() refuses graphs that stand in one another without end", () => {
  let graph: Uint8Array = writeField(12, [writeField(1, "y")]);
  for (let depth = 0; depth < 5_000; depth++) graph = writeField(1, [writeField(5, [writeField(6, [graph])])]);
  throws(() => readOnnx(writeField(7, [graph])), { name: "ModelError", message: /more than 32 deep/ });
  let type: Uint8Array = writeField(1, []);
  for (let depth = 0; depth < 5_000; depth++) type = writeField(4, [writeField(1, [type])]);
  const deep = writeField(7, [writeField(12, [writeField(1, "y"), writeField(2, [type])])]);
  throws(() => readOnnx(deep), { name: "ModelError", message: /more than 32 deep/ });
});

Deno.test("readOnnx() refuses a field that says it has more bytes than there are", () => {
  const huge = Uint8Array.from([0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 2, 3]);
  throws(() => readOnnx(huge), { name: "ModelError", message: /says that it has \d+ bytes where 3 are left/ });
});

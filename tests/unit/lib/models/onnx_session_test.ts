import { deepStrictEqual, ok, rejects } from "node:assert/strict";
import { openOnnx } from "../../../../lib/models/onnx_session.ts";

interface Recorded {
  readonly inputs: number[][];
  readonly labels: number[];
  readonly probabilities: number[][];
}

const FOLDER = new URL("../../../../notebooks/models/", import.meta.url).pathname;

function recorded(name: string): Recorded {
  return JSON.parse(Deno.readTextFileSync(`${FOLDER}${name}.json`));
}

for (const name of ["iris_logreg", "iris_forest"]) {
  Deno.test(`OnnxSession answers as scikit-learn did, on all rows: ${name}`, async () => {
    const { inputs, labels, probabilities } = recorded(name);
    await using model = await openOnnx(`${FOLDER}${name}.onnx`);
    deepStrictEqual(await model.labels(inputs), labels);
    deepStrictEqual(await model.predict(inputs), labels);
    const given = await model.probabilities(inputs);
    const differences = given.flatMap((row, index) =>
      row.map((value, column) => Math.abs(value - probabilities[index]![column]!))
    );
    deepStrictEqual(differences.length, 450);
    ok(Math.max(...differences) < 1e-5, `largest difference ${Math.max(...differences)}`);
  });
}

Deno.test("OnnxSession tells what the model takes and gives", async () => {
  await using model = await openOnnx(`${FOLDER}iris_logreg.onnx`);
  deepStrictEqual(model.inputs, [{ name: "X", datatype: "FP32", shape: [-1, 4] }]);
  deepStrictEqual(model.outputs.map(({ datatype, shape }) => [datatype, shape]), [["INT64", [-1]], ["FP32", [-1, 3]]]);
});

Deno.test("OnnxSession refuses rows that the model does not take, naming what it takes", async () => {
  await using model = await openOnnx(`${FOLDER}iris_logreg.onnx`);
  for (
    const [rows, message] of [
      [[[1, 2, 3]], /FP32 of shape \[-1,4\].*it has shape \[1,3\]/],
      [[1, 2, 3, 4], /it has shape \[4\]/],
      [[[1, 2, 3, 4], [1, 2]], /inputs\[1\] has 2/],
      [[[1, 2, 3, "4"]], /inputs\[0\]\[3\] as FP32: it is the text "4"/],
      [[[1, 2, 3, null]], /it is null/],
    ] as const
  ) await rejects(model.labels(rows), message);
  deepStrictEqual(await model.labels([]), [], "no rows, no answers");
  await rejects(model.run({ Y: [] }), /it takes X/);
});

Deno.test("openOnnx() tells why a file is no model", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(`${folder}/empty.onnx`, new Uint8Array());
    await Deno.writeTextFile(`${folder}/text.onnx`, "not a model at all");
    const whole = await Deno.readFile(`${FOLDER}iris_forest.onnx`);
    await Deno.writeFile(`${folder}/half.onnx`, whole.subarray(0, whole.length / 2));
    for (
      const [file, message] of [
        ["none.onnx", /none\.onnx": there is no such file/],
        ["empty.onnx", /it is empty/],
        ["", /it is a directory/],
        ["text.onnx", /text\.onnx" as ONNX: /],
        ["half.onnx", /half\.onnx" as ONNX: /],
      ] as const
    ) await rejects(openOnnx(`${folder}/${file}`), { name: "ModelError", message });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

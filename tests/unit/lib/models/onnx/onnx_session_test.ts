import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { openOnnx } from "../../../../../lib/models/onnx/onnx_open.ts";
import { Tensor } from "../../../../../lib/tensor/tensor.ts";
import { EXPECTED, largestDifference, onnxFile, startWasm } from "../../../../support/onnx_models.ts";

interface Recorded {
  readonly inputs: number[][];
  readonly labels: number[];
  readonly probabilities: number[][];
}

const FOLDER = new URL("../../../../../notebooks/models/", import.meta.url).pathname;
const BACKENDS = ["native", "wasm"] as const;
await startWasm();

function recorded(name: string): Recorded {
  return JSON.parse(Deno.readTextFileSync(`${FOLDER}${name}.json`));
}

for (const backend of BACKENDS) {
  for (const name of ["iris_logreg", "iris_forest"]) {
    Deno.test(`OnnxSession answers as scikit-learn did, on all rows: ${name}, ${backend}`, async () => {
      const { inputs, labels, probabilities } = recorded(name);
      await using model = await openOnnx(`${FOLDER}${name}.onnx`, { backend });
      strictEqual(model.backend, backend);
      deepStrictEqual(await model.labels(inputs), labels);
      deepStrictEqual(await model.predict(inputs), labels);
      const given = await model.probabilities(inputs);
      strictEqual(given.length, 150);
      ok(largestDifference(given, probabilities) < 1e-5);
    });
  }

  for (const name of ["zip_numbers", "zip_texts"] as const) {
    Deno.test(`OnnxSession answers for ZipMap with objects by the labels: ${name}, ${backend}`, async () => {
      const { rows, labels, probabilities } = EXPECTED[name];
      await using model = await openOnnx(onnxFile(name), { backend });
      deepStrictEqual(await model.labels(rows), labels);
      ok(largestDifference(await model.probabilities(rows), probabilities) < 1e-5);
      const given = await model.run({ X: rows });
      deepStrictEqual(given.output_label, labels);
      const maps = given.output_probability as Record<string, number>[];
      deepStrictEqual(
        maps.map((map) => Object.keys(map)),
        rows.map(() => name === "zip_texts" ? ["setosa", "versicolor", "virginica"] : ["0", "1", "2"]),
      );
      ok(largestDifference(maps.map((map) => Object.values(map)), probabilities) < 1e-5);
    });
  }

  Deno.test(`OnnxSession takes rows of columns by name, numbers and text: ${backend}`, async () => {
    const { rows, labels, classes, probabilities } = EXPECTED.columns;
    await using model = await openOnnx(onnxFile("columns"), { backend });
    deepStrictEqual(await model.predict(rows), labels);
    ok(largestDifference(await model.probabilities(rows), probabilities) < 1e-5);
    const named = await model.run({
      age: rows.map(({ age }) => age),
      income: rows.map(({ income }) => [income]),
      city: rows.map(({ city }) => city),
    });
    deepStrictEqual((named.output_probability as object[]).map((map) => Object.keys(map)), rows.map(() => classes));
  });

  Deno.test(`OnnxSession answers a neural model as Python's runtime did: ${backend}`, async () => {
    const { x, p } = EXPECTED.mlp;
    for (const file of [onnxFile("mlp"), onnxFile("outside"), onnxFile("mlp").replace(/onnx$/, "ort")]) {
      await using model = await openOnnx(file, { backend });
      deepStrictEqual(model.inputs, [{ name: "x", datatype: "FP32", shape: [-1, 4] }]);
      ok(largestDifference(await model.predict(x) as number[][], p) < 1e-6, file);
    }
  });

  Deno.test(`OnnxSession keeps every datatype, to the last bit: ${backend}`, async () => {
    await using model = await openOnnx(onnxFile("echo"), { backend });
    deepStrictEqual(model.inputs.map(({ name }) => name), ECHOED.map(({ datatype }) => datatype));
    deepStrictEqual(model.inputs.map(({ datatype }) => datatype), ECHOED.map(({ datatype }) => datatype));
    deepStrictEqual(model.outputs.map(({ datatype }) => datatype), ECHOED.map(({ datatype }) => datatype));
    const given = await model.runTensors(ECHOED);
    deepStrictEqual(
      given.map(({ name, datatype, shape, data }) => ({ name, datatype, shape, data })),
      ECHOED.map(({ name, datatype, shape, data }) => ({ name: `${name}_out`, datatype, shape, data })),
    );
    const empty = ECHOED.map(({ name, datatype }) =>
      new Tensor(name, { datatype, shape: [0, 2], data: Tensor.from(name, [], datatype).data })
    );
    deepStrictEqual((await model.runTensors(empty)).map(({ shape }) => shape), ECHOED.map(() => [0, 2]));
  });

  Deno.test(`OnnxSession gives the outputs that are asked for, in that order: ${backend}`, async () => {
    await using model = await openOnnx(onnxFile("echo"), { backend });
    const given = await model.runTensors(ECHOED, ["BYTES_out", "INT64_out"]);
    deepStrictEqual(given.map(({ name }) => name), ["BYTES_out", "INT64_out"]);
    await rejects(model.runTensors(ECHOED, ["none"]), /Cannot give output "none": the model gives BOOL_out, /);
  });

  Deno.test(`OnnxSession gives a sequence as the list of its elements: ${backend}`, async () => {
    await using model = await openOnnx(onnxFile("pieces"), { backend });
    const feeds = { x: [[1, 2], [3, 4]], words: ["a", "b", "é"] };
    deepStrictEqual(await model.run(feeds), { numbers: [[1, 2], [3, 4]], lists: [["a", "b"], ["é"]] });
    const tensors = [Tensor.from("x", feeds.x, "FP32"), Tensor.from("words", feeds.words, "BYTES")];
    deepStrictEqual(
      (await model.runTensors(tensors)).map(({ name, datatype, shape }) => [name, datatype, shape]),
      [["numbers[0]", "FP32", [2]], ["numbers[1]", "FP32", [2]], ["lists[0]", "BYTES", [2]], ["lists[1]", "BYTES", [
        1,
      ]]],
    );
  });

  Deno.test(`OnnxSession takes a sequence as the list of its elements: ${backend}`, async () => {
    await using model = await openOnnx(onnxFile("joined"), { backend });
    deepStrictEqual([...model.sequences], ["parts", "words"]);
    const parts = [[[1, 2]], [[3, 4], [5, 6]], []];
    const given = await model.run({ parts: parts.slice(0, 2), place: 1, words: [["a", "é"], ["b"]] });
    deepStrictEqual(given, { row: [[1, 2], [3, 4], [5, 6]], part: [[3, 4], [5, 6]], text: ["a", "é", "b"] });
    const tensors = [
      new Tensor("parts[0]", { datatype: "FP32", shape: [0, 2], data: new Float32Array() }),
      new Tensor("parts[1]", { datatype: "FP32", shape: [1, 2], data: new Float32Array([7, 8]) }),
      new Tensor("place", { datatype: "INT64", shape: [], data: new BigInt64Array([0n]) }),
      new Tensor("words[0]", { datatype: "BYTES", shape: [1], data: ["x"] }),
    ];
    const [row, part] = await model.runTensors(tensors);
    deepStrictEqual([row!.shape, row!.data, part!.shape], [[1, 2], new Float32Array([7, 8]), [0, 2]]);
    await rejects(model.runTensors(tensors.slice(0, 3)), { name: "ModelError" }, "nothing to join");
    await rejects(model.runTensors([...tensors, Tensor.from("parts[3]", [1], "FP32")]), {
      name: "ShapeError",
      message:
        "Cannot run the model on parts[0], parts[1], place, words[0], parts[3]: it takes parts[0], parts[1], …, place, words[0], words[1], …",
    });
    await rejects(model.run({ parts: 1, place: 0, words: [] }), /Cannot read "parts" as a sequence: it is no list/);
    await rejects(model.run({ parts: [["a"]], place: 0, words: [] }), /Cannot read parts\[0\]\[0\] as FP32/);
  });

  Deno.test(`OnnxSession takes and gives single values: ${backend}`, async () => {
    await using model = await openOnnx(onnxFile("scalar"), { backend });
    deepStrictEqual(model.inputs.map(({ shape }) => shape), [[-1, 2], []]);
    deepStrictEqual(await model.run({ x: [[1, 2], [3, 4]], by: 2 }), { y: 20 });
    deepStrictEqual(await model.run({ x: [], by: 2 }), { y: 0 });
    const by = new Tensor("by", { datatype: "FP32", shape: [], data: new Float32Array([3]) });
    const [y] = await model.runTensors([Tensor.from("x", [[1, 1]], "FP32"), by]);
    deepStrictEqual([y!.shape, y!.data], [[], new Float32Array([6])]);
  });

  Deno.test(`OnnxSession answers no rows with no answers: ${backend}`, async () => {
    await using model = await openOnnx(`${FOLDER}iris_forest.onnx`, { backend });
    deepStrictEqual(await model.labels([]), []);
    deepStrictEqual(await model.predict([]), []);
    deepStrictEqual(await model.probabilities([]), []);
    const none = new Tensor("X", { datatype: "FP32", shape: [0, 4], data: new Float32Array() });
    deepStrictEqual((await model.runTensors([none])).map(({ shape }) => shape), [[0], [0, 3]]);
  });
}

const ECHOED: readonly Tensor[] = [
  new Tensor("BOOL", { datatype: "BOOL", shape: [1, 2], data: new Uint8Array([1, 0]) }),
  new Tensor("UINT8", { datatype: "UINT8", shape: [1, 2], data: new Uint8Array([0, 255]) }),
  new Tensor("UINT16", { datatype: "UINT16", shape: [1, 2], data: new Uint16Array([0, 65_535]) }),
  new Tensor("UINT32", { datatype: "UINT32", shape: [1, 2], data: new Uint32Array([0, 2 ** 32 - 1]) }),
  new Tensor("UINT64", {
    datatype: "UINT64",
    shape: [1, 2],
    data: new BigUint64Array([2n ** 53n + 1n, 2n ** 64n - 1n]),
  }),
  new Tensor("INT8", { datatype: "INT8", shape: [1, 2], data: new Int8Array([-128, 127]) }),
  new Tensor("INT16", { datatype: "INT16", shape: [1, 2], data: new Int16Array([-32_768, 32_767]) }),
  new Tensor("INT32", { datatype: "INT32", shape: [1, 2], data: new Int32Array([-(2 ** 31), 2 ** 31 - 1]) }),
  new Tensor("INT64", { datatype: "INT64", shape: [1, 2], data: new BigInt64Array([-(2n ** 63n), 2n ** 53n + 1n]) }),
  new Tensor("FP16", { datatype: "FP16", shape: [2, 2], data: new Uint16Array([0x3c00, 0xfbff, 0x0001, 0x7c00]) }),
  new Tensor("BF16", { datatype: "BF16", shape: [2, 2], data: new Uint16Array([0x3f80, 0xff7f, 0x0001, 0x7f80]) }),
  new Tensor("FP32", { datatype: "FP32", shape: [1, 2], data: new Float32Array([1e-45, -3.4e38]) }),
  new Tensor("FP64", { datatype: "FP64", shape: [1, 2], data: new Float64Array([5e-324, -Math.PI]) }),
  new Tensor("BYTES", { datatype: "BYTES", shape: [2, 2], data: ["", "éx", "𝄞", "\n"] }),
];

Deno.test("OnnxSession reads integers beyond 2^53 from lists, and gives them as bigints", async () => {
  await using model = await openOnnx(onnxFile("lookup"));
  await rejects(model.run({ place: [7] }), { name: "ModelError", message: /^Cannot run the model: / });
  await using echo = await openOnnx(onnxFile("echo"));
  const row = Object.fromEntries(
    ECHOED.map(({ name, nested }, at) => [name, (nested.call(ECHOED[at]) as unknown[][])[0]]),
  );
  const given = await echo.run(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, [value]])));
  deepStrictEqual(given.INT64_out, [[-(2n ** 63n), 2n ** 53n + 1n]]);
  deepStrictEqual(given.UINT64_out, [[2n ** 53n + 1n, 2n ** 64n - 1n]]);
});

Deno.test("OnnxSession runs on views of a larger buffer, and reads nothing else of it", async () => {
  const whole = new Float32Array([9, 9, 9, 6.9, 3.2, 5.7, 2.3, 9]);
  for (const backend of BACKENDS) {
    await using model = await openOnnx(`${FOLDER}iris_logreg.onnx`, { backend });
    const tensor = new Tensor("X", { datatype: "FP32", shape: [1, 4], data: whole.subarray(3, 7) });
    deepStrictEqual((await model.runTensors([tensor], ["label"]))[0]!.data, new BigInt64Array([2n]));
  }
});

Deno.test("OnnxSession tells what the model takes and gives", async () => {
  await using model = await openOnnx(`${FOLDER}iris_logreg.onnx`);
  deepStrictEqual(model.inputs, [{ name: "X", datatype: "FP32", shape: [-1, 4] }]);
  deepStrictEqual(model.outputs.map(({ datatype, shape }) => [datatype, shape]), [["INT64", [-1]], ["FP32", [-1, 3]]]);
  for (const backend of BACKENDS) {
    await using zip = await openOnnx(onnxFile("zip_texts"), { backend });
    deepStrictEqual(zip.outputs, [
      { name: "output_label", datatype: "BYTES", shape: [-1] },
      { name: "output_probability", datatype: "FP32", shape: [-1, 3] },
    ]);
  }
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
      [[{ Y: [1, 2, 3, 4] }], /Cannot read inputs\[0\]: the model takes X, and it has no "X"/],
      [[{ X: [1, 2, 3, 4], Y: 1 }], /it has "Y"/],
    ] as const
  ) await rejects(model.labels(rows), message);
  deepStrictEqual(await model.labels([{ X: [6.9, 3.2, 5.7, 2.3] }]), [2]);
  await rejects(model.run({ Y: [] }), /it takes X/);
  await using columns = await openOnnx(onnxFile("columns"));
  await rejects(columns.predict([[1, 2, "Oslo"]]), /no object with the model's inputs age, income, city/);
  await rejects(columns.predict([{ age: 1, income: 2, city: 3 }]), /Cannot read city\[0\] as BYTES: it is 3/);
});

Deno.test("OnnxSession refuses tensors of another datatype, and bytes that are no text", async () => {
  await using model = await openOnnx(onnxFile("lookup"));
  await rejects(model.runTensors([Tensor.from("place", [1], "INT32")]), {
    name: "TypeError",
    message: 'Cannot read "place" as INT64, which the model takes: it is INT32',
  });
  await using columns = await openOnnx(onnxFile("columns"));
  const tensors = [
    Tensor.from("age", [[1]], "FP32"),
    Tensor.from("income", [[1]], "FP32"),
    new Tensor("city", { datatype: "BYTES", shape: [1, 1], data: [new Uint8Array([0xff])] }),
  ];
  await rejects(columns.runTensors(tensors), /Cannot give "city" to the model: value 0 is not valid UTF-8/);
  await rejects(
    columns.predict([{ age: 1, income: 1, city: "Os\0lo" }]),
    /value 0 has a NUL, at which the runtime would cut/,
  );
});

Deno.test("OnnxSession answers what it runs before it closes, and nothing behind that", async () => {
  for (const backend of BACKENDS) {
    const model = await openOnnx(onnxFile("mean"), { backend });
    const running = [model.predict([[1, 3]]), model.predict([[5, 7]])];
    const closing = model[Symbol.asyncDispose]();
    await rejects(model.predict([[1]]), { name: "ModelError", message: "Cannot run the model: it is closed" });
    deepStrictEqual(await Promise.all(running), [[2], [6]]);
    await closing;
    await model[Symbol.asyncDispose]();
  }
});

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { ModelCall } from "../../../../lib/graph/monitor.ts";
import { modelRecord, type RecordPlace } from "../../../../lib/monitoring/model_record.ts";
import { recordText } from "../../../../lib/monitoring/record_text.ts";
import { TensorReply } from "../../../../lib/tensor/tensor_reply.ts";
import { Tensor } from "../../../../lib/tensor/tensor.ts";
import { randomFrom } from "../../../support/random.ts";

const PLACE: RecordPlace = { functionName: "fn", host: "box", worker: 2, samplingPercentage: 100, random: () => 0 };
const CALL: ModelCall = {
  model: "iris:v2",
  className: "Iris",
  endpointId: "uid",
  function: "fn",
  operation: "infer",
  id: "r1",
  startedAt: new Date("2026-01-31T09:30:00.125Z"),
  tookMs: 2_500.5,
  inputs: { inputs: [[1, 2], [3, 4]] },
  reply: { id: "r1", model_name: "iris", outputs: [0, 1] },
};

function recordOf(change: Partial<ModelCall>, place: Partial<RecordPlace> = {}) {
  return modelRecord({ ...CALL, ...change }, { ...PLACE, ...place });
}

Deno.test("modelRecord() says what MLRun's says, and how long it took in all microseconds", () => {
  deepStrictEqual(recordOf({ labels: { team: "a" }, metrics: { margin: 0.5 } }), {
    class: "Iris",
    worker: 2,
    model: "iris:v2",
    host: "box",
    function_uri: "fn",
    endpoint_id: "uid",
    sampling_percentage: 100,
    labels: { team: "a" },
    request: { id: "r1", inputs: [[1, 2], [3, 4]] },
    op: "infer",
    resp: { id: "r1", model_name: "iris", outputs: [0, 1] },
    when: "2026-01-31 09:30:00.125000+00:00",
    microsec: 2_500_500,
    metrics: { margin: 0.5 },
    effective_sample_count: 2,
  });
});

Deno.test("modelRecord() names an endpoint without a uid by function and model", () => {
  strictEqual(recordOf({ endpointId: undefined })?.endpoint_id, "fn/iris:v2");
  strictEqual(recordOf({ endpointId: undefined, function: "child" })?.endpoint_id, "fn-child/iris:v2");
});

Deno.test("modelRecord() makes a list of each row, also of single values, and keeps rows with names", () => {
  deepStrictEqual(recordOf({ inputs: { inputs: [5, "six", null] } })?.request.inputs, [[5], ["six"], [null]]);
  deepStrictEqual(recordOf({ inputs: { inputs: [{ a: 1 }] } })?.request.inputs, [{ a: 1 }]);
});

Deno.test("modelRecord() reads the rows of tensors, those that are chosen and no others", () => {
  const x = Tensor.from("x", [[1, 2], [3, 4], [5, 6]], "FP32");
  const y = Tensor.from("y", ["a", "b", "c"]);
  const label = Tensor.from("label", [0n, 1n, 2n], "INT64");
  const reply = new TensorReply({ model_name: "iris", id: "r1", outputs: [label] });
  const chosen = [0.9, 0.1, 0.9];
  const random = () => chosen.shift()!;
  const record = recordOf({ inputs: { inputs: [x, y] }, reply }, { samplingPercentage: 50, random });
  deepStrictEqual([record?.request.inputs, record?.effective_sample_count], [[{ x: [3, 4], y: "b" }], 1]);
  deepStrictEqual(JSON.parse(recordText(record!)).resp, { model_name: "iris", id: "r1", outputs: [1] });
  deepStrictEqual(recordOf({ inputs: { inputs: [x] }, reply })?.request.inputs, [[1, 2], [3, 4], [5, 6]]);
});

Deno.test("modelRecord() chooses each row by itself, about as many as asked, and none is no record", () => {
  const random = randomFrom(7);
  let rows = 0;
  let records = 0;
  for (let call = 0; call < 1_000; call++) {
    const record = recordOf({}, { samplingPercentage: 30, random });
    if (record === undefined) continue;
    records += 1;
    rows += record.effective_sample_count!;
    strictEqual((record.resp!.outputs as unknown[]).length, record.effective_sample_count);
  }
  ok(Math.abs(rows - 2_000 * 0.3) < 100, `${rows} of 2,000 rows`);
  ok(Math.abs(records - 1_000 * (1 - 0.7 ** 2)) < 70, `${records} of 1,000 requests have a chosen row`);
});

Deno.test("modelRecord() keeps every failure, with what the model was given", () => {
  const { reply: _, ...failed } = CALL;
  const rarely = { ...PLACE, samplingPercentage: 1, random: () => 1 };
  const record = modelRecord({ ...failed, error: new RangeError("too large") }, rarely);
  deepStrictEqual([record?.error, record?.request, record?.resp, record?.effective_sample_count], [
    "too large",
    { id: "r1", inputs: [[1, 2], [3, 4]] },
    undefined,
    undefined,
  ]);
});

Deno.test("modelRecord() keeps outputs whole that are not one a row, and replies that are no replies", () => {
  deepStrictEqual(recordOf({ reply: { outputs: { mean: 3 } } })?.resp, { outputs: { mean: 3 } });
  deepStrictEqual(recordOf({ reply: [9] })?.resp, { outputs: [9] });
  deepStrictEqual(recordOf({ reply: null })?.resp, { outputs: null });
  deepStrictEqual(recordOf({ inputs: "text" })?.request, { id: "r1", inputs: ["text"] });
});

Deno.test("modelRecord() leaves out what is too large, and says so, without walking through it", () => {
  const long = new Tensor("x", { datatype: "FP32", shape: [1_000_000, 4], data: new Float32Array(4_000_000) });
  const wide = new Tensor("x", { datatype: "UINT8", shape: [1, 3, 1_000, 1_000], data: new Uint8Array(3_000_000) });
  const larges: readonly unknown[][] = [[long], [wide], [new Array(20_000).fill(1)], ["x".repeat(10_000_000)]];
  for (const inputs of larges) {
    const record = recordOf({ inputs: { inputs } });
    strictEqual(record?.left_out, "inputs and outputs with more than 10000 values");
    deepStrictEqual([record.request, record.resp], [{ id: "r1" }, undefined]);
  }
});

Deno.test("recordText() writes whatever rows hold on one line", () => {
  const loop: unknown[] = [];
  loop.push(loop);
  const text = (inputs: unknown) => recordText({ request: { inputs } });
  strictEqual(
    text([1n, 2n ** 60n, NaN, new Uint8Array(3), "a\nb"]),
    '{"request":{"inputs":[1,"1152921504606846976",null,"<3 bytes>","a\\nb"]}}',
  );
  ok(text(loop).includes("what JSON cannot hold"));
});

Deno.test("recordText() finds what JSON does not write by itself, wherever it stands", () => {
  const cases: readonly [unknown, string][] = [
    [7n, "7"],
    [new Uint8Array(3), '"<3 bytes>"'],
    [Float32Array.of(0.5, 2), "[0.5,2]"],
    [{ toJSON: () => 5n }, "5"],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ];
  for (const [value, text] of cases) {
    strictEqual(recordText({ a: value }), `{"a":${text}}`);
    strictEqual(recordText({ a: [{ b: [0, value] }], c: 1 }), `{"a":[{"b":[0,${text}]}],"c":1}`);
    strictEqual(
      recordText({ a: new Array(20_000).fill({}), c: value }),
      `{"a":[${"{},".repeat(19_999)}{}],"c":${text}}`,
    );
  }
});

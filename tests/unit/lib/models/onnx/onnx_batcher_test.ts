import { deepStrictEqual, ok, rejects } from "node:assert/strict";
import type { TensorBatchRequest } from "../../../../../lib/models/batching/batch_tensors.ts";
import { OnnxModel } from "../../../../../lib/models/onnx/onnx_model.ts";
import { modelRouter } from "../../../../../lib/routers/model_router.ts";
import { testClock } from "../../../../../lib/testing/mod.ts";
import { onnxFile } from "../../../../support/onnx_models.ts";
import { openRouter } from "../../../../support/open_router.ts";

/** A router with one model on a clock that stands still, and the rows of each of its batches. */
async function batched(name: string, batching: object = {}, model = OnnxModel, args: object = {}) {
  const clock = testClock();
  const batches: number[] = [];
  const [warned, told]: [string[], string[]] = [[], []];
  const log = {
    debug() {},
    error() {},
    info: (line: string) => void told.push(line),
    warn: (line: string) => void warned.push(line),
  };
  const router = await openRouter(
    modelRouter(),
    { m: [model, { modelPath: onnxFile(name), batching: { maxRows: 16, maxDelayMs: 5, ...batching }, ...args }] },
    { surroundings: { clock, log, metric: (_name, rows) => void batches.push(rows) } },
  );
  const ask = async (bodies: readonly object[]) => {
    const replies = bodies.map(async (body) => {
      try {
        return JSON.parse(JSON.stringify(await router.ask("/v2/models/m/infer", body))).outputs;
      } catch (error) {
        return String(error);
      }
    });
    await clock.advance(5);
    return await Promise.all(replies);
  };
  return { ask, batches, warned, told, [Symbol.asyncDispose]: () => router[Symbol.asyncDispose]() };
}

/** A model that is believed: all its requests may be joined. */
class Believed extends OnnxModel {
  override batchKey(): string {
    return "all";
  }
}

Deno.test("OnnxModel joins requests in one run, and fails a bad one alone", async () => {
  await using model = await batched("lookup");
  const tensor = { name: "place", datatype: "INT64", shape: [1], data: [1] };
  const [first, second, bad, tensors] = await model.ask([
    { inputs: [0] },
    { inputs: [2, 1] },
    { inputs: ["x"] },
    { inputs: [tensor] },
  ]);
  deepStrictEqual([first, second], [[[1, 10]], [[3, 30], [2, 20]]]);
  deepStrictEqual(tensors, [{ name: "entry", datatype: "FP32", shape: [1, 2], data: [2, 20] }]);
  ok(/StatusError: .*Cannot read inputs\[0\] as INT64/.test(bad), bad);
  deepStrictEqual(model.batches, [4], "both dialects in one run, without the one that cannot be read");
  const [good, outside] = await model.ask([{ inputs: [0] }, { inputs: [99] }]);
  deepStrictEqual(good, [[1, 10]]);
  ok(/StatusError: .*Cannot run the model: .*idx=99/.test(outside), outside);
});

Deno.test("OnnxModel joins rows of one length only, as many as a rule of one's own says", async () => {
  class ByValues extends OnnxModel {
    override batchCost({ inputs }: TensorBatchRequest): number {
      return inputs[0]!.data.length;
    }
  }
  await using model = await batched("mean", { maxCost: 6 }, ByValues);
  const rows = [[1, 3], [1, 2, 3], [3, 5], [4, 5, 6], [5, 7], [7, 9]];
  deepStrictEqual(await model.ask(rows.map((row) => ({ inputs: [row] }))), [[2], [2], [4], [5], [6], [8]]);
  deepStrictEqual(model.batches, [3, 2], "three of length 2, two of length 3; the fourth of length 2 ran alone");
});

/** A request of one row by tensors, all of whose values tell who sent it. */
function rowOf(who: number, width: number, outputs: readonly string[]) {
  const data = Array.from({ length: width }, (_, column) => who + column / 8);
  return {
    inputs: [{ name: "x", datatype: "FP32", shape: [1, width], data }],
    outputs: outputs.map((name) => ({ name })),
  };
}

Deno.test("OnnxModel gives no caller another's data where an output's first size happens to be that of the batch", async () => {
  await using model = await batched("turned", { maxRows: 4 });
  const four = [1, 2, 3, 4];
  const columns = (who: number) => ({
    name: "columns",
    datatype: "FP32",
    shape: [4, 1],
    data: [who, who + 0.125, who + 0.25, who + 0.375],
  });
  deepStrictEqual(await model.ask(four.map((who) => rowOf(who, 4, ["columns"]))), four.map((who) => [columns(who)]));
  const both = await model.ask(four.map((who) => rowOf(who, 4, ["rows_out", "columns"])));
  deepStrictEqual(both.map(([, given]) => given), four.map(columns));
  deepStrictEqual(model.batches, [], "none of these may be joined");
  const own = await model.ask(four.map((who) => rowOf(who, 4, ["rows_out"])));
  deepStrictEqual(own.map(([{ data }]) => data[0]), [-1, -2, -3, -4]);
  deepStrictEqual(model.batches, [4]);
  ok(
    /requests for "columns" run alone: "columns" \[4,-1\] has no row for each/.test(model.warned[0]!),
    model.warned[0],
  );
});

Deno.test("OnnxModel looks which outputs have rows where its file does not say it", async () => {
  const steps = (who: number, outputs: string[]) => ({
    inputs: [{ name: "x", datatype: "FP32", shape: [1, 4, 1], data: [who, who, who, who] }],
    outputs: outputs.map((name) => ({ name })),
  });
  const four = [1, 2, 3, 4];
  await using spoken = await batched("spoken", { maxRows: 4 });
  for (const [outputs, batches] of [[["steps"], []], [["y"], [4]], [["y", "steps"], [4]]] as const) {
    const given = await spoken.ask(four.map((who) => steps(who, [...outputs])));
    deepStrictEqual(given.map(([{ data }]) => Math.abs(data[3])), four);
    deepStrictEqual(spoken.batches, batches);
  }
  ok(/requests for "steps" run alone: "steps" \[-1,-1,1\] has no row for each row/.test(spoken.warned[0]!));
  await using unsaid = await batched("unsaid");
  const given = await unsaid.ask([1, 2].map((who) => rowOf(who, 2, ["z", "y"])));
  deepStrictEqual(given.map(([{ data }]) => data), [[-1, -1.125], [-2, -2.125]]);
  deepStrictEqual([unsaid.batches, unsaid.warned], [[2], []]);
});

Deno.test("OnnxModel believes a rule of one's own, and asks as warmUp says", async () => {
  await using ruled = await batched("places", {}, Believed);
  await ruled.ask([1, 2].map((who) => rowOf(who, 3, ["place"])));
  deepStrictEqual(ruled.batches, [2], "joined, and then seen to have no rows");
  await rejects(batched("picky"), {
    message:
      /could join nothing: "entry" \[-1\] has no row .* \(asked to see, it fails: .*; say in warmUp which rows it takes\)/,
  });
  await using picky = await batched("picky", {}, OnnxModel, { warmUp: [6] });
  deepStrictEqual(await picky.ask([{ inputs: [5] }, { inputs: [7, 6] }]), [[10], [30, 20]]);
  deepStrictEqual(picky.batches, [3]);
});

Deno.test("OnnxModel refuses batching that could join nothing when it is loaded", async () => {
  for (
    const [name, message] of [["whole", /"most" \[\] has no row/], ["places", /"place" \[-1,2\] has no row/]] as const
  ) {
    await rejects(batched(name), { name: "ModelError", message });
  }
  await rejects(batched("scalar"), { message: /the first size of input "by" \[\] is not free/ });
});

/** A request of some numbers. */
function numbers(values: number[], output: string) {
  return {
    inputs: [{ name: "x", datatype: "FP32", shape: [values.length], data: values }],
    outputs: [{ name: output }],
  };
}

Deno.test("OnnxModel joins no requests whose rows are other ones beside others, whatever its file calls their sizes", async () => {
  for (const [name, output] of [["summed", "y"], ["boastful", "place"]] as const) {
    await rejects(batched(name), {
      name: "ModelError",
      message: new RegExp(`could join nothing: "${output}" \\[-1\\] answers a row otherwise beside other rows. Leave`),
    });
  }
  await rejects(batched("summed", {}, OnnxModel, { warmUp: [0.5] }), /answers a row otherwise beside/);
  await rejects(batched("summed", {}, OnnxModel, { warmUp: [0.5, 2] }), /answers a row otherwise beside/);
  for (const warmUp of [undefined, true, [2], [2, 3]]) {
    await using centred = await batched("centred", {}, OnnxModel, warmUp === undefined ? {} : { warmUp });
    ok(/requests for "y" run alone: "y" \[-1\] answers a row otherwise/.test(centred.warned[0]!), centred.warned[0]);
    const own = await centred.ask([numbers([1], "own"), numbers([2, 4], "own")]);
    const alone = await centred.ask([numbers([1], "y"), numbers([2, 4], "y")]);
    deepStrictEqual([own, alone].flat().map(([{ data }]) => data), [[-1], [-2, -4], [0], [-1, 1]]);
    deepStrictEqual([centred.batches, centred.told], [[3], []]);
  }
});

Deno.test("OnnxModel says where it could not see whether rows are the same beside others", async () => {
  await using noisy = await batched("noisy");
  ok(/could not be seen: it answers the same otherwise each time: y\. Say in warmUp two rows/.test(noisy.told[0]!));
  await noisy.ask([numbers([1], "y"), numbers([2], "y")]);
  deepStrictEqual(noisy.batches, [2]);
  await using short = await batched("short");
  ok(/could not be seen: it takes no made-up rows: .*idx=2/.test(short.told[0]!), short.told[0]);
  deepStrictEqual(await short.ask([{ inputs: [0] }, { inputs: [0, 0] }]), [[10], [10, 10]]);
  deepStrictEqual(short.batches, [3]);
});

Deno.test("OnnxModel joins no more where a request alone shows that its file is wrong", async () => {
  await using model = await batched("boastful", {}, Believed);
  const ask = (...values: number[]) => ({
    inputs: [{ name: "x", datatype: "FP32", shape: [values.length], data: values }],
  });
  await model.ask([ask(0, 3)]);
  ok(/runs without batching from now on: output "place" has the shape \[.*\] for 2 rows/.test(model.warned[0]!));
  const [one, other] = await model.ask([ask(1, 1, 0), ask(1, 1, 1)]);
  deepStrictEqual([one[0].data, other[0].data, model.batches], [[0, 1], [0, 1, 2], []]);
});

Deno.test("OnnxModel runs requests alone from then on whose answers cannot be told apart", async () => {
  await using model = await batched("boastful", {}, Believed);
  const ask = (...values: number[]) => ({
    inputs: [{ name: "x", datatype: "FP32", shape: [values.length], data: values }],
  });
  const [one, other] = await model.ask([ask(1, 1), ask(0, 1, 1)]);
  deepStrictEqual([one[0].data, other[0].data, model.batches], [[0, 1], [1, 2], [5]]);
  await model.ask([ask(1, 1), ask(1, 1)]);
  deepStrictEqual(model.batches, [5]);
});

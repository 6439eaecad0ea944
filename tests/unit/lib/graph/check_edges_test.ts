import { deepStrictEqual, rejects } from "node:assert/strict";
import { Graph } from "../../../../lib/graph/graph.ts";
import { OnnxModel } from "../../../../lib/models/onnx/onnx_model.ts";
import { modelRouter } from "../../../../lib/routers/model_router.ts";
import { votingEnsemble } from "../../../../lib/routers/voting_ensemble.ts";
import { forEach } from "../../../../lib/steps/for_each.ts";
import { filter } from "../../../../lib/steps/filter.ts";
import type { TensorSpec } from "../../../../lib/tensor/tensor_spec.ts";
import { faultLines, oneFault } from "../../../support/faults.ts";
import { memoryLog, runGraph } from "../../../support/run_graph.ts";

const FOREST = { modelPath: "notebooks/models/iris_forest.onnx" };
// deno-lint-ignore no-explicit-any -- whatever comes goes on
const same = (body: any) => body;

/** A class that gives what it says. */
function giving(...outputs: TensorSpec[]) {
  return class {
    static readonly outputs = outputs;
    do = same;
  };
}

/** A class that takes what it says. */
function taking(...inputs: TensorSpec[]) {
  return class {
    static readonly inputs = inputs;
    do = same;
  };
}

function pair(given: readonly TensorSpec[], taken: readonly TensorSpec[]): string[] {
  const graph = new Graph("g");
  graph.to("a", giving(...given)).to("b", taking(...taken)).respond();
  return faultLines(graph);
}

function tensor(name: string, datatype: string, ...shape: (number | string)[]): TensorSpec {
  return { name, datatype, shape };
}

const MEND = "Put a step between them that makes the one of the other, or mend the declaration that is wrong";

Deno.test("checkEdges() refuses tensors of another rank, size or datatype, naming both steps and both tensors", () => {
  deepStrictEqual(
    pair([tensor("probabilities", "FP32", -1, 3)], [tensor("image", "FP32", -1, 224, 224)]),
    oneFault(
      `step "b": step "a" gives "probabilities" FP32 [-1,3], and step "b" takes "image" FP32 [-1,224,224]. ${MEND}`,
    ),
  );
  deepStrictEqual(
    pair([tensor("x", "FP32", "batch", 3)], [tensor("x", "FP32", "batch", 4)]),
    oneFault(`step "b": step "a" gives "x" FP32 [batch,3], and step "b" takes "x" FP32 [batch,4]. ${MEND}`),
  );
  deepStrictEqual(
    pair([tensor("x", "FP64", -1, 4)], [tensor("x", "FP32", -1, 4)]),
    oneFault(`step "b": step "a" gives "x" FP64 [-1,4], and step "b" takes "x" FP32 [-1,4]. ${MEND}`),
  );
});

Deno.test("checkEdges() takes free dimensions, unknown shapes and datatypes that hold every value", () => {
  deepStrictEqual(pair([tensor("x", "FP32", -1, "features")], [tensor("y", "FP64", "rows", 4)]), []);
  deepStrictEqual(pair([tensor("x", "INT8")], [tensor("y", "FP32", 2, 2, 2)]), []);
});

Deno.test("checkEdges() refuses a tensor that is missing, and warns of one too many", () => {
  deepStrictEqual(
    pair([tensor("ids", "INT64", -1, 8)], [tensor("ids", "INT64", -1, 8), tensor("mask", "INT64", -1, 8)]),
    oneFault(
      `step "b": step "a" gives "ids" INT64 [-1,8], and step "b" takes "mask" INT64 [-1,8] as well. ` +
        `Give it, or put a step between them that does`,
    ),
  );
  deepStrictEqual(pair([tensor("ids", "INT64", -1, 8), tensor("more", "BOOL", 1)], [tensor("ids", "INT64", -1, 8)]), [
    `warning: step "b": step "a" gives "more" BOOL [1], which step "b" does not take. Leave it out, or take it`,
  ]);
});

Deno.test("checkEdges() looks through steps that pass bodies on, and not through functions", () => {
  const [given, taken] = [giving(tensor("x", "FP32", -1, 3)), taking(tensor("x", "FP32", -1, 4))];
  const passing = new Graph("g");
  passing.to("a", given).to("keep", filter(() => true)).to("b", taken).respond();
  deepStrictEqual(
    faultLines(passing),
    oneFault(`step "b": step "a" gives "x" FP32 [-1,3], and step "b" takes "x" FP32 [-1,4]. ${MEND}`),
  );
  const between = new Graph("g");
  between.to("a", given).to("pad", same).to("b", taken).respond();
  deepStrictEqual(faultLines(between), []);
});

Deno.test("checkEdges() follows resultPath to inputPath", () => {
  const [given, taken] = [giving(tensor("x", "FP32", -1, 3)), taking(tensor("x", "FP32", -1, 4))];
  const lines = (resultPath: string | undefined, inputPath: string | undefined) => {
    const graph = new Graph("g");
    graph.to("a", given, { resultPath } as object).to("b", taken, { inputPath } as object).respond();
    return faultLines(graph).length;
  };
  deepStrictEqual([lines("x", "x"), lines("x", "y"), lines("x", undefined), lines(undefined, "x")], [2, 0, 0, 0]);
});

Deno.test("checkEdges() checks each route, by what its class or its arguments declare", () => {
  const graph = new Graph("g");
  const router = graph.to("a", giving(tensor("x", "FP32", -1, 3))).to("models", modelRouter()).respond();
  router.addRoute("wide", taking(tensor("x", "FP32", -1, 9)));
  router.addRoute("fits", taking(tensor("x", "FP32", -1, 3)));
  router.addRoute("told", OnnxModel, { ...FOREST, inputs: [tensor("x", "BYTES", -1, 3)] });
  deepStrictEqual(faultLines(graph), [
    `Cannot compile graph "g": 2 faults`,
    `  step "models": step "a" gives "x" FP32 [-1,3], and step "models" (route "wide") takes "x" FP32 [-1,9]. ${MEND}`,
    `  step "models": step "a" gives "x" FP32 [-1,3], and step "models" (route "told") takes "x" BYTES [-1,3]. ${MEND}`,
  ]);
});

Deno.test("checkEdges() does not take a getter or a field of another form for a declaration", () => {
  class Other {
    static get inputs(): never {
      throw new Error("the compiler calls no code of the user's");
    }
    do = same;
  }
  class Words {
    static readonly inputs = ["a", "b"];
    do = same;
  }
  const graph = new Graph("g");
  graph.to("a", giving(tensor("x", "FP32", -1, 3))).to("b", Other).respond();
  graph.addStep("c", Words, { after: "a" });
  deepStrictEqual(faultLines(graph), []);
});

Deno.test("checkEdges() knows at the start what an ONNX file takes and gives", async () => {
  const graph = new Graph("g");
  const prepare = graph.to("prepare", giving(tensor("rows", "FP32", "rows", 5)));
  prepare.to("iris", OnnxModel, FOREST).to("next", taking(tensor("scores", "FP32", -1, 3))).respond();
  const ensemble = prepare.to("all", votingEnsemble());
  ensemble.addRoute("one", OnnxModel, FOREST);
  ensemble.to("more", taking(tensor("anything", "BYTES", 1))); // a vote is not what its members give
  deepStrictEqual(faultLines(graph), []);
  await rejects(runGraph(graph), {
    name: "GraphError",
    message: [
      `Cannot start graph "g": 3 faults`,
      `  step "iris": step "prepare" gives "rows" FP32 [rows,5], and step "iris" takes "X" FP32 [-1,4]. ${MEND}`,
      `  step "all": step "prepare" gives "rows" FP32 [rows,5], and step "all" (route "one") takes "X" FP32 [-1,4]. ${MEND}`,
      `  step "next": step "iris" gives "label" INT64 [-1], and step "next" takes "scores" FP32 [-1,3]. ${MEND}`,
    ].join("\n"),
  });
});

Deno.test("checkEdges() lets an ONNX model run between steps that fit, and logs a tensor too many", async () => {
  class Prepare {
    static readonly outputs = [tensor("X", "FP32", -1, 4), tensor("more", "BOOL", 1)];
    do(inputs: number[][]) {
      return { inputs };
    }
  }
  const fits = new Graph<number[][]>("g");
  fits.to("prepare", giving(tensor("rows", "FP16", "rows", 4)))
    .to("read", OnnxModel, { ...FOREST, maxInFlight: 2 }).respond(); // a policy keeps what the step knows
  await (await runGraph(fits)).close();

  const log = memoryLog();
  const graph = new Graph<number[][]>("g");
  graph.to("prepare", Prepare).to("iris", OnnxModel, FOREST)
    .respond();
  await using flow = await runGraph(graph, { log });
  deepStrictEqual((await flow.ask([[6.9, 3.2, 5.7, 2.3]]) as { outputs: unknown }).outputs, [2]);
  deepStrictEqual(log.lines, [
    `warn: Step "iris": step "prepare" gives "more" BOOL [1], which step "iris" does not take. Leave it out, or take it`,
  ]);
});

Deno.test("checkEdges() knows nothing behind a step that passes the body on with a result in it", () => {
  const between = (options: { resultPath?: string }) => {
    const graph = new Graph("g");
    graph.to("a", giving(tensor("x", "FP32", -1, 3))).to("note", forEach(() => "seen"), options)
      .to("b", taking(tensor("x", "FP32", -1, 4))).respond();
    return faultLines(graph).length;
  };
  deepStrictEqual([between({}), between({ resultPath: "note" })], [2, 0]);
});

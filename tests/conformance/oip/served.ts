/** The models that the suite's clients ask, as `levada serve` serves them; `mlserver/runtime.py` has the same ones. */

import {
  type InferRequest,
  modelRouter,
  ModelServer,
  OnnxModel,
  serving,
  type ServingFunction,
  StatusError,
  Tensor,
  type TensorRequest,
  votingEnsemble,
} from "../../../mod.ts";

const MODELS = new URL("../../../notebooks/models/", import.meta.url).pathname;

/** Gives every tensor back, INPUT in its name made OUTPUT. */
class Identity extends ModelServer {
  predict({ inputs }: InferRequest): readonly unknown[] {
    return inputs;
  }

  override predictTensors({ inputs }: TensorRequest): Tensor[] {
    return inputs.map((tensor) => tensor.named(tensor.name.replace("INPUT", "OUTPUT")));
  }
}

/** The sum and the difference of two tensors. */
class AddSub extends ModelServer {
  static readonly inputs = ["INPUT0", "INPUT1"].map((name) => ({ name, datatype: "FP32", shape: [-1] }));
  static readonly outputs = ["OUTPUT0", "OUTPUT1"].map((name) => ({ name, datatype: "FP32", shape: [-1] }));

  predict({ inputs }: InferRequest): unknown[] {
    return (inputs as { INPUT0: number; INPUT1: number }[]).map(({ INPUT0, INPUT1 }) => {
      if (INPUT0 === undefined || INPUT1 === undefined) throw new StatusError(400, "it takes INPUT0 and INPUT1");
      return { OUTPUT0: INPUT0 + INPUT1, OUTPUT1: INPUT0 - INPUT1 };
    });
  }
}

/** Tells the parameters of the request and of its first tensor, in an order that does not depend on who sent them. */
class Parameters extends ModelServer {
  predict(): never {
    throw new StatusError(400, "it takes tensors");
  }

  override predictTensors({ parameters = {}, inputs }: TensorRequest): Tensor[] {
    const told = { ...parameters, ...inputs[0]!.parameters };
    return [Tensor.from("told", Object.keys(told).sort().map((name) => `${name}=${JSON.stringify(told[name])}`))];
  }
}

/** A model of one text, whose whole is the request's bytes. */
class Length extends ModelServer {
  static readonly inputs = [{ name: "text", datatype: "BYTES", shape: [1] }];
  static readonly outputs = [{ name: "length", datatype: "INT32", shape: [1] }];

  predict({ inputs }: InferRequest): number[] {
    return inputs.map((text) => (text as string).length);
  }
}

/** The sums of rows, by a model that knows nothing of tensors. */
class Sum extends ModelServer {
  predict({ inputs }: InferRequest): number[] {
    return inputs.map((row) => (row as number[]).reduce((total, value) => total + value, 0.5));
  }
}

class Failing extends ModelServer {
  predict(): never {
    throw new RangeError("it broke");
  }
}

class Says extends ModelServer {
  predict({ inputs }: InferRequest): unknown[] {
    return inputs.map(() => this.param("what"));
  }
}

/** Models behind a router. */
function models(): ServingFunction {
  const fn = serving("oip");
  fn.setTopology("router", modelRouter())
    .addRoute("identity", Identity)
    .addRoute("identity:v2", Identity)
    .addRoute("add_sub", AddSub)
    .addRoute("parameters", Parameters)
    .addRoute("length", Length)
    .addRoute("sum", Sum)
    .addRoute("failing", Failing)
    .addRoute("iris", OnnxModel, { modelPath: `${MODELS}iris_forest.onnx`, backend: "native" });
  return fn;
}

/** An ensemble of members that say different numbers. */
function members(): ServingFunction {
  const fn = serving("oip-ensemble");
  fn.setTopology("router", votingEnsemble({ name: "vote", voteType: "regression" }))
    .addRoute("low", Says, { what: 1 })
    .addRoute("high", Says, { what: 4 });
  return fn;
}

/** What `levada serve` serves. */
export default models();

/** What it serves with `--export ensemble`. */
export const ensemble: ServingFunction = members();

/** The functions that the load is sent to: `levada serve functions.ts --export NAME`. */

import {
  type InferRequest,
  ModelServer,
  OnnxModel,
  serving,
  type ServingFunction,
  TensorReply,
  type TensorRequest,
} from "levada";

/** The sum of each row: nothing but the server's own work. */
class Sum extends ModelServer<InferRequest, number[]> {
  predict({ inputs }: InferRequest): number[] {
    return sums(inputs as number[][]);
  }
}

/** The same, later: its caller may leave meanwhile. */
class SumLater extends ModelServer<InferRequest, number[]> {
  async predict({ inputs }: InferRequest): Promise<number[]> {
    await Promise.resolve();
    return sums(inputs as number[][]);
  }
}

/** Gives back what it is given: nothing but the way of the bytes. */
class Identity extends ModelServer {
  predict({ inputs }: InferRequest): unknown {
    return inputs;
  }

  override predictTensors({ id = "", inputs }: TensorRequest): TensorReply {
    return new TensorReply({ model_name: this.name, id, outputs: inputs });
  }
}

function sums(rows: readonly (readonly number[])[]): number[] {
  return rows.map((row) => row.reduce((total, value) => total + value, 0));
}

function routerOf(routes: number): ServingFunction {
  const fn = serving("sums");
  const router = fn.setTopology("router");
  for (let index = 0; index < routes; index++) router.addRoute(`sum${index}`, Sum);
  return fn;
}

function modelAlone(name: string, model: typeof Sum | typeof SumLater | typeof Identity): ServingFunction {
  const fn = serving(name);
  fn.setTopology("router").addRoute(name, model);
  return fn;
}

/** A model that answers at once. */
export const sum = modelAlone("sum", Sum);
/** A model that answers later, with a time limit: cancellation is armed for each request. */
export const later = serving("later");
later.setTopology("flow", { timeoutMs: 30_000 }).to("sum", SumLater).respond();
/** Tensors in, tensors out. */
export const identity = modelAlone("identity", Identity);
/** A router with few routes. */
export const ten = routerOf(10);
/** A router with many routes. */
export const thousand = routerOf(1_000);
/** A real model. */
export const iris = serving("iris");
iris.setTopology("router").addRoute("iris", OnnxModel, {
  modelPath: new URL("../../../notebooks/models/iris_logreg.onnx", import.meta.url).pathname,
});

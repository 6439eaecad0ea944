/** The function that the suite's clients ask: models of every kind that gRPC's calls can meet. */

import {
  type Context,
  type InferRequest,
  modelRouter,
  ModelServer,
  serving,
  StatusError,
  Tensor,
  type TensorRequest,
} from "../../../mod.ts";

/** Gives every tensor back under its name with `_out` behind it. */
class Echo extends ModelServer {
  static readonly inputs = [{ name: "x", datatype: "FP32", shape: [-1, 2] }];
  static readonly outputs = [{ name: "x_out", datatype: "FP32", shape: ["batch", 2] }];

  predict({ inputs }: InferRequest): readonly unknown[] {
    return inputs;
  }

  override predictTensors({ inputs, parameters }: TensorRequest): Tensor[] {
    const told = parameters === undefined ? [] : [Tensor.from("parameters", [JSON.stringify(parameters, textOfBig)])];
    return [...inputs.map((tensor) => tensor.named(`${tensor.name}_out`)), ...told];
  }
}

function textOfBig(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value;
}

/** A model of rows, that knows nothing of tensors. */
class Sum extends ModelServer {
  predict({ inputs }: InferRequest): number[] {
    return inputs.map((row) => (row as number[]).reduce((total, value) => total + value, 0));
  }
}

/** Fails as it is told, with a status. */
class Failing extends ModelServer {
  predict({ inputs }: InferRequest): never {
    const [status] = inputs as number[];
    if (status === 1) throw new Error("it broke");
    throw new StatusError(status!, `told to fail with ${status} ü`, status === 503 ? { retryAfterMs: 1_500 } : {});
  }
}

/** Waits until its caller leaves, and counts who did. */
class Waiting extends ModelServer {
  static left = 0;
  static waiting = 0;

  async predict(_request: InferRequest, context: Context): Promise<never> {
    Waiting.waiting += 1;
    await new Promise<void>((resolve) => {
      if (context.signal.aborted) resolve();
      context.signal.addEventListener("abort", () => resolve());
    });
    Waiting.waiting -= 1;
    Waiting.left += 1;
    throw new Error("its caller left");
  }
}

/** Tells how many callers wait, and how many have left. */
class Counting extends ModelServer {
  predict(): number[] {
    return [Waiting.waiting, Waiting.left, Chunks.made, Chunks.stopped];
  }
}

/** What the streaming function did. */
const Chunks = { made: 0, stopped: 0 };

/** Models behind one router. */
export function models() {
  const fn = serving("grpc-models");
  fn.addModel("echo", Echo).addModel("sum", Sum).addModel("sum:v2", Sum).addModel("failing", Failing);
  fn.addModel("waiting", Waiting).addModel("counting", Counting);
  return fn;
}

/** A flow that answers a request by several chunks. */
export function streaming() {
  const fn = serving("grpc-streaming");
  void modelRouter;
  fn.setTopology("flow").to("repeat", async function* repeat(body: { inputs: { data: ArrayLike<number> }[] }) {
    try {
      const count = Number(body.inputs[0]!.data[0]);
      for (let n = 0; n < count; n++) {
        Chunks.made += 1;
        yield [n];
        if (count === 13 && n === 2) throw new StatusError(422, "thirteen breaks");
      }
    } finally {
      Chunks.stopped += 1;
    }
  }).respond();
  return fn;
}

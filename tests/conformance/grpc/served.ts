/** The functions that the suite's clients ask: models and streams of every kind that gRPC's calls can meet. */

import {
  type Context,
  type FlowEvent,
  type InferRequest,
  modelRouter,
  ModelServer,
  serving,
  type ServingFunction,
  StatusError,
  Tensor,
  type TensorRequest,
} from "../../../mod.ts";

/** What callers did, and what was done for them. */
const COUNTS = { waiting: 0, left: 0, made: 0, stopped: 0, lasting: 0 };

/** Gives every tensor back under its name with `_out` behind it, and the parameters as text. */
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

/** Fails with the status that it is given: 1 is an error of its own, and below 100 it does not fail. */
class Failing extends ModelServer {
  predict({ inputs }: InferRequest): readonly unknown[] {
    const [status] = inputs as number[];
    if (this.key === "counted" && status === 1) return inputs;
    if (status === 1) throw new Error("it broke");
    throw new StatusError(status!, `told to fail with ${status} ü`, status === 503 ? { retryAfterMs: 1_500 } : {});
  }
}

/** Waits until its caller leaves, and counts who did. */
class Waiting extends ModelServer {
  async predict(_request: InferRequest, { signal }: Context): Promise<never> {
    COUNTS.waiting += 1;
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => resolve());
    if (!signal.aborted) await promise;
    COUNTS.waiting -= 1;
    COUNTS.left += 1;
    throw new Error("its caller left");
  }
}

class Counting extends ModelServer {
  predict(): number[] {
    return Object.values(COUNTS);
  }
}

/** A model that streams: the whole numbers below the first value, and their squares. */
class Below extends ModelServer {
  predict(): never {
    throw new Error("it takes tensors");
  }

  override async *predictTensors({ inputs }: TensorRequest) {
    try {
      for (let n = 0; n < Number(inputs[0]!.data[0]); n++) {
        COUNTS.made += 1;
        yield [Tensor.from("output", [n], "INT32"), Tensor.from("square", [BigInt(n) ** 2n], "INT64")];
      }
    } finally {
      COUNTS.stopped += 1;
    }
  }
}

/** Tells what came with the request. */
class Headers {
  doEvent({ headers, trigger, path }: FlowEvent): string[] {
    return [[...headers].map((pair) => pair.join(": ")).join("\n") + `\ntrigger: ${trigger}\npath: ${path}`];
  }
}

/** Models behind one router, and a branch that goes on when the caller of `lasting` has its answer. */
export function models(): ServingFunction {
  const fn = serving("grpc-models");
  const begin = fn.setTopology("flow").to("begin", (event: FlowEvent) => event, { fullEvent: true });
  const router = begin.to("models", modelRouter()).respond();
  router.addRoute("echo", Echo).addRoute("sum", Sum).addRoute("sum:v2", Sum).addRoute("loose", Sum);
  router.addRoute("failing", Failing).addRoute("counted", Failing).addRoute("waiting", Waiting);
  router.addRoute("counting", Counting).addRoute("lasting", Sum).addRoute("headers", Headers).addRoute("below", Below);
  begin.to("behind", async (event: FlowEvent, { signal }: Context) => {
    if (!event.path.includes("lasting")) return;
    await new Promise((resolve) => setTimeout(resolve, 300));
    if (!signal.aborted) COUNTS.lasting += 1;
  }, { fullEvent: true });
  return fn;
}

/** A flow that answers a request by as many chunks as it says, each of so many bytes: `[chunks, bytes]`. */
export function streaming(): ServingFunction {
  const fn = serving("grpc-streaming");
  fn.setTopology("flow").to("repeat", async function* repeat(body: { inputs: { data: ArrayLike<number> }[] }) {
    const [count = 0, bytes = 4] = Array.from(body.inputs[0]!.data, Number);
    try {
      for (let n = 0; n < count; n++) {
        if (count === 13 && n === 2) throw new StatusError(422, "thirteen breaks");
        COUNTS.made += 1;
        yield new Int32Array(bytes / 4).fill(n);
      }
    } finally {
      COUNTS.stopped += 1;
    }
  }).respond();
  return fn;
}

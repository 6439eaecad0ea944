/** Models that run in workers and processes, and behave badly when they are told to. */

import process from "node:process";
import type { Context } from "../../lib/graph/context.ts";
import type { FlowEvent } from "../../lib/graph/event.ts";
import { ModelServer } from "../../lib/models/model_server.ts";
import type { InferRequest } from "../../lib/protocol/reply.ts";
import type { TensorRequest } from "../../lib/protocol/tensor_request.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";

/** Does what the first input says. */
export class Moody extends ModelServer {
  static readonly module = import.meta.url;
  #asked = 0;

  override load(): void {
    if (this.param("refuses", false)) throw new Error("cannot load");
  }

  async predict({ inputs }: InferRequest, context: Context): Promise<unknown> {
    this.#asked += 1;
    const [what] = inputs;
    switch (what) {
      case "loop":
        for (;;);
      case "late loop":
        await new Promise((resolve) => setTimeout(resolve, 1));
        context.log.info("looping");
        for (;;);
      case "heap": {
        const kept: unknown[] = [];
        for (;;) kept.push(Array.from({ length: 10_000 }, (_, index) => ({ index })));
      }
      case "bytes": {
        const kept: unknown[] = [];
        for (;;) kept.push(new Uint8Array(16 * 2 ** 20).fill(1));
      }
      case "throw later":
        setTimeout(() => {
          throw new Error("thrown in a timer");
        }, 0);
        return await new Promise(() => {});
      case "reject":
        Promise.reject(new Error("nobody took it"));
        return await new Promise(() => {});
      case "exit":
        Deno.exit(3);
        break;
      case "process.exit":
        return process.exit(4);
      case "deep": {
        const deeper = (depth: number): number => deeper(depth + 1) + 1;
        return deeper(0);
      }
      case "wait":
        context.log.info("waiting");
        return await new Promise((resolve) =>
          context.signal.addEventListener("abort", () => {
            context.log.info("aborted");
            resolve(["aborted"]);
          })
        );
      case "function":
        return [() => {}];
      case "tell":
        context.metric("told", 7);
        context.log.warn("beware", { of: "the dog" });
        context.pushError({} as FlowEvent, new Error("small trouble"));
        return [context.step, context.function, context.param("p"), this.param("own")];
      case "pid":
        return [Deno.pid];
      case "asked":
        return [this.#asked];
      default:
        return inputs.map((input) => Number(input) * this.param("k", 1));
    }
  }

  opWhere({ path, method, id }: FlowEvent): unknown {
    return { path, method, id };
  }
}

/** Doubles tensors of numbers. */
export class Doubling extends ModelServer {
  static readonly module = import.meta.url;
  static readonly inputs = [{ name: "x", datatype: "FP32", shape: [-1] }];

  predict({ inputs }: InferRequest): number[] {
    return inputs.map((input) => Number(input) * 2);
  }

  override predictTensors({ inputs }: TensorRequest): Tensor[] {
    const [{ shape, data }] = inputs as [Tensor];
    return [new Tensor("y", { datatype: "FP32", shape, data: (data as Float32Array).map((value) => value * 2) })];
  }
}

/** A task that is no model. */
export class AddOne {
  static readonly module = import.meta.url;
  readonly #by: number;

  constructor({ by = 1 }: { by?: number }) {
    this.#by = by;
  }

  do({ n, ...rest }: { n: number }): object {
    if (typeof n !== "number") throw new TypeError("n is no number");
    return { ...rest, n: n + this.#by };
  }
}

/** Gives back what it gets, and says what it got. */
export class Mirror {
  static readonly module = import.meta.url;

  do(body: TensorRequest): object {
    return { ...body, got: body.inputs.map((input) => input instanceof Tensor) };
  }
}

/** Streams the numbers below the first input, and says in the log what it does; then it may fail, wait for its caller to leave, or loop. */
export class Below extends ModelServer<InferRequest, unknown> {
  static readonly module = import.meta.url;

  async *predict({ inputs: [below, then] }: InferRequest, { log, signal }: Context): AsyncGenerator<unknown> {
    try {
      for (let n = 0; n < Number(below); n++) {
        log.info(`makes ${n}`);
        yield await Promise.resolve([n]);
      }
      if (then === "fail") throw new TypeError("there is no more");
      if (then === "function") yield [() => {}];
      if (then === "loop") { for (;;); }
      if (then === "wait") {
        log.info("waits");
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        log.info("aborted");
      }
    } finally {
      log.info("stops");
    }
  }

  override async *predictTensors({ inputs: [below] }: TensorRequest): AsyncGenerator<Tensor[], void, undefined> {
    for (let n = 0; n < Number(below!.data[0]); n++) yield [Tensor.from("n", new Float32Array(100).fill(n))];
  }

  opNested(): unknown {
    return { list: [this.predict({ inputs: [1] }, this.context)] };
  }
}

/** A task that streams what it gets, letter by letter; it is not asynchronous. */
export class Letters {
  static readonly module = import.meta.url;

  *do(text: string): Generator<unknown> {
    for (const letter of text) yield letter === "?" ? Promise.resolve("later") : { letter };
  }
}

/** What `serve_soak.ts` serves: models and steps that answer at once, later, in pieces, never, and not at all. */

import { type Context, type InferRequest, modelRouter, ModelServer, serving } from "levada";

class Quick extends ModelServer {
  predict({ inputs }: InferRequest): number[] {
    return inputs.map((row) => (row as number[]).reduce((sum, value) => sum + value, 0));
  }
}

class Later extends ModelServer {
  async predict({ inputs }: InferRequest): Promise<number[]> {
    await new Promise((resolve) => setTimeout(resolve, 2));
    return inputs.map((row) => (row as number[]).length);
  }
}

/** Answers when its caller leaves. */
class Never extends ModelServer {
  async predict(_request: InferRequest, { signal }: Context): Promise<number[]> {
    await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    return [];
  }
}

class Fails extends ModelServer {
  predict(): number[] {
    throw new Error("on purpose");
  }
}

class Counts extends ModelServer {
  async *predict({ inputs }: InferRequest): AsyncGenerator<number> {
    for (let n = 0; n < (inputs[0] as number); n++) {
      yield n;
      if (n % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

const fn = serving("soak");
fn.setTopology("router", modelRouter())
  .addRoute("quick", Quick).addRoute("later", Later).addRoute("never", Never).addRoute("fails", Fails)
  .addRoute("counts", Counts);

/** The function. */
export default fn;

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import type { Context } from "../../../../../lib/graph/context.ts";
import { ModelServer } from "../../../../../lib/models/model_server.ts";
import type { InferRequest } from "../../../../../lib/protocol/reply.ts";
import { serving } from "../../../../../lib/functions/serving.ts";
import { testClock } from "../../../../../lib/testing/mod.ts";

const BATCHING = { maxRows: 8, maxDelayMs: 5 };
let calls: unknown[][] = [];

class Double extends ModelServer<InferRequest, number[]> {
  predict({ inputs }: InferRequest): number[] {
    calls.push([...inputs]);
    if (inputs.includes(13)) throw new Error("13 is bad");
    return inputs.map((input) => Number(input) * 2);
  }
}

class Sum extends ModelServer {
  predict({ inputs }: InferRequest, _context: Context): number {
    calls.push([...inputs]);
    return inputs.reduce((sum: number, input) => sum + Number(input), 0);
  }
}

class Parted extends Double {
  override batchKey({ inputs }: InferRequest): number {
    return Number(inputs[0]) % 2;
  }
}

async function opened(model: new (...args: ConstructorParameters<typeof ModelServer>) => ModelServer) {
  calls = [];
  const clock = testClock();
  const fn = serving("batched");
  fn.setTopology("router").addRoute("m", model, { batching: BATCHING });
  const server = await fn.toMockServer({ clock });
  const ask = async (bodies: object[]) => {
    const replies = bodies.map((body) =>
      server.test("/v2/models/m/infer", body).then(({ outputs }) => outputs, String)
    );
    await clock.advance(5);
    return await Promise.all(replies);
  };
  return { ask, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

Deno.test("batching joins the rows of any model's requests, and gives each its own answers", async () => {
  await using model = await opened(Double);
  deepStrictEqual(await model.ask([{ inputs: [1] }, { inputs: [2, 3] }, { inputs: [4] }]), [[2], [4, 6], [8]]);
  deepStrictEqual(calls, [[1, 2, 3, 4]]);
});

Deno.test("batching takes typed arrays for rows", async () => {
  class Typed extends ModelServer<InferRequest, Float64Array> {
    predict({ inputs }: InferRequest): Float64Array {
      calls.push([...inputs]);
      return Float64Array.from(inputs as number[], (input) => input / 2);
    }
  }
  await using model = await opened(Typed);
  deepStrictEqual(await model.ask([{ inputs: [1] }]), [[0.5]]);
  deepStrictEqual(await model.ask([{ inputs: [1] }, { inputs: [2, 3] }]), [[0.5], [1, 1.5]]);
  deepStrictEqual(calls, [[1], [1, 2, 3]]);
});

Deno.test("batching fails only the bad request", async () => {
  await using model = await opened(Double);
  const [first, bad, last] = await model.ask([{ inputs: [1] }, { inputs: [13] }, { inputs: [2] }]);
  deepStrictEqual([first, last], [[2], [4]]);
  strictEqual(/13 is bad/.test(String(bad)), true, String(bad));
});

Deno.test("batching joins no requests that say different things besides their rows", async () => {
  await using model = await opened(Double);
  const bodies = [{ inputs: [1], parameters: { a: 1 } }, { inputs: [2] }, { id: "x", inputs: [3] }];
  deepStrictEqual(await model.ask(bodies), [[2], [4], [6]]);
  deepStrictEqual(calls, [[1], [2, 3]]);
});

Deno.test("batching takes a rule of one's own", async () => {
  await using model = await opened(Parted);
  deepStrictEqual(await model.ask([{ inputs: [1] }, { inputs: [2] }, { inputs: [3] }]), [[2], [4], [6]]);
  deepStrictEqual(calls, [[1, 3], [2]]);
});

Deno.test("batching leaves a model alone that does not give an answer a row", async () => {
  await using model = await opened(Sum);
  deepStrictEqual(await model.ask([{ inputs: [1, 2] }, { inputs: [3] }]), [3, 3]);
  deepStrictEqual(calls, [[1, 2, 3], [1, 2], [3]]);
  deepStrictEqual(await model.ask([{ inputs: [4] }, { inputs: [5] }]), [4, 5]);
  deepStrictEqual(calls.slice(3), [[4], [5]]);
});

Deno.test("batching joins nothing where a request alone shows that answers are not one a row", async () => {
  class Columns extends ModelServer {
    predict({ inputs }: InferRequest): unknown[] {
      calls.push([...inputs]);
      return [0, 1, 2].map((column) => inputs.map((row) => (row as number[])[column]));
    }
  }
  await using model = await opened(Columns);
  const row = (who: number) => [who, who + 0.1, who + 0.2];
  await model.ask([{ inputs: [row(9)] }]);
  const given = await model.ask([1, 2, 3].map((who) => ({ inputs: [row(who)] })));
  deepStrictEqual(given, [1, 2, 3].map((who) => row(who).map((value) => [value])));
  strictEqual(calls.length, 4);
});

Deno.test("batching takes the rows of a caller who leaves out of what has not run", async () => {
  calls = [];
  const clock = testClock();
  const fn = serving("batched");
  fn.setTopology("router").addRoute("m", Double, { batching: BATCHING });
  await using flow = await fn.start({ clock });
  const leaving = new AbortController();
  const path = "/v2/models/m/infer";
  const left = flow.ask({ inputs: [1] }, { path, signal: leaving.signal }).catch(String);
  const stays = flow.ask({ inputs: [2] }, { path }) as Promise<{ outputs: number[] }>;
  await clock.advance(1);
  leaving.abort();
  strictEqual(/The caller left/.test(String(await left)), true);
  await clock.advance(4);
  deepStrictEqual([(await stays).outputs, calls], [[4], [[2]]]);
});

for (
  const [batching, message] of [
    [{ maxDelayMs: 5 }, /Cannot load model "m": Cannot batch: maxRows is undefined/],
    [5, /Cannot load model "m": its batching is no object with maxRows and maxDelayMs/],
  ] as const
) {
  Deno.test(`batching ${JSON.stringify(batching)} is refused when the model is loaded`, async () => {
    const fn = serving("batched");
    fn.setTopology("router").addRoute("m", Double, { batching: batching as never });
    await rejects(fn.start({ clock: testClock() }), { message });
  });
}

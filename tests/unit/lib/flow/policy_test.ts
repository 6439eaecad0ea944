import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { StatusError } from "../../../../lib/errors.ts";
import type { Context } from "../../../../lib/graph/context.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { batch } from "../../../../lib/steps/batch.ts";
import type { StepOptions } from "../../../../lib/graph/step.ts";
import { settle, testClock } from "../../../../lib/testing/test_clock.ts";
import { runGraph } from "../../../support/run_graph.ts";

async function flowOf(step: (body: number[], context: Context) => unknown, options: StepOptions) {
  const clock = testClock();
  const graph = new Graph<number[]>("g");
  graph.to("work", step, options as object).respond();
  return { clock, flow: await runGraph(graph, { clock }) };
}

Deno.test("withPolicy() tries a failed run again, each on the body as it came, after growing pauses", async () => {
  const at: number[] = [];
  const { clock, flow } = await flowOf((body) => {
    at.push(clock.now());
    body.push(9);
    if (at.length < 4) throw new Error("not yet");
    return body;
  }, { retries: 3, backoffMs: 100 });
  const asked = flow.ask([1]);
  await clock.advance(1_000);
  deepStrictEqual(await asked, [1, 9]);
  const pauses = at.slice(1).map((time, index) => time - at[index]!);
  for (const [index, longest] of [100, 200, 400].entries()) {
    ok(pauses[index]! >= longest / 2 && pauses[index]! <= longest, `pause ${index} is ${pauses[index]} ms`);
  }
  await flow.close();
});

Deno.test("withPolicy() gives up after the last retry, and at once where the caller is at fault", async () => {
  for (const [error, runs] of [[new Error("down"), 3], [new StatusError(400, "wrong"), 1]] as const) {
    let count = 0;
    const { clock, flow } = await flowOf(async () => {
      count++;
      await Promise.resolve();
      throw error;
    }, { retries: 2 });
    const asked = rejects(flow.ask([1]), new RegExp(error.message));
    await clock.advance(10_000);
    await asked;
    strictEqual(count, runs);
    await flow.close();
  }
});

Deno.test("withPolicy() cuts off a run that never answers, tells it by its signal, and ignores what comes late", async () => {
  let late: (body: number[]) => void = () => {};
  let signal: AbortSignal | undefined;
  const { clock, flow } = await flowOf((_body, context) => {
    signal = context.signal;
    return new Promise((resolve) => late = resolve);
  }, { timeoutMs: 50 });
  const asked = rejects(flow.ask([1]), (error: { status: number; message: string }) => {
    deepStrictEqual([error.status, /Step "work" has no answer after 50 ms/.test(error.message)], [504, true]);
    return true;
  });
  await clock.advance(50);
  await asked;
  strictEqual(signal?.aborted, true);
  late([7]);
  await settle();
  await flow.close();
  strictEqual(clock.timers, 0);
});

Deno.test("withPolicy() opens its breaker after failures in a row, and closes it when a run works again", async () => {
  let isDown = true;
  let runs = 0;
  const { clock, flow } = await flowOf((body) => {
    runs++;
    if (isDown) throw new Error("down");
    return body;
  }, { breaker: { failures: 2, coolDownMs: 1_000 } });
  for (const _ of [1, 2]) await rejects(flow.ask([1]), /down/);
  await rejects(flow.ask([1]), /failed 2 times in a row and is tried again in 1000 ms/);
  await clock.advance(1_000);
  await rejects(flow.ask([1]), /down/);
  await rejects(flow.ask([1]), /tried again in/);
  await clock.advance(1_000);
  isDown = false;
  for (const _ of [1, 2]) deepStrictEqual(await flow.ask([1]), [1]);
  strictEqual(runs, 5);
  await flow.close();
});

Deno.test("compile() refuses a policy on a step that holds events, and options out of range", async () => {
  const graph = new Graph<number>("g");
  graph.to("batch", batch<number>(), { timeoutMs: 5 });
  graph.to("work", (n: number) => n, { retries: -1, maxInFlight: 0, backoffMs: NaN, maxIterations: 1.5 });
  await rejects((async () => await runGraph(graph))(), (error: Error) => {
    for (
      const part of [
        "timeoutMs has no meaning",
        "retries is -1",
        "maxInFlight is 0",
        "backoffMs is NaN",
        "maxIterations is 1.5",
      ]
    ) {
      ok(error.message.includes(part), `${part} in ${error.message}`);
    }
    return true;
  });
});

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { StatusError } from "../../../../lib/errors.ts";
import type { Context } from "../../../../lib/graph/context.ts";
import type { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { batch } from "../../../../lib/steps/batch.ts";
import type { StepDefinition } from "../../../../lib/graph/operator.ts";
import { ReadyStep, type StepOptions } from "../../../../lib/graph/step.ts";
import { settle, testClock } from "../../../../lib/testing/test_clock.ts";
import { memoryLog, runGraph } from "../../../support/run_graph.ts";

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

Deno.test("withPolicy() lets no run that was cut off write into the event that a handler works on", async () => {
  const clock = testClock();
  let late: (body: number[]) => void = () => {};
  const graph = new Graph<number[]>("g");
  graph.to("work", (_body: number[]) => new Promise<number[]>((resolve) => late = resolve), { timeoutMs: 50 }).respond()
    .errorHandler("handle", async (event: FlowEvent<number[]>) => {
      late([7]);
      await settle();
      return event.body;
    }, { fullEvent: true });
  const flow = await runGraph(graph, { clock });
  const asked = flow.ask([1]);
  await clock.advance(50);
  deepStrictEqual(await asked, [1]);
  await flow.close();
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

Deno.test("withPolicy() goes by what a failure says of another try: whether, and when", async () => {
  const minute = { retryAfterMs: 60_000 };
  for (
    const [error, runs, tookMs] of [
      [new StatusError(400, "wrong", { isTransient: true }), 2, [50, 100]],
      [new StatusError(500, "broken", { isTransient: false }), 1, [0, 0]],
      [new StatusError(503, "busy", minute), 2, [60_000, 60_000]],
      [new StatusError(503, "away", { retryAfterMs: 3_600_000 }), 1, [0, 0]],
    ] as const
  ) {
    const at: number[] = [];
    const { clock, flow } = await flowOf(() => {
      at.push(clock.now());
      throw error;
    }, { retries: 1, backoffMs: 100 });
    const asked = rejects(flow.ask([1]), new RegExp(error.message));
    await clock.advance(120_000);
    await asked;
    strictEqual(at.length, runs, error.message);
    ok(at.at(-1)! >= tookMs[0] && at.at(-1)! <= tookMs[1], `${error.message}: after ${at.at(-1)} ms`);
    await flow.close();
  }
});

Deno.test("withPolicy() does not wait for a breaker that opens between two tries: the failure is told", async () => {
  const { clock, flow } = await flowOf(() => {
    throw new Error("down");
  }, { retries: 5, backoffMs: 10, breaker: { failures: 2, coolDownMs: 1_000_000 } });
  const asked = rejects(flow.ask([1]), /down/);
  await clock.advance(1_000);
  await asked;
  await rejects(flow.ask([1]), /failed 2 times in a row/);
  strictEqual(clock.timers, 0);
  await flow.close();
});

Deno.test("withPolicy() lets the next event look whether the step works, where the caller of the last has left", async () => {
  let answer: () => void = () => {};
  let isDown = true;
  const { clock, flow } = await flowOf((body) => {
    if (isDown) throw new Error("down");
    return new Promise((resolve, reject) => answer = () => body[0] === 1 ? reject(new Error("left")) : resolve(body));
  }, { breaker: { failures: 1, coolDownMs: 1_000 } });
  await rejects(flow.ask([1]), /down/);
  await clock.advance(1_000);
  isDown = false;
  const caller = new AbortController();
  const left = rejects(flow.ask([1], { signal: caller.signal }), { status: 499 });
  caller.abort();
  answer();
  await left;
  await settle();
  const asked = flow.ask([2]);
  answer();
  deepStrictEqual(await asked, [2]);
  await flow.close();
});

Deno.test("StepScope.attempt() does a part of a step's work as the step's options say, and the step has defaults", async () => {
  const clock = testClock();
  const signals: AbortSignal[] = [];
  const definition: StepDefinition = {
    kind: "flaky",
    shape: "box",
    options: { safeParse: (data) => ({ success: true, data }) },
    code: {},
    defaults: () => ({ retries: 1, timeoutMs: 50 }),
    triesItself: true,
    open: (_spec, scope) => ({
      async process(event) {
        const work = (signal: AbortSignal) => {
          signals.push(signal);
          return new Promise<never>(() => {});
        };
        const { signal } = scope.contextOf(event);
        await scope.attempt(work, { signal, overdue: (limitMs) => new Error(`late by ${limitMs} ms`) });
        return event;
      },
    }),
  };
  for (const [options, runs] of [[{}, 2], [{ retries: 0 }, 1]] as const) {
    const graph = new Graph<number>("g");
    graph.to("flaky", new ReadyStep<number, number>(definition), options).respond();
    const flow = await runGraph(graph, { clock });
    const asked = rejects(flow.ask(1), /late by 50 ms/);
    await clock.advance(1_000);
    await asked;
    deepStrictEqual(signals.splice(0).map(({ aborted }) => aborted), new Array(runs).fill(true));
    await flow.close();
  }
  strictEqual(clock.timers, 0);
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

Deno.test("withPolicy() tells the log of each retry: which step, when, how many are left, and why", async () => {
  const clock = testClock();
  const log = memoryLog();
  const graph = new Graph<number>("g");
  graph.to("shaky", (n) => {
    throw new Error(`no ${n}`);
  }, { retries: 2, backoffMs: 100 }).respond();
  const flow = await runGraph(graph, { clock, log });
  const failed = rejects(flow.ask(1), /no 1/);
  await clock.advance(1_000);
  await failed;
  await flow.close();
  deepStrictEqual(log.lines.map((line) => line.replace(/in \d+ ms/, "in # ms")), [
    'warn: Step "shaky" failed and is tried again in # ms, 1 of 2: no 1',
    'warn: Step "shaky" failed and is tried again in # ms, 2 of 2: no 1',
  ]);
});

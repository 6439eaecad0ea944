import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { FlowEvent } from "levada";
import type { Operator, PlainCall } from "../../../../lib/graph/operator.ts";
import { measuredStep, WorkTimer } from "../../../../lib/telemetry/measured_step.ts";
import { Counter, Histogram } from "../../../../lib/telemetry/series.ts";
import { quietContext } from "../../../support/open_router.ts";

function open(fn: (body: unknown) => unknown) {
  const series = { events: new Counter(), times: new Histogram([1]) };
  const plain: PlainCall = { fn, context: quietContext("s"), takesContext: false, react: (_result, event) => event };
  const operator: Operator = {
    plain,
    process(event) {
      event.body = fn(event.body);
      return event;
    },
  };
  return { ...series, step: measuredStep(operator, series) };
}

Deno.test("measuredStep() times the first 64 of what is quick, then one in 16, and counts each", () => {
  const { step, events, times } = open((body) => body);
  for (let n = 0; n < 64 + 33; n++) strictEqual(step.plain!.fn(n, step.plain!.context), n);
  deepStrictEqual([events.value, times.count], [97, 64 + 3]);
  const long = open((body) => body);
  for (let n = 0; n < 64 + 33; n++) long.step.process(new FlowEvent(n));
  deepStrictEqual([long.events.value, long.times.count], [97, 64 + 3]);
});

Deno.test("measuredStep() times each event that answers later", async () => {
  const { step, events, times } = open((body) => Promise.resolve(body));
  for (let n = 0; n < 70; n++) strictEqual(await step.plain!.fn(n, step.plain!.context), n);
  deepStrictEqual([events.value, times.count], [70, 70]);
});

Deno.test("measuredStep() times what fails, and lets the failure through", () => {
  const { step, events, times } = open(() => {
    throw new RangeError("no");
  });
  throws(() => step.plain!.fn(1, step.plain!.context), RangeError);
  throws(() => step.process(new FlowEvent(1)), RangeError);
  deepStrictEqual([events.value, times.count], [2, 2]);
});

Deno.test("measuredStep() keeps what the step can do, and no more", () => {
  const operator: Operator = { process: (event) => event, flush() {}, models: () => [] };
  const step = measuredStep(operator, { events: new Counter(), times: new Histogram([1]) });
  deepStrictEqual(Object.keys(step).sort(), ["flush", "models", "process"]);
});

Deno.test("WorkTimer.measure() times work that answers now, later, and not at all", async () => {
  const times = new Histogram([1]);
  const timer = new WorkTimer(times);
  strictEqual(timer.measure(() => 1), 1);
  strictEqual(await timer.measure(() => Promise.resolve(2)), 2);
  await rejects(timer.measure(() => Promise.reject(new RangeError("no"))), RangeError);
  throws(() => timer.measure(fail), RangeError);
  strictEqual(times.count, 4);
});

Deno.test("WorkTimer.measure() counts all that is quick, also what fails, by what it times of it", () => {
  const times = new Histogram([1]);
  const timer = new WorkTimer(times);
  for (let n = 0; n < 64; n++) times.observe(0.00001);
  timer.measure(() => 1);
  const { sum, last } = times;
  for (let n = 0; n < 14; n++) timer.measure(() => 1);
  throws(() => timer.measure(fail), RangeError);
  deepStrictEqual([times.count, times.counts], [80, [80, 0]]);
  strictEqual(Math.round((times.sum - sum) * 1e9), Math.round(15 * last * 1e9));
});

function fail(): never {
  throw new RangeError("no");
}

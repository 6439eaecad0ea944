import type { Plan } from "../graph/compile.ts";
import type { Clock } from "../graph/clock.ts";
import { describeThrown, StatusError, StepError } from "../errors.ts";
import type { FlowMonitor } from "../graph/monitor.ts";
import type { Failures } from "./failures.ts";
import { giveUpAll } from "./give_up.ts";
import type { Readings } from "./readings.ts";
import type { RunningStep } from "./running_step.ts";
import type { Traffic } from "./traffic.ts";
import type { Walk } from "./walk.ts";

/** A flow that closes. */
export interface Closing {
  readonly plan: Plan;
  readonly steps: readonly RunningStep[];
  readonly walk: Walk;
  readonly traffic: Traffic;
  readonly readings: Readings;
  readonly failures: Failures;
  readonly clock: Clock;
  readonly monitor: FlowMonitor | undefined;
}

/**
 * Closes a flow that takes no more events: has the steps give out what they hold, waits for what is under way, closes every step.
 * What takes longer than `timeoutMs` is given up. Gives the result of the step that folds all events; of several, an object by step.
 *
 * @throws {AggregateError} With what steps threw, and the step and event of everything that was given up.
 */
export async function closeFlow(closing: Closing, timeoutMs: number): Promise<unknown> {
  const { plan, steps, walk, traffic, failures } = closing;
  const errors: unknown[] = [];
  const why = new StatusError(503, `flow "${plan.name}" was closed`);
  if (!await inTime(closing, timeoutMs, drain(closing, errors))) {
    errors.push(...await giveUpAll(closing, timeoutMs));
  }
  walk.stop(why);
  traffic.close();
  const results = steps.flatMap((step) => {
    try {
      return step.operator.result === undefined ? [] : [[step.name, step.operator.result()] as const];
    } catch (error) {
      errors.push(new StepError(step.name, error));
      return [];
    }
  });
  await Promise.all(steps.map(async (step) => {
    const closed = (async () => await step.operator.close?.())().catch((error) =>
      void errors.push(new StepError(step.name, error))
    );
    if (await inTime(closing, timeoutMs, closed)) return;
    errors.push(new Error(`Step "${step.name}" was not closed after ${timeoutMs} ms`));
  }));
  if (!await inTime(closing, timeoutMs, failures.close())) {
    errors.push(new Error(`The error stream has not taken all failures after ${timeoutMs} ms`));
  }
  await closing.monitor?.close();
  if (errors.length > 0) {
    const lines = errors.map((error) => `\n  ${describeThrown(error).message}`).join("");
    throw new AggregateError(errors, `Cannot close flow "${plan.name}":${lines}`);
  }
  return results.length > 1 ? Object.fromEntries(results) : results[0]?.[1];
}

async function drain({ steps, traffic, walk }: Closing, errors: unknown[]): Promise<void> {
  const flush = async (step: RunningStep) => {
    try {
      await step.operator.flush?.();
    } catch (error) {
      errors.push(new StepError(step.name, error));
    }
    await traffic.quiet();
  };
  await traffic.quiet();
  let before: number;
  do { // once where nothing is held, too; again as long as something moves: on a cycle an event comes back to the step that held it
    before = walk.givenBack;
    for (const step of steps.filter(({ joins }) => !joins)) await flush(step);
    if (walk.givenBack > before) continue; // joins last: what they miss may still be on its way
    for (const step of steps.filter(({ joins }) => joins)) await flush(step);
  } while (traffic.live > 0 && walk.givenBack > before);
  for (const step of steps) { // what steps still hold after they were asked to give it out, so that nobody waits for ever
    for (const event of [...step.holding]) {
      walk.fail(step, event, new Error(`Step "${step.name}" still held the event when the flow closed`));
    }
  }
  await traffic.drained();
}

/** Waits for something, but not longer than the limit; tells whether it came in time. */
async function inTime({ clock }: Closing, timeoutMs: number, work: Promise<void>): Promise<boolean> {
  if (timeoutMs === Infinity) {
    await work;
    return true;
  }
  let cancel = () => {};
  const limit = new Promise<false>((resolve) => cancel = clock.schedule(timeoutMs, () => resolve(false)));
  try {
    return await Promise.race([work.then(() => true), limit]);
  } finally {
    cancel();
  }
}

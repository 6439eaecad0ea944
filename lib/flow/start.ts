import { type Fault, GraphError } from "../errors.ts";
import type { Plan } from "../graph/compile.ts";
import type { FlowEvent } from "../graph/event.ts";
import { Counts } from "./counts.ts";
import { Failures } from "./failures.ts";
import { Flow } from "./flow.ts";
import { openSteps } from "./open.ts";
import { openFaults } from "./open_faults.ts";
import { Readings } from "./readings.ts";
import type { RunningStep } from "./running_step.ts";
import { statesByFunction } from "./states_by_function.ts";
import type { Surroundings } from "./surroundings.ts";
import { SYSTEM_CLOCK } from "./system_clock.ts";
import { Traffic } from "./traffic.ts";
import { Walk } from "./walk.ts";

/** How a flow is started. */
export interface StartOptions {
  /** What steps may ask of where they run. */
  readonly surroundings: Surroundings;
  /** Told of each step that an event enters; for tests. Default: nobody is told, at no cost. */
  readonly observe?: (step: string, event: FlowEvent) => void;
  /** How many events may wait for something at once before `emit` waits. Default: the graph's limit, else 1,000. */
  readonly maxInFlight?: number;
  /** An event without an answer after so many milliseconds fails, where the graph says no time of its own. Default: no limit. */
  readonly timeoutMs?: number;
}

const MAX_IN_FLIGHT = 1_000; // enough to keep asynchronous steps busy, few enough to be held in memory

/**
 * Opens every step of a plan at once, loads its models, and gives the running flow.
 *
 * @throws {GraphError} Naming every step that could not be opened; those that could are closed again.
 */
export async function start(plan: Plan, options: StartOptions): Promise<Flow> {
  const { observe } = options;
  const surroundings = { stateOf: statesByFunction(), ...options.surroundings };
  const sent = new Map<string, unknown[]>();
  const counts = new Counts();
  const faults: Fault[] = [];
  const { monitor } = surroundings;
  const clock = surroundings.clock ?? SYSTEM_CLOCK;
  const failures = new Failures(surroundings, counts, clock);
  const traffic = new Traffic({
    clock,
    maxWaiting: options.maxInFlight ?? plan.limits.maxInFlight ?? MAX_IN_FLIGHT,
    timeoutMs: plan.limits.timeoutMs ?? options.timeoutMs,
    onFailure: (event, error, isTold) => failures.failed(event, error, isTold),
  });
  const walk = new Walk(traffic, {
    probe: observe === undefined ? undefined : { enter: observe },
    freezes: surroundings.isMock,
  });
  const steps = await openSteps(plan, {
    walk,
    traffic,
    clock,
    counts,
    sent,
    surroundings: {
      ...surroundings,
      pushError: (event, error, step) => failures.reported(event, error, step),
    },
    faults,
  });
  if (faults.length === 0) faults.push(...openFaults(plan, steps as RunningStep[], surroundings.log));
  if (faults.length > 0) {
    await Promise.allSettled(steps.map((step) => step?.operator.close?.()));
    await surroundings.monitor?.close();
    await surroundings.errorStream?.close?.();
    throw new GraphError(`start graph "${plan.name}"`, faults);
  }
  return new Flow({
    plan,
    walk,
    steps: steps as RunningStep[],
    sent,
    counts,
    failures,
    traffic,
    readings: new Readings(traffic),
    clock,
    monitor,
  });
}

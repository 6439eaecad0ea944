import type { Plan } from "../graph/compile.ts";
import type { Clock } from "../graph/clock.ts";
import type { FlowMonitor } from "../graph/monitor.ts";
import type { Counts } from "./counts.ts";
import type { Failures } from "./failures.ts";
import type { Readings } from "./readings.ts";
import type { RunningStep } from "./running_step.ts";
import type { Traffic } from "./traffic.ts";
import type { Walk } from "./walk.ts";

/** What a running flow is made of. */
export interface FlowParts {
  readonly plan: Plan;
  readonly walk: Walk;
  readonly steps: readonly RunningStep[];
  readonly sent: ReadonlyMap<string, readonly unknown[]>;
  readonly counts: Counts;
  readonly failures: Failures;
  readonly traffic: Traffic;
  readonly readings: Readings;
  readonly clock: Clock;
  readonly monitor: FlowMonitor | undefined;
}

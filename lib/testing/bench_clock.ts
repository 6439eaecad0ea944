import { setTimeout as pause } from "node:timers/promises";
import { SYSTEM_CLOCK } from "../flow/system_clock.ts";
import type { Clock } from "../graph/clock.ts";

/** The time of a bench: one that stands still until it is moved, or the machine's where a broker goes by that. */
export interface BenchClock extends Clock {
  /** How long until something may be due, in milliseconds; undefined where nothing is. */
  readonly nextMs: number | undefined;
  /** Lets so much time go by. */
  advance(ms: number): Promise<void>;
}

const LOOK_MS = 20; // how often it is looked whether something has come of a broker

/** The machine's time, which goes by itself. */
export const MACHINE_TIME: BenchClock = {
  ...SYSTEM_CLOCK,
  nextMs: LOOK_MS,
  advance: (ms) => pause(ms),
};

import { z } from "zod";

/** What a flow may do at most. */
export interface FlowLimits {
  /** Whether steps may send events back to earlier steps. Default false. */
  allowCycles?: boolean;
  /** How often one event may enter a step that lies on a cycle, 1 or more. Default 100. */
  maxIterations?: number;
  /** An event without an answer after so many milliseconds fails with status 504, also a stream that has not ended. Default: no limit. */
  timeoutMs?: number;
  /** What is still under way so many milliseconds after closing began fails with status 503. Default 30,000. */
  closeTimeoutMs?: number;
  /**
   * How many events may wait for something at once before `emit` waits, 1 or more. Default 1,000. A step that awaits `emit` into its own
   * flow is one of them: while the flow is full, the step and its `emit` wait for each other, until `close` gives both up. Send an
   * event back by `cycleTo` instead, or do not await.
   */
  maxInFlight?: number;
}

/** The form of the limits in a document. */
export const FLOW_LIMITS = z.strictObject({
  allowCycles: z.boolean().optional(),
  maxIterations: z.int().min(1).optional(),
  timeoutMs: z.number().positive().optional(),
  closeTimeoutMs: z.number().positive().optional(),
  maxInFlight: z.int().min(1).optional(),
});

const NAMES = Object.keys(FLOW_LIMITS.shape) as (keyof FlowLimits)[];

/** The limits among a graph's options. */
export function limitsOf(options: FlowLimits): FlowLimits {
  const given = NAMES.flatMap((name) => options[name] === undefined ? [] : [[name, options[name]]]);
  return Object.fromEntries(given) as FlowLimits;
}

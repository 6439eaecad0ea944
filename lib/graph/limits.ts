import { z } from "zod";

/** What a flow may do at most. */
export interface FlowLimits {
  /** Whether steps may send events back to earlier steps. Default false. */
  allowCycles?: boolean;
  /** How often one event may enter a step that lies on a cycle, 1 or more. Default 100. */
  maxIterations?: number;
  /** An event without an answer after so many milliseconds fails with status 504. Default: no limit. */
  timeoutMs?: number;
  /** How many events may wait for something at once before `emit` waits, 1 or more. Default 1,000. */
  maxInFlight?: number;
}

/** The form of the limits in a document. */
export const FLOW_LIMITS = z.strictObject({
  allowCycles: z.boolean().optional(),
  maxIterations: z.int().min(1).optional(),
  timeoutMs: z.number().positive().optional(),
  maxInFlight: z.int().min(1).optional(),
});

/** The limits among a graph's options. */
export function limitsOf({ allowCycles, maxIterations, timeoutMs, maxInFlight }: FlowLimits): FlowLimits {
  return {
    ...(allowCycles === undefined ? {} : { allowCycles }),
    ...(maxIterations === undefined ? {} : { maxIterations }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(maxInFlight === undefined ? {} : { maxInFlight }),
  };
}

import type { Fault } from "../errors.ts";

/** A fault that stops the graph from running. */
export function errorFault(cause: string, cure: string, step?: string): Fault {
  return { ...(step === undefined ? {} : { step }), cause, cure, severity: "error" };
}

/** A fault that the graph can run with. */
export function warningFault(cause: string, cure: string, step?: string): Fault {
  return { ...errorFault(cause, cure, step), severity: "warning" };
}

import { DashboardError } from "./dashboard_error.ts";
import type { NuclioFunction } from "./nuclio_function.ts";

/** So often is written anew what the controller has written into meanwhile. */
export const CONFLICTS = 5;

/** Whether somebody has written since that was read. */
export function isConflict(error: unknown): error is DashboardError {
  return error instanceof DashboardError && error.status === 409;
}

/** What people say of a function, without what its controller writes. */
export function saidOf({ metadata: { labels, annotations }, spec }: NuclioFunction): object {
  return { labels, annotations, spec };
}

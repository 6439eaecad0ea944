import { DeployError } from "../deploy_error.ts";

/** What a dashboard, or the way to it, has against a request. */
export class DashboardError extends DeployError {
  /** The status of HTTP; 0 where no dashboard has answered. */
  readonly status: number;

  /** Says the act, and what stands in its way. */
  constructor(
    act: string,
    cause: string,
    { status = 0, ...options }: ErrorOptions & { readonly status?: number } = {},
  ) {
    super(act, cause, options);
    this.status = status;
  }
}

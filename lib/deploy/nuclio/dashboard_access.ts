/** Where a dashboard answers, and as whom it is asked. */
export interface DashboardAccess {
  /** Where its REST interface answers, `http://nuclio-dashboard.nuclio:8070`. */
  readonly url: string;
  /** The namespace of the functions. Default: the dashboard's own. */
  readonly namespace?: string | undefined;
  /** What each request is asked with, `Bearer …`; read anew for each. Default: nothing. */
  readonly authorization?: (() => string) | undefined;
  /** How long one request may take, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number | undefined;
}

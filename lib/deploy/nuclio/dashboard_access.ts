import process from "node:process";
import { findSecret } from "../../stores/read_secret.ts";
import { DeployError } from "../deploy_error.ts";
import type { NuclioOptions } from "./nuclio_options.ts";

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

const DASHBOARD = "LEVADA_NUCLIO_DASHBOARD";

/**
 * The dashboard that options, or the environment, name. Its token is read when it is asked.
 *
 * @throws {DeployError} If nobody names one.
 */
export function dashboardAccess(
  act: string,
  { dashboard = process.env[DASHBOARD], token, namespace }: Pick<NuclioOptions, "dashboard" | "token" | "namespace">,
): DashboardAccess {
  if (dashboard === undefined || dashboard === "") {
    throw new DeployError(
      act,
      `nobody says where its dashboard answers: say dashboard: "http://…:8070", or set ${DASHBOARD}`,
    );
  }
  const authorization = token === undefined ? undefined : () => {
    const secret = findSecret(token);
    if (secret !== undefined) return `Bearer ${secret.reveal()}`;
    throw new DeployError(act, `there is no secret "${token}", which is named as its token`);
  };
  return { url: dashboard, namespace, authorization };
}

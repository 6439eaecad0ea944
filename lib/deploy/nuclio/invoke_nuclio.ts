import { readSecret } from "../../stores/read_secret.ts";
import { replyOf, requestOf } from "../ask/ask_function.ts";
import { DeployError } from "../deploy_error.ts";
import type { IngressSettings } from "../settings/cluster_settings.ts";
import type { DashboardAccess } from "./dashboard_access.ts";
import { failureIn } from "./failure_text.ts";
import type { NuclioFunction } from "./nuclio_function.ts";

/** What a function is asked: without a body by GET. */
export interface Asked {
  readonly path: string;
  readonly body?: unknown;
}

const TIMEOUT_MS = 120_000;

/** Where a function may be asked, and what is sent along. */
export interface OuterWish {
  readonly fn: NuclioFunction;
  /** The name of its token; undefined where nobody here has said one. */
  readonly token: string | undefined;
  readonly invokeUrl: string | undefined;
  /** What its bundle asks for. */
  readonly ingress: IngressSettings | undefined;
  readonly dashboard: string;
}

/**
 * Where a function is asked without the dashboard; undefined where Nuclio says of none. What Nuclio says is what anybody has written there who
 * may write functions: a token goes only to a host that was named here.
 *
 * @throws {DeployError} If the token would go to another; or the function asks for one, and nobody here says which.
 */
export function outerUrl(act: string, { fn, token, invokeUrl, ingress, dashboard }: OuterWish): string | undefined {
  if (token === undefined && asksForToken(fn)) {
    throw new DeployError(act, "it asks its callers for a token: say the name of that secret by invokeToken");
  }
  if (invokeUrl !== undefined) return invokeUrl;
  const outside = fn.status?.externalInvocationUrls?.[0];
  if (outside === undefined) return undefined;
  const url = URL.parse(`http://${outside}`);
  const isIngress = ingress !== undefined && url?.hostname === ingress.host;
  const isNamed = isIngress || url?.hostname === new URL(dashboard).hostname;
  if (token !== undefined && !isNamed) {
    throw new DeployError(
      act,
      `Nuclio says that it answers at ${outside}, which nobody has named here, and its token goes nowhere else. Say where it answers by invokeUrl`,
    );
  }
  return isIngress && ingress.tlsSecretName !== undefined ? `https://${outside}` : `http://${outside}`;
}

/** Whether a function is told to serve only who has a token. */
function asksForToken({ spec: { env = [] } }: NuclioFunction): boolean {
  const words = env.find(({ name }) => name === "LEVADA_SERVE")?.value ?? "[]";
  try {
    return (JSON.parse(words) as string[]).includes("--token");
  } catch {
    return false; // somebody else has written it
  }
}

/**
 * Asks a function by way of the dashboard, which reaches it where it stands in the cluster itself.
 *
 * @throws {DeployError} If the dashboard does not answer, or does not reach the function.
 * @throws {StatusError} If the function answers with an error.
 */
export async function invokeByDashboard(
  act: string,
  { url, namespace, authorization, fn, token }: DashboardAccess & Pick<OuterWish, "fn" | "token">,
  { path, ...asked }: Asked,
): Promise<unknown> {
  const { name } = fn.metadata;
  const inside = insideOf(act, fn, token);
  const { method, headers, ...rest } = requestOf(act, asked);
  let response: Response;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    response = await fetch(`${url.replace(/\/+$/, "")}/api/function_invocations`, {
      method,
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        ...headers,
        "x-nuclio-function-name": name,
        "x-nuclio-path": path,
        "x-nuclio-invoke-timeout": `${TIMEOUT_MS}ms`,
        ...namespace === undefined ? {} : { "x-nuclio-function-namespace": namespace },
        ...tokenHeaders({ authorization, token }),
        ...inside === undefined ? {} : { "x-nuclio-invoke-url": inside },
      },
      ...rest,
    });
    bytes = await response.bytes();
  } catch (error) {
    throw new DeployError(act, `the dashboard at ${url} does not answer: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const said = response.ok ? "" : failureIn(new TextDecoder().decode(bytes));
  if (said.startsWith("Failed to invoke function:")) throw unreached(act, name, said);
  return replyOf(`function "${name}"`, { status: response.status, type: response.headers.get("content-type"), bytes });
}

/** A dashboard passes all headers on; where it takes `authorization` for itself, the function's own stands beside it. */
function tokenHeaders({ authorization, token }: Pick<DashboardAccess, "authorization"> & Pick<OuterWish, "token">) {
  const own = token === undefined ? undefined : `Bearer ${readSecret(token).reveal()}`;
  if (authorization === undefined) return own === undefined ? {} : { authorization: own };
  return { authorization: authorization(), ...own === undefined ? {} : { "x-levada-authorization": own } };
}

/** Where the dashboard is to ask the function: it is not sent elsewhere with a token because somebody has written so. */
function insideOf(act: string, { metadata: { name }, status }: NuclioFunction, token: string | undefined) {
  const inside = status?.internalInvocationUrls?.[0];
  const isOwn = inside === undefined || URL.parse(`http://${inside}`)?.hostname.split(".")[0] === `nuclio-${name}`;
  if (isOwn || token === undefined) return inside;
  throw new DeployError(
    act,
    `Nuclio says that it answers at ${inside}, which is not its Service, and its token goes nowhere else`,
  );
}

/** A dashboard that stands outside does not know the names within. */
function unreached(act: string, name: string, said: string): DeployError {
  return new DeployError(
    act,
    `the dashboard does not reach function "${name}": ${
      said.replace(/^[^:]*: /, "")
    }. Where it stands outside of the cluster it cannot: say ` +
      "nodePort: true, an ingress, or where callers find the function by invokeUrl",
  );
}

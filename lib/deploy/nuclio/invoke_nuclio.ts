import { readSecret } from "../../stores/read_secret.ts";
import { replyOf, requestOf } from "../ask/ask_function.ts";
import { oneLine } from "../../telemetry/one_line.ts";
import { isHere } from "../ask/is_here.ts";
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
 * Where a function is asked without the dashboard; undefined where nobody here has named a place. What Nuclio says is what anybody has written
 * there who may write functions: bodies and tokens go to places that were named here, whatever it says.
 *
 * @throws {DeployError} If the token would go over the network for all to read; or the function asks for one, and nobody here says which.
 */
export function outerUrl(act: string, { fn, token, invokeUrl, ingress, dashboard }: OuterWish): string | undefined {
  if (token === undefined && asksForToken(fn)) {
    throw new DeployError(act, "it asks its callers for a token: say the name of that secret by invokeToken");
  }
  if (invokeUrl !== undefined) return invokeUrl;
  const told = (fn.status?.externalInvocationUrls ?? []).map((one) => URL.parse(`http://${one}`));
  if (ingress !== undefined && told.some((one) => one?.host === ingress.host)) {
    const { host, path = "/", tlsSecretName } = ingress;
    if (tlsSecretName !== undefined) return `https://${host}${path}`;
    if (token === undefined || isHere(host)) return `http://${host}${path}`;
    throw new DeployError(
      act,
      `it asks its callers for a token, which all on the way to http://${host} could read. Give its ingress a certificate, tlsSecretName, ` +
        "or say where it answers by invokeUrl",
    );
  }
  const { protocol, hostname } = new URL(dashboard);
  const beside = told.find((one) => one?.hostname === hostname); // a port of that host may be anybody's: it gets no token
  const isOpen = token === undefined && protocol === "http:";
  return isOpen && beside ? `${beside.origin}${beside.pathname}` : undefined;
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
  const inside = insideOf(fn, namespace);
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
        ...tokenHeaders(token, authorization !== undefined),
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
  if (said.startsWith("Failed to invoke function:")) throw unreached(act, fn, said);
  if (authorization !== undefined && (response.status === 401 || response.status === 403)) {
    throw new DeployError(
      act,
      `by way of the dashboard the answer is ${response.status}, ${
        said || "without a word"
      }. The dashboard's own token is not sent there, since a ` +
        "dashboard hands all headers on to the function: say where callers find the function by invokeUrl",
    );
  }
  return replyOf(`function "${name}"`, { status: response.status, type: response.headers.get("content-type"), bytes });
}

/** A dashboard passes all headers on, its own token too, which is no function's business; `authorization` it may take for itself. */
function tokenHeaders(token: string | undefined, hasLogin: boolean): Record<string, string> {
  if (token === undefined) return {};
  return { [hasLogin ? "x-levada-authorization" : "authorization"]: `Bearer ${readSecret(token).reveal()}` };
}

/** Where the dashboard is to ask the function: its Service. Left to itself it asks what has been written into the function's status first. */
function insideOf({ metadata }: NuclioFunction, named: string | undefined): string | undefined {
  const namespace = named ?? metadata.namespace;
  return namespace === undefined ? undefined : `nuclio-${metadata.name}.${namespace}.svc.cluster.local:8080`;
}

/** A dashboard that stands outside does not know the names within. */
function unreached(act: string, { metadata: { name }, status }: NuclioFunction, said: string): DeployError {
  const [outside] = status?.externalInvocationUrls ?? [];
  const cure = outside === undefined
    ? "nodePort: true, an ingress, or where callers find the function by invokeUrl"
    : `where callers find the function by invokeUrl; Nuclio says at ${oneLine(outside)}, which nobody has named here`;
  return new DeployError(
    act,
    `the dashboard does not reach function "${name}": ${
      said.replace(/^[^:]*: /, "")
    }. Where it stands outside of the cluster it cannot: say ${cure}`,
  );
}

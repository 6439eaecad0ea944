import { readSecret } from "../../stores/read_secret.ts";
import { replyOf, requestOf } from "../ask/ask_function.ts";
import { DeployError } from "../deploy_error.ts";
import { invokeFunction } from "../ask/invoke_function.ts";
import type { DashboardAccess } from "./dashboard_access.ts";
import { failureIn } from "./failure_text.ts";
import type { NuclioFunction } from "./nuclio_function.ts";

/** What a function is asked: without a body by GET. */
export interface Asked {
  readonly path: string;
  readonly body?: unknown;
}

const TIMEOUT_MS = 120_000;

/** Asks a function where it answers, with the token that it takes. */
export async function invokeAt(
  act: string,
  { url, fn }: { readonly url: string; readonly fn: NuclioFunction },
  asked: Asked,
) {
  const name = act.replace(/^invoke "|"$/g, "");
  return await invokeFunction(name, { url, settings: { tokens: tokensOf(fn) } }, asked);
}

/** The names of the tokens that a function takes, as it is told to serve. */
function tokensOf({ spec: { env = [] } }: NuclioFunction): string[] {
  const words = env.find(({ name }) => name === "LEVADA_SERVE")?.value ?? "[]";
  try {
    const list = JSON.parse(words) as string[];
    return list.flatMap((word, index) => word === "--token" ? list[index + 1] ?? [] : []);
  } catch {
    return []; // somebody else has written it
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
  { url, namespace, authorization, function: fn }: DashboardAccess & { readonly function: NuclioFunction },
  { path, ...asked }: Asked,
): Promise<unknown> {
  const { name } = fn.metadata;
  const [token] = tokensOf(fn); // a dashboard passes all headers on
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
        ...authorization === undefined
          ? token === undefined ? {} : { authorization: `Bearer ${readSecret(token).reveal()}` }
          : { authorization: authorization() },
        ...fn.status?.internalInvocationUrls?.[0] === undefined
          ? {}
          : { "x-nuclio-invoke-url": fn.status.internalInvocationUrls[0] },
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

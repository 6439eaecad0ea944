import { replyOf, requestOf } from "./ask_function.ts";
import { DeployError } from "../deploy_error.ts";
import { clientOf, openCaller } from "./caller.ts";
import type { ProcessSettings } from "../settings/process_settings.ts";

/** A function that listens. */
export interface AskedFunction {
  readonly url: string;
  /** How it is served. */
  readonly settings?: ProcessSettings;
}

const TIMEOUT_MS = 120_000;

/**
 * Asks a function over HTTP, without a body by GET: it gets the body as it is, `undefined` too, and its reply comes as it was made; that of a model as the open protocol's JSON has it.
 *
 * @throws {TypeError} If something in the body would not come out the same, naming the place.
 */
export async function invokeFunction(
  name: string,
  { url, settings }: AskedFunction,
  { path, ...asked }: { readonly path: string; readonly body?: unknown },
): Promise<unknown> {
  const act = `invoke "${name}"`;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const target = below(url, path);
  const { headers, ...request } = requestOf(act, asked);
  using caller = await openCaller(settings).catch((error: Error) => {
    throw new DeployError(act, error.message, { cause: error });
  });
  const init = { signal, headers: { ...headers, ...caller.headers }, ...request, ...clientOf(caller) };
  let response: Response;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    response = await fetch(target, init);
    bytes = await response.bytes();
  } catch (error) {
    const hint = settings?.tls?.clientCa === undefined
      ? ""
      : ". It takes certificates of its own authorities alone: is LEVADA_CLIENT_CERTIFICATE of one of these?";
    throw new DeployError(act, `${target} does not answer: ${reasonOf(error as Error)}${hint}`, { cause: error });
  }
  return replyOf(String(target), { status: response.status, type: response.headers.get("content-type"), bytes });
}

/** Paths begin where the function does, which may be below the host's: an ingress' or a route's path is no part of them. */
function below(url: string, path: string): URL {
  const { pathname, search } = new URL(path, "http://function");
  const target = new URL(url);
  target.pathname = `${target.pathname.replace(/\/+$/, "")}${pathname}`;
  target.search = search;
  return target;
}

/** What it says, and what it says to be the cause, where that says more. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error && !message.includes(cause.message) ? `${message}: ${cause.message}` : message;
}

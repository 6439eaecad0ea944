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
const REDIRECTS = [301, 302, 303, 307, 308];
const MOST_HOPS = 5;

/**
 * Asks a function over HTTP, without a body by GET: it gets the body as it is, `undefined` too, and its reply comes as it was made; that of a model as the open protocol's JSON has it.
 *
 * @throws {TypeError} If something in the body would not come out the same, naming the place.
 * @throws {DeployError} If it does not answer, or sends to another origin.
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
    response = await fetchThere(act, target, init);
    bytes = await response.bytes();
  } catch (error) {
    if (error instanceof DeployError) throw error;
    const hint = settings?.tls?.clientCa === undefined
      ? ""
      : ". It takes certificates of its own authorities alone: is LEVADA_CLIENT_CERTIFICATE of one of these?";
    throw new DeployError(act, `${target} does not answer: ${reasonOf(error as Error)}${hint}`, { cause: error });
  }
  return replyOf(String(target), { status: response.status, type: response.headers.get("content-type"), bytes });
}

/**
 * Follows redirects within the origin alone: what is asked is meant for it.
 *
 * @throws {DeployError} If it sends to another.
 */
async function fetchThere(act: string, target: URL, init: RequestInit): Promise<Response> {
  for (let hop = 0, url = target, { method = "GET", body = null, ...rest } = init;; hop++) {
    const response = await fetch(url, { ...rest, method, body, redirect: "manual" });
    const { status } = response;
    const place = REDIRECTS.includes(status) ? response.headers.get("location") : null;
    if (place === null) return response;
    await response.body?.cancel();
    const next = URL.parse(place, url);
    if (next?.origin !== target.origin) {
      const where = next === null ? "no url" : next.origin;
      throw new DeployError(
        act,
        `${url} sends to another place, ${where} (${status}): nothing goes there that was meant for ${target.origin}. Ask there if that is right`,
      );
    }
    if (hop >= MOST_HOPS) {
      throw new DeployError(act, `${target} sends from place to place, more than ${MOST_HOPS} times`);
    }
    url = next;
    if (status < 307) [method, body] = ["GET", null]; // as browsers do
  }
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

import { StatusError } from "../errors.ts";
import { clientOf, openCaller } from "./caller.ts";
import { DeployError } from "./deploy_error.ts";
import type { FunctionStatus } from "./deployed_state.ts";

const TIMEOUT_MS = 120_000;

/** Asks a function over HTTP. */
export async function invokeFunction(
  name: string,
  { url, settings }: Pick<FunctionStatus, "url" | "settings">,
  { path, body }: { readonly path: string; readonly body: unknown },
): Promise<unknown> {
  const act = `invoke "${name}"`;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const target = new URL(path, url);
  using caller = await openCaller(settings).catch((error: Error) => {
    throw new DeployError(act, error.message, { cause: error });
  });
  const { method, headers, ...rest } = encode(body);
  const init = { signal, method, headers: { ...headers, ...caller.headers }, ...rest, ...clientOf(caller) };
  let response: Response;
  let text: string;
  try {
    response = await fetch(target, init);
    text = await response.text();
  } catch (error) {
    throw new DeployError(act, `${target} does not answer: ${(error as Error).message}`, { cause: error });
  }
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  const reply = isJson && text !== "" ? JSON.parse(text) as unknown : text;
  if (response.ok) return reply;
  const told = (reply as { error?: unknown } | null)?.error;
  throw new StatusError(
    response.status,
    `Answered ${response.status} by ${target}: ${typeof told === "string" ? told : text}`,
  );
}

interface Encoded {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: BodyInit;
}

function encode(body: unknown): Encoded {
  if (body === undefined) return { method: "GET", headers: {} };
  if (body instanceof Uint8Array) {
    const headers = { "content-type": "application/octet-stream" };
    return { method: "POST", headers, body: body as Uint8Array<ArrayBuffer> };
  }
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

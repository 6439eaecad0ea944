import { LEVADA_JSON } from "../../border/levada_json.ts";
import { writeValue } from "../../border/write_value.ts";
import { StatusError } from "../../errors.ts";
import { decodeBytes } from "../../protocol/decode_bytes.ts";
import { clientOf, openCaller } from "./caller.ts";
import { DeployError } from "../deploy_error.ts";
import type { ProcessFunctionStatus } from "./deployed_state.ts";

const TIMEOUT_MS = 120_000;
const ACCEPT = `${LEVADA_JSON}, */*;q=0.9`;

/**
 * Asks a function over HTTP, without a body by GET: it gets the body as it is, `undefined` too, and its reply comes as it was made; that of a model as the open protocol's JSON has it.
 *
 * @throws {TypeError} If something in the body would not come out the same, naming the place.
 */
export async function invokeFunction(
  name: string,
  { url, settings }: Pick<ProcessFunctionStatus, "url" | "settings">,
  { path, ...asked }: { readonly path: string; readonly body?: unknown },
): Promise<unknown> {
  const act = `invoke "${name}"`;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const target = new URL(path, url);
  const { method, headers, ...rest } = "body" in asked ? encode(asked.body, act) : NO_BODY;
  using caller = await openCaller(settings).catch((error: Error) => {
    throw new DeployError(act, error.message, { cause: error });
  });
  const init = {
    signal,
    method,
    headers: { accept: ACCEPT, ...headers, ...caller.headers },
    ...rest,
    ...clientOf(caller),
  };
  let response: Response;
  let bytes: Uint8Array;
  try {
    response = await fetch(target, init);
    bytes = await response.bytes();
  } catch (error) {
    const hint = settings?.tls?.clientCa === undefined
      ? ""
      : ". It takes certificates of its own authorities alone: is LEVADA_CLIENT_CERTIFICATE of one of these?";
    throw new DeployError(act, `${target} does not answer: ${reasonOf(error as Error)}${hint}`, { cause: error });
  }
  if (!response.ok) {
    throw new StatusError(response.status, `Answered ${response.status} by ${target}: ${failureOf(bytes)}`);
  }
  const type = response.headers.get("content-type") ?? "text/plain";
  if (bytes.length === 0) return type.startsWith("application/octet-stream") ? bytes : "";
  return decodeBytes(bytes, type);
}

/** What it says, and what it says to be the cause, where that says more. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error && !message.includes(cause.message) ? `${message}: ${cause.message}` : message;
}

interface Encoded {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: BodyInit;
}

const NO_BODY: Encoded = { method: "GET", headers: {} };

function encode(body: unknown, act: string): Encoded {
  if (body instanceof Uint8Array && body.length > 0) { // no bytes are read as null
    const headers = { "content-type": "application/octet-stream" };
    return { method: "POST", headers, body: body.slice() }; // also of memory that threads share
  }
  const { text, isJson } = writeValue(body, act);
  return { method: "POST", headers: { "content-type": isJson ? "application/json" : LEVADA_JSON }, body: text };
}

/** What it says went wrong: the message of its answer, else all of it. */
function failureOf(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === "string" ? error : text;
  } catch {
    return text;
  }
}

import { StatusError } from "../errors.ts";
import { DeployError } from "./deploy_error.ts";

const TIMEOUT_MS = 120_000;

/** Asks a function over HTTP. */
export async function invokeFunction(
  name: string,
  { url, path, body }: { readonly url: string; readonly path: string; readonly body: unknown },
): Promise<unknown> {
  const act = `invoke "${name}"`;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const target = new URL(path, url);
  let response: Response;
  let text: string;
  try {
    response = await fetch(target, body === undefined ? { signal } : { method: "POST", signal, ...encode(body) });
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

function encode(body: unknown): { body: BodyInit; headers: Record<string, string> } {
  if (body instanceof Uint8Array) {
    return { body: body as Uint8Array<ArrayBuffer>, headers: { "content-type": "application/octet-stream" } };
  }
  return { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
}

import { LEVADA_JSON } from "../../border/levada_json.ts";
import { writeValue } from "../../border/write_value.ts";
import { StatusError } from "../../errors.ts";
import { decodeBytes } from "../../protocol/decode_bytes.ts";

const ACCEPT = `${LEVADA_JSON}, */*;q=0.9`;

/** What a function is asked with. */
export interface FunctionRequest {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: BodyInit;
}

/** What a function has answered. */
export interface FunctionAnswer {
  readonly status: number;
  /** The content type. */
  readonly type: string | null;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * The request with a body, by POST, or without one, by GET: a function gets the body as it is, `undefined` too.
 *
 * @throws {TypeError} If something in the body would not come out the same, naming the place.
 */
export function requestOf(act: string, asked: { readonly body?: unknown }): FunctionRequest {
  const { method, headers, ...rest } = "body" in asked ? encode(asked.body, act) : NO_BODY;
  return { method, headers: { accept: ACCEPT, ...headers }, ...rest };
}

/**
 * The reply as it was made; that of a model as the open protocol's JSON has it.
 *
 * @throws {StatusError} If the function refuses, with what it says.
 */
export function replyOf(where: string, { status, type, bytes }: FunctionAnswer): unknown {
  if (status < 200 || status > 299) {
    throw new StatusError(status, `Answered ${status} by ${where}: ${failureOf(bytes)}`);
  }
  const kind = type ?? "text/plain";
  if (bytes.length === 0) return kind.startsWith("application/octet-stream") ? bytes : "";
  return decodeBytes(bytes, kind);
}

const NO_BODY: FunctionRequest = { method: "GET", headers: {} };

function encode(body: unknown, act: string): FunctionRequest {
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

import { isJson } from "../../border/is_json.ts";
import { LEVADA_JSON } from "../../border/levada_json.ts";
import { writeJson } from "../../border/write_json.ts";
import { writeValue } from "../../border/write_value.ts";
import { jsonText } from "../../protocol/json_text.ts";
import { isTensorRequest } from "../../protocol/tensor_request.ts";
import { wholeText } from "../../tensor/whole_text.ts";
import { TensorReply } from "../../tensor/tensor_reply.ts";

const ACT = "send the body";
const CURE =
  'Say form: "levada" where a function of Levada is asked, form: "json" to send it as JSON.stringify would, ' +
  "or make what the service reads by option body";

/** A body as it is sent. */
export interface EncodedBody {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

/**
 * Writes the body of a request: text, bytes and forms as they are, null not at all, everything else as JSON; see `RemoteOptions.form`.
 *
 * @throws {TypeError} If what it holds would arrive as something else, naming the place; for a stream.
 */
export async function encodeBody(
  value: unknown,
  form: "levada" | "json" | undefined,
): Promise<EncodedBody | undefined> {
  if (value === null) return undefined;
  if (form === "levada" && needsWord(value)) return textOf(writeValue(value, ACT, { isTyped: true }).text, LEVADA_JSON);
  if (value === undefined) return undefined;
  if (typeof value === "string") return textOf(wholeText(value, `${ACT} as text`), "text/plain; charset=utf-8");
  if (value instanceof Uint8Array) {
    const isShared = !(value.buffer instanceof ArrayBuffer); // between threads: fetch does not take it
    return { bytes: (isShared ? value.slice() : value) as Uint8Array<ArrayBuffer>, type: "application/octet-stream" };
  }
  if (value instanceof ArrayBuffer) return { bytes: new Uint8Array(value), type: "application/octet-stream" };
  if (value instanceof URLSearchParams || value instanceof FormData || value instanceof Blob) {
    const whole = new Response(value);
    return { bytes: await whole.bytes(), type: whole.headers.get("content-type") ?? "application/octet-stream" };
  }
  if (value instanceof ReadableStream) {
    throw new TypeError("Cannot send a stream to a remote service: it could not be sent again. Read it first");
  }
  const isProtocols = isTensorRequest(value) || value instanceof TensorReply; // which says how tensors are JSON
  return textOf(
    form === "json" || isProtocols ? jsonText(value, ACT) : writeJson(value, { act: ACT, cure: CURE }),
    "application/json",
  );
}

/** Whether neither text, bytes, forms nor JSON say a value; no bytes at all are read as null. */
function needsWord(value: unknown): boolean {
  if (typeof value === "string") return value === "" || !value.isWellFormed();
  if (value instanceof Uint8Array) return value.length === 0;
  const hasForm = [URLSearchParams, FormData, Blob, ReadableStream].some((kind) => value instanceof kind);
  return !hasForm && !isJson(value);
}

function textOf(text: string, type: string): EncodedBody {
  return { bytes: new TextEncoder().encode(text), type };
}

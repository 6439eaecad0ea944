import { describeThrown, RemoteError, StatusError } from "../errors.ts";
import { decodeBytes } from "../protocol/decode_bytes.ts";
import type { RemoteRequest } from "./remote_request.ts";

/** How an answer is read. */
export interface AnswerOptions {
  /** How large it may be, in bytes. */
  readonly limitBytes: number;
  /** What time it is, in milliseconds since 1970: for a `retry-after` that names a date. */
  readonly now: number;
}

const KEPT_OF_FAILURE_BYTES = 64 * 1024; // what went wrong is told in less
const SHOWN_OF_FAILURE = 200; // letters in a message
const NOT_NOW = [429, 503]; // with retry-after: the service asks to be asked again

/**
 * Reads an answer by its content type: JSON as a value, text as text, other bytes as bytes; null where there is none.
 *
 * @throws {RemoteError} If it is a failure, too large, or not what its content type says; TypeError where the connection breaks.
 */
export async function readAnswer(response: Response, request: RemoteRequest, options: AnswerOptions): Promise<unknown> {
  if (response.status >= 400) throw await failureOf(response, request, options.now);
  const { limitBytes } = options;
  const { bytes, isWhole } = await readBytes(response, limitBytes);
  if (!isWhole) {
    throw unusable(request, `its answer is larger than ${limitBytes} bytes (replyLimitBytes)`, response.status);
  }
  try {
    if (request.decode !== undefined) return request.decode(bytes, response.headers);
    return decodeBytes(bytes, response.headers.get("content-type") ?? "");
  } catch (error) {
    if (request.decode !== undefined) throw unusable(request, describeThrown(error).message, response.status);
    if (!(error instanceof StatusError)) throw error;
    throw unusable(
      request,
      error.message.replace(/^Cannot read the body/, "its answer cannot be read"),
      response.status,
    );
  }
}

/** An answer that came, and is of no use; asking again would not mend it. */
export function unusable(request: RemoteRequest, state: string, remoteStatus?: number): RemoteError {
  return new RemoteError(502, `Cannot ask ${request.name}: ${withoutSecrets(state, request)}`, {
    isTransient: false,
    ...(remoteStatus === undefined ? {} : { remoteStatus }),
  });
}

/** Text without what must not stand in messages. */
export function withoutSecrets(text: string, { secrets }: RemoteRequest): string {
  return [...secrets].sort((one, other) => other.length - one.length)
    .reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
}

/**
 * What a failure of the service means for whoever asked the graph. The graph made the request, so even a 4xx is no fault of the
 * caller's: the status is that of a gateway.
 */
async function failureOf(response: Response, request: RemoteRequest, now: number): Promise<RemoteError> {
  const { status, statusText, headers } = response;
  const text = withoutSecrets(await readText(response), request);
  const retryAfterMs = NOT_NOW.includes(status) ? retryAfter(headers.get("retry-after"), now) : undefined;
  const said = text.trim().replace(/\s+/g, " ");
  const shown = said.length > SHOWN_OF_FAILURE ? `${said.slice(0, SHOWN_OF_FAILURE)}…` : said;
  const wait = retryAfterMs === undefined ? "" : `, and asks to wait for ${Math.ceil(retryAfterMs / 1_000)} s`;
  return new RemoteError(
    GATEWAY_STATUS[status] ?? 502,
    `Cannot ask ${request.name}: it answered ${`${status} ${statusText}`.trim()}${wait}${
      shown === "" ? "" : `: ${shown}`
    }`,
    {
      isTransient: status >= 500 || retryAfterMs !== undefined,
      remoteStatus: status,
      answer: valueOf(text),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  );
}

/** What a gateway says of the service's status; 502 of every other. */
const GATEWAY_STATUS: Readonly<Record<number, number>> = { 429: 503, 503: 503, 504: 504 };

/** What a failing service says; nothing where the connection breaks. */
async function readText(response: Response): Promise<string> {
  try {
    return new TextDecoder().decode((await readBytes(response, KEPT_OF_FAILURE_BYTES)).bytes);
  } catch {
    return "";
  }
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Reads a body up to a limit; what is behind it is not fetched. */
async function readBytes(
  response: Response,
  limitBytes: number,
): Promise<{ bytes: Uint8Array; isWhole: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) { // leaving the loop cancels the body
    size += chunk.length;
    if (size > limitBytes) {
      chunks.push(chunk.subarray(0, chunk.length - (size - limitBytes)));
      return { bytes: joined(chunks, limitBytes), isWhole: false };
    }
    chunks.push(chunk);
  }
  return { bytes: joined(chunks, size), isWhole: true };
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  if (chunks.length === 1 && chunks[0]!.length === size) return chunks[0]!;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** Milliseconds from a `retry-after`: seconds, or a date. */
function retryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

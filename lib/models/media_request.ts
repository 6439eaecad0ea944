import { describeThrown, StatusError } from "../errors.ts";
import { fetchPrivately } from "../private_fetch.ts";
import type { FlowEvent } from "../graph/event.ts";
import { isObject } from "../protocol/request_body.ts";

/** Who is asked, and with what. */
export interface MediaQuestion {
  /** The model's key, for errors. */
  readonly key: string;
  /** The beginnings of URLs that the model's route allows; undefined: none. */
  readonly dataUrls: unknown;
  readonly event: FlowEvent;
  /** What aborts when nobody waits any more. */
  readonly signal: () => AbortSignal;
}

const MEDIA = /^(image|audio|video)\//i;
const MOST_BYTES = 32 * 2 ** 20; // a picture of a camera has a tenth of that
const LIMIT_MS = 30_000;

/**
 * The request that a picture, a sound or a film makes, or a `data_url` where bytes are fetched from: one row, the bytes. Undefined for every
 * other body.
 *
 * A URL is a caller's word on where this server should send a request, so only those are fetched that begin as the model's route says
 * (`dataUrls: ["https://pictures.example/in/"]`); redirects are not followed.
 *
 * @throws {StatusError} 400 if the model allows no such URL; 502 if it does not give the bytes, 504 if that takes more than 30 s, 413 if they
 * are more than 32 MiB.
 */
export function mediaRequest(
  body: unknown,
  question: MediaQuestion,
): { inputs: readonly unknown[] } | Promise<{ inputs: readonly unknown[] }> | undefined {
  if (body instanceof Uint8Array) {
    return MEDIA.test(question.event.headers.get("content-type") ?? "") ? { inputs: [body] } : undefined;
  }
  if (!isObject(body) || !Object.hasOwn(body, "data_url")) return undefined;
  const url = allowedUrl(body.data_url, question);
  return fetched(url, question).then((bytes) => ({ ...body, inputs: [bytes] }));
}

function allowedUrl(given: unknown, { key, dataUrls }: MediaQuestion): URL {
  const refuse = (why: string) => new StatusError(400, `Cannot fetch "data_url" for model "${key}": ${why}`);
  if (!Array.isArray(dataUrls) || dataUrls.length === 0) {
    throw refuse(
      "it takes none; send the bytes, or allow the beginnings of URLs by the argument dataUrls of its route",
    );
  }
  if (typeof given !== "string" || !URL.canParse(given)) throw refuse("it is no absolute URL");
  const url = new URL(given);
  if (url.username !== "" || url.password !== "") throw refuse("it has a user or a password in it");
  const isAllowed = dataUrls.some((beginning) => {
    const { origin, pathname, protocol } = new URL(String(beginning));
    const folder = pathname.endsWith("/") ? pathname : `${pathname}/`;
    return /^https?:$/.test(protocol) && url.origin === origin &&
      (url.pathname === pathname || url.pathname.startsWith(folder));
  });
  if (!isAllowed) throw refuse("it does not begin as the model's route allows");
  return url;
}

async function fetched(url: URL, { key, signal }: MediaQuestion): Promise<Uint8Array> {
  const act = `Cannot fetch "data_url" for model "${key}"`;
  const limit = AbortSignal.timeout(LIMIT_MS);
  try {
    const response = await fetchPrivately(url, { redirect: "error", signal: AbortSignal.any([signal(), limit]) });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new StatusError(502, `${act}: it answers ${response.status}`);
    }
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    for await (const piece of response.body) {
      size += piece.length;
      if (size > MOST_BYTES) throw new StatusError(413, `${act}: it is more than ${MOST_BYTES} bytes`);
      pieces.push(piece);
    }
    return new Uint8Array(await new Blob(pieces).arrayBuffer());
  } catch (error) {
    if (error instanceof StatusError) throw error;
    if (limit.aborted) throw new StatusError(504, `${act}: it took more than ${LIMIT_MS} ms`, { cause: error });
    throw new StatusError(502, `${act}: ${describeThrown(error).message}`, { cause: error });
  }
}

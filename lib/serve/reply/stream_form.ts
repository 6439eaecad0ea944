import { jsonText } from "../../protocol/json_text.ts";

/** How the chunks of a reply look on the wire. */
export interface StreamForm {
  readonly contentType: string;
  /**
   * One chunk as bytes.
   *
   * @throws {TypeError} If JSON cannot hold it.
   */
  write(chunk: unknown): Uint8Array<ArrayBuffer>;
  /** A failure behind the first chunk; undefined where the form has no word for it, so that the connection has to break. */
  fail?(body: object): Uint8Array<ArrayBuffer>;
  /** What says nothing, and keeps proxies from ending an idle connection; undefined where the form has no such thing. */
  readonly idle?: Uint8Array<ArrayBuffer>;
}

const UTF8 = new TextEncoder();

/** Server-sent events: one event a chunk, text as it is and everything else as JSON; a failure is an event `error`. */
export const SERVER_SENT_EVENTS: StreamForm = {
  contentType: "text/event-stream",
  write: (chunk) => UTF8.encode(event(textOf(chunk))),
  fail: (body) => UTF8.encode(`event: error\n${event(JSON.stringify(body))}`),
  idle: UTF8.encode(":\n\n"),
};

/** One line of JSON a chunk; a failure is a last line `{ error, status, step?, id }`. */
const JSON_LINES: StreamForm = {
  contentType: "application/x-ndjson",
  write: (chunk) => UTF8.encode(`${jsonText(chunk ?? null, "send a chunk")}\n`),
  fail: (body) => UTF8.encode(`${JSON.stringify(body)}\n`),
};

const TEXT: StreamForm = {
  contentType: "text/plain; charset=utf-8",
  write: (chunk) => UTF8.encode(textOf(chunk)),
};

const BYTES: StreamForm = {
  contentType: "application/octet-stream",
  write: (chunk) => chunk instanceof Uint8Array ? chunk as Uint8Array<ArrayBuffer> : UTF8.encode(textOf(chunk)),
};

/**
 * The form of a streamed reply: what the caller asks for by name, else what the first chunk is: text, bytes, or lines of JSON.
 *
 * @param accept The request's header; a type with `q=0` is one that the caller does not take, and `*` asks for nothing by name.
 */
export function streamForm(first: unknown, accept: string | null): StreamForm {
  const asked = formAccepted(accept);
  if (asked !== undefined) return asked;
  if (typeof first === "string") return TEXT;
  return first instanceof Uint8Array ? BYTES : JSON_LINES;
}

/** What a request takes: server-sent events where its path is `generate_stream`, as the open inference protocol says; else its header. */
export function acceptedForm(path: string, headers: Headers): string | null {
  return path.endsWith("/generate_stream") ? SERVER_SENT_EVENTS.contentType : headers.get("accept");
}

const BY_NAME: Readonly<Record<string, StreamForm>> = {
  "text/event-stream": SERVER_SENT_EVENTS,
  "application/x-ndjson": JSON_LINES,
  "application/ndjson": JSON_LINES,
  "application/jsonl": JSON_LINES,
};

/** The form that the header likes best, of those that it names; the first of several that it likes as much. */
function formAccepted(accept: string | null): StreamForm | undefined {
  let best: { readonly form: StreamForm; readonly weight: number } | undefined;
  for (const range of (accept ?? "").split(",")) {
    const [name, ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const form = Object.hasOwn(BY_NAME, name!) ? BY_NAME[name!] : undefined;
    if (form === undefined) continue;
    const given = parameters.find((parameter) => /^q\s*=/.test(parameter));
    const weight = given === undefined ? 1 : Number(given.replace(/^q\s*=/, ""));
    if (weight > 0 && (best === undefined || weight > best.weight)) best = { form, weight };
  }
  return best?.form;
}

function textOf(chunk: unknown): string {
  if (typeof chunk === "string") return chunk;
  if (chunk instanceof Uint8Array) return new TextDecoder().decode(chunk);
  return jsonText(chunk ?? null, "send a chunk");
}

function event(data: string): string {
  return `${data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`).join("")}\n`;
}

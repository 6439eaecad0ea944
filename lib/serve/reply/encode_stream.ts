import { Outflow } from "../limits/outflow.ts";
import type { BodySource } from "../limits/sent_body.ts";
import { BrokenOff } from "./broken_off.ts";
import { encodeFailure } from "./encode_failure.ts";
import { failureBody } from "./failure_body.ts";
import { headerText } from "./header_text.ts";
import { type StreamForm, streamForm } from "./stream_form.ts";

/** How a streamed reply is written. */
export interface StreamReply {
  /** The request's `accept` header. */
  readonly accept: string | null;
  /** The event's id. */
  readonly id: string;
  /** After so many milliseconds without a chunk a line that says nothing goes out, where the form has one. Default 15,000. */
  readonly keepAliveMs?: number;
  /** Told what failed while there was a reader, before the reader is. */
  readonly onFailure?: (error: unknown) => void;
  /** Watches the reader. Default: one that pauses is waited for. */
  readonly outflow?: Outflow;
  /** Tells whether others wait for the turn that the stream keeps. Default: it keeps none. */
  readonly isInTheWay?: (() => boolean) | undefined;
}

const KEEP_ALIVE_MS = 15_000; // proxies end connections that are idle for 30 s or 60 s

/**
 * Writes the chunks of a streaming reply as they come: in the form that the caller asks for by name (`text/event-stream`,
 * `application/x-ndjson`), else text as text, bytes as bytes, and anything else as one line of JSON each. The step that makes them is
 * asked for the next when there is room; a reader that leaves stops it.
 *
 * What fails before the first chunk is an error reply as every other. What fails behind it is told by an event `error`, or a last
 * line of JSON: `{ error, status, step?, id }`; text and bytes have no such word, so the connection breaks off, as a client must see
 * it that would take a part for the whole.
 */
export async function encodeStream(chunks: AsyncIterator<unknown>, reply: StreamReply): Promise<Response> {
  const { accept, id, onFailure, outflow = new Outflow(), isInTheWay } = reply;
  let first: IteratorResult<unknown>;
  let form: StreamForm;
  let head: Uint8Array<ArrayBuffer> | undefined;
  try {
    first = await chunks.next();
    form = streamForm(first.value, accept);
    if (first.done !== true) head = form.write(first.value);
  } catch (error) {
    await leave(chunks);
    onFailure?.(error);
    return encodeFailure(error, id);
  }
  const headers = { "content-type": form.contentType, "cache-control": "no-store", "x-event-id": headerText(id) };
  if (head === undefined) return new Response(null, { headers });
  const source = new StreamSource(chunks, { ...reply, form, head });
  return new Response(outflow.open(isInTheWay).send(source), { headers });
}

/** The body of a streamed reply: a chunk each time that the reader has room for one. */
class StreamSource implements BodySource {
  readonly #chunks: AsyncIterator<unknown>;
  readonly #form: StreamForm;
  readonly #id: string;
  readonly #keepAliveMs: number;
  readonly #onFailure: StreamReply["onFailure"];
  #isOver = false;
  #head: Uint8Array<ArrayBuffer> | undefined;
  /** The chunk that was asked for and is not there yet. */
  #asked: Promise<IteratorResult<unknown>> | undefined;

  constructor(
    chunks: AsyncIterator<unknown>,
    { form, head, id, onFailure, keepAliveMs = KEEP_ALIVE_MS }: StreamReply & {
      form: StreamForm;
      head: Uint8Array<ArrayBuffer>;
    },
  ) {
    this.#chunks = chunks;
    this.#form = form;
    this.#head = head;
    this.#id = id;
    this.#keepAliveMs = keepAliveMs;
    this.#onFailure = onFailure;
  }

  async next(): Promise<Uint8Array | undefined> {
    const head = this.#head;
    this.#head = undefined;
    if (head !== undefined && head.length > 0) return head;
    if (this.#isOver) return undefined;
    try {
      return await this.#write();
    } catch (error) {
      if (this.#isOver) return undefined;
      this.#isOver = true;
      await leave(this.#chunks); // it may be the writing that failed
      this.#onFailure?.(error);
      if (this.#form.fail === undefined) throw new BrokenOff(undefined, this.#id);
      const { status, body } = failureBody(error, this.#id);
      return this.#form.fail({ ...body, status });
    }
  }

  async leave(): Promise<void> {
    this.#isOver = true;
    await this.#chunks.return?.();
  }

  /** The next bytes; a chunk may have none. */
  async #write(): Promise<Uint8Array | undefined> {
    while (!this.#isOver) {
      const next = await this.#next();
      if (next?.done === true) {
        this.#form.end?.();
        return undefined;
      }
      const bytes = next === undefined ? this.#form.idle! : this.#form.write(next.value);
      if (bytes.length > 0) return bytes;
    }
    return undefined;
  }

  /** The next chunk; undefined where it takes long and the reader should hear that somebody is there. */
  async #next(): Promise<IteratorResult<unknown> | undefined> {
    const asked = this.#asked ??= this.#chunks.next();
    const result = this.#form.idle === undefined ? await asked : await this.#orIdle(asked);
    if (result !== undefined) this.#asked = undefined;
    return result;
  }

  async #orIdle(asked: Promise<IteratorResult<unknown>>): Promise<IteratorResult<unknown> | undefined> {
    const { promise: idle, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), this.#keepAliveMs);
    try {
      return await Promise.race([asked, idle]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Stops whoever makes the chunks; what fails then is told to nobody, since a failure is told already. */
async function leave(chunks: AsyncIterator<unknown>): Promise<void> {
  try {
    await chunks.return?.();
  } catch { /* see above */ }
}

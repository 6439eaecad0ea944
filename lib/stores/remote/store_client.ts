import { setTimeout as pause } from "node:timers/promises";
import { describeThrown, StoreError } from "../../errors.ts";
import { fetchPrivately } from "../../private_fetch.ts";
import type { ItemOptions } from "../item_options.ts";
import type { Dialect, StoreRequest } from "./dialect.ts";
import { refusal } from "./refusal.ts";
import { redirected } from "./redirected.ts";
import { shownUri } from "./shown_uri.ts";

/** What a client is asked to do. */
export interface Errand {
  /** In words: `read "s3://bucket/key"`. */
  readonly act: string;
  readonly dialect: Pick<Dialect, "cure" | "followsRedirects">;
  /** Makes the request anew for each try: a signature has a time. */
  readonly make: () => StoreRequest | Promise<StoreRequest>;
  /** Statuses that are answers besides 2xx. */
  readonly accepts?: readonly number[];
}

const TIMEOUT_MS = 60_000;
const RETRIES = 3;
const BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 30_000; // a store that wants a longer pause is told of, not waited for
const MAX_REDIRECTS = 10; // what other clients follow
const REDIRECTS = [301, 302, 303, 307, 308];
const TRIED_AGAIN = [408, 425, 429, 500, 502, 503, 504];
const clients = new Map<string, Deno.HttpClient>();

/** Sends requests to stores: in time, tried again where that may help, ended when nobody wants the answer. */
export class StoreClient {
  readonly #options: ItemOptions;

  constructor(options: ItemOptions) {
    this.#options = options;
    const { timeoutMs = TIMEOUT_MS, retries = RETRIES, backoffMs = BACKOFF_MS } = options;
    if (!(timeoutMs > 0)) throw new RangeError(`Cannot open an item: timeoutMs is ${timeoutMs}, not above 0`);
    if (!(Number.isInteger(retries) && retries >= 0 && backoffMs >= 0)) {
      throw new RangeError(
        `Cannot open an item: retries is ${retries} and backoffMs ${backoffMs}; both are counts from 0`,
      );
    }
  }

  /** How often an act is tried again. */
  get retries(): number {
    return this.#options.retries ?? RETRIES;
  }

  /** Waits before a try; the first retry is 1. */
  async wait(retry: number, leastMs = 0): Promise<void> {
    const backoff = (this.#options.backoffMs ?? BACKOFF_MS) * 2 ** (retry - 1) * (0.5 + Math.random() / 2);
    const { signal } = this.#options;
    await pause(Math.min(Math.max(backoff, leastMs), LONGEST_BACKOFF_MS), undefined, signal ? { signal } : {})
      .catch((error) => {
        signal?.throwIfAborted();
        throw error;
      });
  }

  /**
   * Asks until there is an answer.
   *
   * @throws {StoreError} If the store refuses, or does not answer however often it is asked.
   */
  async ask(errand: Errand): Promise<StoreAnswer> {
    for (let retry = 1;; retry++) {
      const { answer, failure, leastMs = 0 } = await this.#attempt(errand);
      if (answer !== undefined) return answer;
      if (retry > this.retries || leastMs > LONGEST_BACKOFF_MS) throw failure;
      await this.wait(retry, leastMs);
    }
  }

  /** An answer, or what may be mended by another try; anything else is thrown. */
  async #attempt(errand: Errand): Promise<{ answer?: StoreAnswer; failure?: StoreError; leastMs?: number }> {
    let answer;
    try {
      answer = await this.#try(errand);
    } catch (error) {
      if (!(error instanceof StoreError) || !["unreachable", "timeout"].includes(error.reason)) throw error;
      return { failure: error };
    }
    const { status, headers } = answer.response;
    if (status < 300 || errand.accepts?.includes(status)) return { answer };
    const failure = await refusal(errand, answer);
    if (!TRIED_AGAIN.includes(status)) throw failure;
    return { failure, leastMs: retryAfter(headers) };
  }

  async #try(errand: Errand): Promise<StoreAnswer> {
    let request = await errand.make();
    for (let followed = 0;; followed++) {
      const answer = await this.#send(errand, request);
      const { status, headers } = answer.response;
      const location = errand.dialect.followsRedirects && REDIRECTS.includes(status) ? headers.get("location") : null;
      if (location === null) return answer;
      answer.cancel();
      const act = `Cannot ${errand.act}`;
      if (followed === MAX_REDIRECTS) {
        throw new StoreError(`${act}: it redirects more than ${MAX_REDIRECTS} times`, { reason: "refused", status });
      }
      request = redirected(request, location, (why) => new StoreError(`${act}: ${why}`, { reason: "refused", status }));
    }
  }

  async #send({ act }: Errand, { url, body, ...init }: StoreRequest): Promise<StoreAnswer> {
    const { signal, timeoutMs = TIMEOUT_MS, caCerts } = this.#options;
    signal?.throwIfAborted();
    const cut = new StoreCut(act, { signal, timeoutMs });
    try {
      const client = caCerts === undefined ? {} : { client: clientOf(caCerts) };
      const response = await cut.within(fetchPrivately(url, {
        ...init,
        ...client,
        ...(body === undefined ? {} : { body }),
        redirect: "manual",
        signal: cut.signal,
      }));
      return new StoreAnswer(act, response, cut);
    } catch (error) {
      cut.end();
      throw cut.failure ?? networkError(act, error);
    }
  }
}

/** What ends a request: nobody wants it, or no byte has come for too long. */
class StoreCut {
  readonly #controller = new AbortController();
  readonly #act: string;
  readonly #timeoutMs: number;
  readonly #outer: AbortSignal | undefined;
  readonly #leave = () => this.#fail(this.#outer!.reason);
  /** Why it was ended. */
  failure: unknown;

  constructor(act: string, { signal, timeoutMs }: { signal: AbortSignal | undefined; timeoutMs: number }) {
    this.#act = act;
    this.#timeoutMs = timeoutMs;
    this.#outer = signal;
    signal?.addEventListener("abort", this.#leave, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What comes in time. */
  async within<Value>(waited: Promise<Value>): Promise<Value> {
    const timer = setTimeout(() => {
      const message = `Cannot ${this.#act}: no byte has come for ${this.#timeoutMs} ms (timeoutMs)`;
      this.#fail(new StoreError(message, { reason: "timeout" }));
    }, this.#timeoutMs);
    try {
      return await waited;
    } finally {
      clearTimeout(timer);
    }
  }

  end(): void {
    this.#outer?.removeEventListener("abort", this.#leave);
    this.#controller.abort();
  }

  #fail(reason: unknown): void {
    this.failure ??= reason;
    this.end();
  }
}

/** What a store answers. Its body is read to the end, or cancelled. */
export class StoreAnswer {
  readonly #act: string;
  readonly #cut: StoreCut;
  readonly response: Response;

  constructor(act: string, response: Response, cut: StoreCut) {
    this.#act = act;
    this.response = response;
    this.#cut = cut;
  }

  /** The body. Whoever stops reading cancels it. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    const reader = this.response.body?.getReader();
    try {
      while (reader !== undefined) {
        const { done, value } = await this.#cut.within(reader.read());
        if (done) return;
        yield value;
      }
    } catch (error) {
      throw this.#cut.failure ?? networkError(this.#act, error);
    } finally {
      await reader?.cancel().catch(() => {}); // what has failed cannot be cancelled
      this.#cut.end();
    }
  }

  /**
   * The body as text.
   *
   * @throws {StoreError} If it is longer than the limit.
   */
  async text(limitBytes: number): Promise<string> {
    const decoder = new TextDecoder();
    let [text, bytes] = ["", 0];
    for await (const chunk of this.chunks()) {
      bytes += chunk.length;
      if (bytes > limitBytes) {
        throw new StoreError(`Cannot ${this.#act}: the answer has more than ${limitBytes} bytes`, { reason: "broken" });
      }
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  }

  cancel(): void {
    this.response.body?.cancel().catch(() => {});
    this.#cut.end();
  }
}

/** Clients live as long as the program: one for each list of certificates. */
function clientOf(caCerts: readonly string[]): Deno.HttpClient {
  const key = caCerts.join("\n");
  const client = clients.get(key) ?? Deno.createHttpClient({ caCerts: [...caCerts] });
  clients.set(key, client);
  return client;
}

function retryAfter(headers: Headers): number {
  const said = headers.get("retry-after");
  if (said === null) return 0;
  const ms = /^\d+$/.test(said) ? Number(said) * 1000 : Date.parse(said) - Date.now();
  return ms > 0 ? ms : 0;
}

/** What fetch or reading a body failed with; nothing of the URL's secrets. */
function networkError(act: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const text = error instanceof Error && error.cause instanceof Error
    ? error.cause.message
    : describeThrown(error).message;
  const inner = /client error \(\w+\): (.+)$/s.exec(text)?.[1] ?? text;
  const state = inner.replace(/\bhttps?:\/\/[^\s)'"]+/g, (url) => shownUri(url)).replace(
    /^error sending request for url \([^)]*\): /,
    "",
  );
  const untrusted = /invalid peer certificate: (.+)$/s.exec(state)?.[1];
  if (untrusted !== undefined) {
    const message =
      `Cannot ${act}: its TLS certificate is not trusted (${untrusted}). Give that of its issuer as caCerts, or DENO_CERT`;
    return new StoreError(message, { reason: "refused" });
  }
  if (error instanceof Deno.errors.NotCapable) {
    return new StoreError(`Cannot ${act}: ${state}`, { reason: "refused", cause: error });
  }
  return new StoreError(`Cannot ${act}: ${state}`, {
    reason: /ports? .* blocked/.test(state) ? "refused" : "unreachable",
  });
}

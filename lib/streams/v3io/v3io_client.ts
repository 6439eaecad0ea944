import { setTimeout as pause } from "node:timers/promises";
import { StreamError } from "../../errors.ts";
import { Answering } from "../answering.ts";
import { OfflineError } from "../leased/offline_error.ts";
import type { Patience } from "../leased/patience.ts";
import type { V3ioPath } from "./v3io_path.ts";

/** One call of v3io's web interface. */
export interface V3ioCall {
  readonly call: string;
  readonly method: "PUT" | "POST";
  /** The path in the stream's container. */
  readonly path: string;
  readonly body?: unknown;
}

/** v3io has answered, and does not do it. */
export class V3ioRefusal extends StreamError {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

const TRY_AGAIN_MS = 100;
const NOT_READY = [408, 429];

/** Speaks to v3io's web interface; asks again where it is away. Calls must bear to be sent twice. */
export class V3ioClient {
  /** Whether the server answers. */
  readonly answering = new Answering();
  readonly #path: V3ioPath;
  readonly #patience: Patience;
  readonly #closing = new AbortController();

  constructor(path: V3ioPath, patience: Patience) {
    this.#path = path;
    this.#patience = patience;
  }

  /** Whether it has been closed. */
  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** @throws {StreamError} If there is no server, or it does not let one in. */
  async open<Answer>(call: V3ioCall): Promise<Answer> {
    const { connectMs } = this.#patience;
    try {
      return await this.#ask<Answer>("open", call, connectMs);
    } catch (error) {
      if (error instanceof StreamError) throw error;
      const why = whyOf(error as Error);
      const late = (error as Error).name === "TimeoutError" ? `it has not answered for ${connectMs / 1000} s` : why;
      const state = /refused/i.test(why) ? "no server listens there" : `V3IO cannot be reached: ${late}`;
      throw new StreamError(`Cannot open ${this.#path.name}: ${state}`, { cause: error });
    }
  }

  /** Sends a call; waits for a server that is away. */
  async send<Answer>(act: string, call: V3ioCall): Promise<Answer> {
    const { answerMs } = this.#patience;
    const until = performance.now() + answerMs;
    const askedAt = Date.now();
    while (true) {
      try {
        const answer = await this.#ask<Answer>(act, call, Math.max(1, until - performance.now()));
        this.answering.answered();
        return answer;
      } catch (error) {
        const { name } = this.#path;
        if (this.isClosed) throw new StreamError(`Cannot ${act} ${name}: the stream was closed meanwhile`);
        if (error instanceof StreamError) {
          this.answering.answered();
          throw error;
        }
        this.answering.failed(`V3IO does not answer. ${whyOf(error as Error)}`, askedAt);
        if (performance.now() + TRY_AGAIN_MS >= until) {
          const state = `V3IO has not answered for ${answerMs / 1000} s. ${whyOf(error as Error)}`;
          throw new OfflineError(`Cannot ${act} ${name}: ${state}`, { cause: error });
        }
      }
      await pause(TRY_AGAIN_MS);
    }
  }

  close(): void {
    this.#closing.abort();
  }

  async #ask<Answer>(act: string, { call, method, path, body }: V3ioCall, ms: number): Promise<Answer> {
    const { api, container, accessKey, name } = this.#path;
    const headers = new Headers({ "content-type": "application/json", "x-v3io-function": call });
    if (accessKey !== undefined) headers.set("x-v3io-session-key", accessKey);
    const url = new URL([container, ...path.split("/")].map(encodeURIComponent).join("/"), api);
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(ms)]);
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(url, { method, headers, signal, redirect: "manual", ...sent });
    const text = await response.text();
    const { status } = response;
    if (response.ok) return (text === "" ? {} : JSON.parse(text)) as Answer;
    if (status >= 500 || NOT_READY.includes(status)) throw new Error(`It answers ${status}${wordOf(text)}`);
    const state = status !== 401 && status !== 403
      ? `V3IO answers ${status} to ${call}${wordOf(text)}`
      : `V3IO does not let us (${status}). ${
        accessKey === undefined ? "There is no key: set V3IO_ACCESS_KEY" : "V3IO_ACCESS_KEY may not do this"
      }`;
    throw new V3ioRefusal(`Cannot ${act} ${name}: ${state}`, status);
  }
}

/** Why there is no answer: `fetch` tells it behind its error. */
function whyOf({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message : message;
}

/** What an answer says for itself, if it is of v3io. */
function wordOf(text: string): string {
  try {
    const { ErrorMessage: word } = JSON.parse(text) as { ErrorMessage?: unknown };
    return typeof word === "string" ? `: ${word.slice(0, 500)}` : "";
  } catch {
    return "";
  }
}

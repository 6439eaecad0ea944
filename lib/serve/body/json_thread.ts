import { StatusError } from "../../errors.ts";
import type { ReadAnswer, ReadWish } from "./json_worker.ts";

interface Asked {
  readonly bytes: Uint8Array;
  readonly resolve: (body: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const LARGE_BYTES = 1_048_576; // 1 MB is read in 3 ms, 10 MB in 50 to 110: what nobody should have to wait for
const HEAD_BYTES = 1_024;
const WAITING_BYTES = 128 * 2 ** 20; // read in 1.5 s; a body made to be slow takes some times that
const RETRY_AFTER_MS = 1_000;
const HEAD = new TextDecoder("latin1");

/**
 * Reads large JSON requests of the open protocol beside the others, one after another; see `json_worker.ts`. The thread begins with the
 * first, and ends where the caller leaves for whom it reads, since nothing else stops it.
 */
export class JsonThread {
  #worker: Worker | undefined;
  #current: Asked | undefined;
  readonly #waiting = new Set<Asked>();
  #waitingBytes = 0;
  #isClosed = false;

  /** Whether a body is to be read here: large, and by its first letters a request of tensors. */
  takes(bytes: Uint8Array): boolean {
    return bytes.length >= LARGE_BYTES && HEAD.decode(bytes.subarray(0, HEAD_BYTES)).includes('"datatype"');
  }

  /**
   * Reads a body; its bytes are gone then.
   *
   * @param signal Aborts when the caller leaves. Default: never.
   * @throws {StatusError} 400 if it is no JSON, or no well-formed request; 503 where too much waits; 499 where the caller leaves.
   */
  async read(bytes: Uint8Array, signal?: AbortSignal): Promise<unknown> {
    if (this.#waiting.size > 0 && this.#waitingBytes + bytes.length > WAITING_BYTES) {
      const state = `${this.#waiting.size} large ones of ${this.#waitingBytes} bytes wait to be read`;
      throw new StatusError(503, `Cannot read the body: ${state}`, { retryAfterMs: RETRY_AFTER_MS });
    }
    if (this.#isClosed) throw closed();
    if (signal?.aborted === true) throw left();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const asked: Asked = { bytes, resolve, reject };
    const leave = () => this.#leave(asked);
    signal?.addEventListener("abort", leave);
    this.#waiting.add(asked);
    this.#waitingBytes += bytes.length;
    this.#next();
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", leave);
    }
  }

  /** Ends the thread, and what it is to read. */
  close(): void {
    this.#isClosed = true;
    const reason = closed();
    for (const asked of this.#waiting) asked.reject(reason);
    this.#waiting.clear();
    this.#waitingBytes = 0;
    this.#end(reason);
  }

  #next(): void {
    const [asked] = this.#waiting;
    if (this.#current !== undefined || asked === undefined) return;
    this.#takeOut(asked);
    this.#current = asked;
    const { bytes } = asked;
    const wish: ReadWish = { bytes };
    (this.#worker ??= this.#start()).postMessage(wish, [bytes.buffer as ArrayBuffer]);
  }

  #takeOut(asked: Asked): void {
    if (this.#waiting.delete(asked)) this.#waitingBytes -= asked.bytes.length;
  }

  #leave(asked: Asked): void {
    this.#takeOut(asked);
    asked.reject(left());
    if (asked === this.#current) this.#end(left());
  }

  #start(): Worker {
    const worker = new Worker(new URL("./json_worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<ReadAnswer>) => {
      if (worker === this.#worker) this.#answer(data);
    };
    worker.onerror = (event) => {
      event.preventDefault(); // it has run out of memory, say: the next request starts another
      if (worker === this.#worker) this.#end(new StatusError(503, `Cannot read the body: ${event.message}`));
    };
    return worker;
  }

  #answer(answer: ReadAnswer): void {
    const asked = this.#current!;
    this.#current = undefined;
    if ("body" in answer) asked.resolve(answer.body);
    else {
      const { status, message } = answer;
      const error = status === undefined ? `Cannot read the body as application/json: ${message}` : message;
      asked.reject(new StatusError(status ?? 400, error));
    }
    this.#next();
  }

  /** Ends the thread and what it reads; who waits gets another. */
  #end(reason: StatusError): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#current?.reject(reason);
    this.#current = undefined;
    this.#next();
  }
}

function closed(): StatusError {
  return new StatusError(503, "Cannot read the body: the server is closed");
}

function left(): StatusError {
  return new StatusError(499, "The caller left before its body was read");
}

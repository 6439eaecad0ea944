import { StatusError } from "../errors.ts";
import type { ReadAnswer, ReadWish } from "./json_worker.ts";

interface Asked {
  readonly resolve: (body: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const LARGE_BYTES = 1_048_576; // 1 MB is read in 3 ms, 10 MB in 50 to 110: what nobody should have to wait for
const HEAD_BYTES = 1_024;
const HEAD = new TextDecoder("latin1");

/** Reads large JSON requests of the open protocol beside the others; see `json_worker.ts`. The thread begins with the first. */
export class JsonThread {
  #worker: Worker | undefined;
  readonly #asked = new Map<number, Asked>();
  #asks = 0;

  /** Whether a body is to be read here: large, and by its first letters a request of tensors. */
  takes(bytes: Uint8Array): boolean {
    return bytes.length >= LARGE_BYTES && HEAD.decode(bytes.subarray(0, HEAD_BYTES)).includes('"datatype"');
  }

  /**
   * Reads a body; its bytes are gone then.
   *
   * @throws {StatusError} 400 if it is no JSON, or no well-formed request.
   */
  read(bytes: Uint8Array): Promise<unknown> {
    const id = ++this.#asks;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      const wish: ReadWish = { id, bytes };
      (this.#worker ??= this.#start()).postMessage(wish, [bytes.buffer as ArrayBuffer]);
    });
  }

  /** Ends the thread. */
  close(): void {
    this.#end(new StatusError(503, "Cannot read the body: the server is closed"));
  }

  #start(): Worker {
    const worker = new Worker(new URL("./json_worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<ReadAnswer>) => this.#answer(data);
    worker.onerror = (event) => {
      event.preventDefault(); // it has run out of memory, say: the next request starts another
      this.#end(new StatusError(503, `Cannot read the body: ${event.message}`));
    };
    return worker;
  }

  #answer(answer: ReadAnswer): void {
    const asked = this.#asked.get(answer.id);
    this.#asked.delete(answer.id);
    if ("body" in answer) asked?.resolve(answer.body);
    else {
      const { status, message } = answer;
      const error = status === undefined ? `Cannot read the body as application/json: ${message}` : message;
      asked?.reject(new StatusError(status ?? 400, error));
    }
  }

  #end(reason: StatusError): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { reject } of this.#asked.values()) reject(reason);
    this.#asked.clear();
  }
}

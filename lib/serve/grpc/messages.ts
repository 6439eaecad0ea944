import type { Buffer } from "node:buffer";
import { StatusError } from "../../errors.ts";
import type { Closing } from "./closing.ts";
import type { StreamCall } from "./grpc_runtime.ts";

/**
 * The messages of a call, one after another. That they have ended leaves the way for replies open. Where the port is to close, waiting for
 * the next one ends with a failure that tells the caller to go elsewhere; a call that nobody speaks in would hold up the end.
 */
export class Messages implements AsyncIterableIterator<Buffer> {
  readonly #messages: AsyncIterator<Buffer>;
  readonly #closing: Closing;

  /** Reads one message ahead: the stream's own rule would read 16, each as long as the limit lets it be, and lets nobody choose. */
  constructor(call: StreamCall, closing: Closing) {
    (call as unknown as { readonly _readableState: { highWaterMark: number } })._readableState.highWaterMark = 1;
    this.#messages = call.iterator({ destroyOnReturn: false });
    this.#closing = closing;
  }

  /** Waits for the next message. */
  next(): Promise<IteratorResult<Buffer>> {
    return new Promise((resolve, reject) => {
      const stop = () => reject(new StatusError(503, "Cannot take more requests: the server is closing"));
      this.#closing.whenAsked(stop);
      const end = () => this.#closing.forget(stop);
      this.#messages.next().then((message) => (end(), resolve(message)), (error) => (end(), reject(error)));
    });
  }

  /** Wants no more. */
  async return(): Promise<IteratorResult<Buffer>> {
    await this.#messages.return?.();
    return { value: undefined, done: true };
  }

  /** The messages themselves. */
  [Symbol.asyncIterator](): this {
    return this;
  }
}

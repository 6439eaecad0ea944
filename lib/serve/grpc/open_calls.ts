import type { CallStream } from "./sent_call.ts";
import type { Interceptor } from "./grpc_runtime.ts";

/** The calls that are under way, counted until their replies have left, or their callers: who does not end a call does not matter then. */
export class OpenCalls {
  readonly #ended = Promise.withResolvers<void>();
  #count = 0;
  #isLast = false;

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** Counts each call that comes. */
  counter(): Interceptor {
    return (_, call) => {
      const { stream } = call as unknown as { readonly stream: CallStream };
      const { promise: over, resolve: end } = Promise.withResolvers<void>();
      stream.once("finish", end);
      stream.once("close", end);
      this.#count += 1;
      void over.then(() => {
        this.#count -= 1;
        this.#look();
      });
      return call;
    };
  }

  /** No more come: resolves when there are none. */
  ended(): Promise<void> {
    this.#isLast = true;
    this.#look();
    return this.#ended.promise;
  }

  #look(): void {
    if (this.#isLast && this.#count === 0) this.#ended.resolve();
  }
}

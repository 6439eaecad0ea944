/**
 * The results of a streaming reply, one after another, for one reader. The step that makes them is asked for the next when the
 * reader has taken the one before; a reader that leaves early stops the step.
 */
export class ReplyStream implements AsyncIterableIterator<unknown> {
  readonly #waiting: { readonly body: unknown; taken: () => void }[] = [];
  #reader:
    | { readonly resolve: (result: IteratorResult<unknown>) => void; readonly reject: (error: unknown) => void }
    | undefined;
  #end: { readonly error?: unknown } | undefined;
  readonly #onLeave: () => void;
  #onEnd: (() => void) | undefined;

  /** `onLeave` is called when the reader wants no more. */
  constructor(onLeave: () => void) {
    this.#onLeave = onLeave;
  }

  /** Calls back when nothing is made for the reader any more, whether or not it has read all: the end, a failure, a time that is over, its leaving. */
  whenEnded(ended: () => void): void {
    if (this.#end === undefined) this.#onEnd = ended;
    else ended();
  }

  /** Gives the reader one more result; `taken` is called when it was read, or will never be. */
  push(body: unknown, taken: () => void): void {
    if (this.#end !== undefined) {
      taken();
    } else if (this.#reader === undefined) {
      this.#waiting.push({ body, taken });
    } else {
      const reader = this.#reader;
      this.#reader = undefined;
      reader.resolve({ value: body, done: false });
      taken();
    }
  }

  /** Nothing follows; with an error, the reader gets it behind what there is. */
  end(error?: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = error === undefined ? {} : { error };
    this.#onEnd?.();
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader === undefined) return;
    if (error === undefined) reader.resolve({ value: undefined, done: true });
    else reader.reject(error);
  }

  /** Nobody waits for the reader any more: what it has not read stays for it, and then comes the error. */
  giveUp(error: unknown): void {
    this.end(error);
    for (const chunk of this.#waiting) {
      const { taken } = chunk;
      chunk.taken = () => {};
      taken();
    }
  }

  /** Gives the next result. */
  next(): Promise<IteratorResult<unknown>> {
    const first = this.#waiting.shift();
    if (first !== undefined) {
      first.taken();
      return Promise.resolve({ value: first.body, done: false });
    }
    if (this.#end === undefined) {
      if (this.#reader !== undefined) {
        return Promise.reject(new Error("Cannot read the reply twice at once: a read before this one has not ended"));
      }
      return new Promise((resolve, reject) => this.#reader = { resolve, reject });
    }
    const { error } = this.#end;
    this.#end = {};
    return error === undefined ? Promise.resolve({ value: undefined, done: true }) : Promise.reject(error);
  }

  /** The reader wants no more. */
  return(): Promise<IteratorResult<unknown>> {
    const left = this.#end === undefined;
    this.#end = {};
    for (const { taken } of this.#waiting.splice(0)) taken();
    this.#reader?.resolve({ value: undefined, done: true }); // a read that still waits
    this.#reader = undefined;
    if (left) {
      this.#onEnd?.();
      this.#onLeave();
    }
    return Promise.resolve({ value: undefined, done: true });
  }

  /** The stream itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }
}

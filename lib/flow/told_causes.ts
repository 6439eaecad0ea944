/** Tells each cause once: what stops one record from being settled often stops a thousand in the same moment. */
export class ToldCauses {
  readonly #told = new WeakSet<object>();

  /** Whether an error has a cause that nobody was told of; it counts as told from here on. */
  isNew(error: unknown): boolean {
    let cause = error;
    while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
    if (!(cause instanceof Error)) return true;
    if (this.#told.has(cause)) return false;
    this.#told.add(cause);
    return true;
  }
}

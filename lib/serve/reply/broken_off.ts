/** Ends a connection. Deno prints what does: one line of JSON, and not a stack between such lines. */
export class BrokenOff extends Error {
  readonly #event: string | undefined;

  /** `reason` says why, where nothing else tells it; `event` whose reply it is. */
  constructor(reason?: string, event?: string) {
    super(reason === undefined ? "A streamed reply broke off" : `A reply broke off: ${reason}`);
    this.#event = event;
  }

  [Symbol.for("Deno.customInspect")](): string {
    const level = this.#event === undefined ? "warn" : "error";
    return JSON.stringify({
      level,
      message: this.message,
      ...(this.#event === undefined ? {} : { event: this.#event }),
    });
  }
}

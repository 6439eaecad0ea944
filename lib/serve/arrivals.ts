import { SYSTEM_CLOCK } from "../flow/system_clock.ts";

/** The requests that have come in, and that the flow does not have yet: it is not closed before. */
export class Arrivals {
  #count = 0;
  #onEmpty: (() => void) | undefined;

  /** One comes in. */
  begin(): void {
    this.#count += 1;
  }

  /** The flow has it, or it comes no more. */
  end(): void {
    this.#count -= 1;
    if (this.#count === 0) this.#onEmpty?.();
  }

  /** One comes in; what it returns, called once or more often, says that it has. */
  one(): () => void {
    this.begin();
    let isIn = true;
    return () => {
      if (isIn) this.end();
      isIn = false;
    };
  }

  /** Waits until there are none; after so many milliseconds `giveUp` is to end them. */
  async none(timeoutMs: number, giveUp: () => void): Promise<void> {
    if (this.#count === 0) return;
    const empty = new Promise<void>((empty) => this.#onEmpty = empty);
    const cancel = SYSTEM_CLOCK.schedule(timeoutMs, giveUp);
    await empty;
    cancel();
  }
}

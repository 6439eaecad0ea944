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

  /** Waits until there are none, and tells how many milliseconds are left, 1 at least; when none are, `giveUp` is to end them. */
  async none(timeoutMs: number | undefined, giveUp: () => void): Promise<number | undefined> {
    if (this.#count === 0) return timeoutMs;
    const empty = new Promise<void>((empty) => this.#onEmpty = empty);
    const beganMs = SYSTEM_CLOCK.now();
    const cancel = SYSTEM_CLOCK.schedule(timeoutMs ?? Infinity, giveUp);
    await empty;
    cancel();
    return timeoutMs === undefined ? timeoutMs : Math.max(1, Math.ceil(timeoutMs - (SYSTEM_CLOCK.now() - beganMs)));
  }
}

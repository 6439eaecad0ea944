import { setImmediate as soon } from "node:timers/promises";
import { turn } from "./turn.ts";

const TURN_MS = 20; // a subscriber that says nothing for long is given up by its group
const MOST = 64; // things: what has become of these is on its way while the next begin

/** When who begins with many things, one after the other, lets the event loop turn. */
export class Pace {
  #turnedAt = performance.now();
  #begun = -1;

  /** Whether the next is to wait for `rest`; it counts. */
  isDue(): boolean {
    this.#begun += 1;
    return this.#begun >= MOST || this.#isLong();
  }

  /** Lets the event loop turn. */
  async rest(): Promise<void> {
    await (this.#isLong() ? turn() : soon());
    this.#begun = 0;
    this.#turnedAt = performance.now();
  }

  #isLong(): boolean {
    return performance.now() - this.#turnedAt > TURN_MS;
  }
}

/** What the engine process has to say, gathered for a moment. Runs in the engine process. */

import { type Carried, CARRIER } from "./carried.ts";

/**
 * How long something waits for more, unless the cell ends before. Deno's inspector writes without TCP_NODELAY: an event followed by
 * an answer costs 40 ms, so what a short cell says goes with the answer to `drain`, and only long cells send events.
 */
const GATHER_MS = 15;
const GATHER_CHARACTERS = 1 << 18;

/** Gathers, and sends by the inspector's binding. */
export class CarrierBuffer {
  #pending: Carried[] = [];
  #pieces: string[] = [];
  #characters = 0;
  #since = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Something is halfway in. */
  isPutting = false;
  /** Characters since the kernel last told that it has taken everything. */
  ahead = 0;

  /** Puts something in; it is sent when it has waited long enough, also in a loop that lets no timer run. */
  put(carried: Carried): void {
    const { length } = carried.kind === "stream" ? carried.text : JSON.stringify(carried); // throws before anything is in
    this.isPutting = true;
    if (this.#pending.length === 0) this.#since = performance.now();
    const last = this.#pending.at(-1);
    if (carried.kind === "stream") {
      if (last?.kind === "stream" && last.name === carried.name && last.execution === carried.execution) {
        this.#pieces.push(carried.text);
      } else {
        this.#close();
        this.#pending.push(carried);
        this.#pieces = [carried.text];
      }
    } else {
      this.#close();
      this.#pending.push(carried);
    }
    this.#count(length);
    this.isPutting = false;
    if (this.#characters >= GATHER_CHARACTERS || performance.now() - this.#since > GATHER_MS) this.send();
  }

  /** Sends everything now. */
  send(): void {
    if (this.#pending.length === 0) return;
    (globalThis as unknown as Record<string, (text: string) => void>)[CARRIER]?.(this.take());
  }

  /** Takes everything out, as text. */
  take(): string {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#close();
    const text = JSON.stringify(this.#pending);
    this.#pending = [];
    this.#characters = 0;
    return text;
  }

  #count(characters: number): void {
    this.#characters += characters;
    this.ahead += characters;
    this.#timer ??= setTimeout(() => this.send(), GATHER_MS);
  }

  /** Joins the text of the last stream. */
  #close(): void {
    const last = this.#pending.at(-1);
    if (last?.kind === "stream" && this.#pieces.length > 0) {
      this.#pending[this.#pending.length - 1] = { ...last, text: this.#pieces.join("") };
    }
    this.#pieces = [];
  }
}

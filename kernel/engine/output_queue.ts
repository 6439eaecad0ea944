/** Hands outputs on one at a time, and joins text that belongs together. */
import type { Output } from "./engine.ts";

const JOIN_CHARACTERS = 1 << 18; // one message of a stream; a browser copes, and 100,000 short lines are a handful
const JOIN_MS = 15;

type Stream = Extract<Output, { kind: "stream" }>;

interface Entry {
  output: Output;
  pieces: string[];
  characters: number;
}

function isSameStream(one: Output, other: Stream): boolean {
  return one.kind === "stream" && one.name === other.name && one.execution === other.execution;
}

/** Outputs on their way to the session, in order. */
export class OutputQueue {
  readonly #deliver: (output: Output) => void | Promise<void>;
  #entries: Entry[] = [];
  #pumping: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `deliver` is never called again before the promise that it gave has settled. */
  constructor(deliver: (output: Output) => void | Promise<void>) {
    this.#deliver = deliver;
  }

  /** Takes an output. Text waits a moment for more of its kind; anything else goes at once, behind what came before. */
  push(output: Output): void {
    if (output.kind !== "stream") {
      this.#entries.push({ output, pieces: [], characters: 0 });
      return this.#start();
    }
    const last = this.#entries.at(-1);
    const joins = last !== undefined && last.characters < JOIN_CHARACTERS && isSameStream(last.output, output);
    const entry = joins ? last : { output, pieces: [], characters: 0 };
    entry.pieces.push(output.text);
    entry.characters += output.text.length;
    if (!joins) this.#entries.push(entry);
    if (this.#entries.length > 1 || entry.characters >= JOIN_CHARACTERS) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), JOIN_MS);
  }

  /** Settles when everything that was pushed before has been delivered. */
  async flush(): Promise<void> {
    this.#start();
    while (this.#pumping) await this.#pumping;
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pumping || this.#entries.length === 0) return;
    this.#pumping = this.#pump().finally(() => this.#pumping = undefined);
  }

  async #pump(): Promise<void> {
    for (let entry = this.#entries.shift(); entry; entry = this.#entries.shift()) {
      const { output, pieces } = entry;
      await this.#deliver(output.kind === "stream" ? { ...output, text: pieces.join("") } : output);
    }
  }
}

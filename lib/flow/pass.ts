import type { Sealed } from "../streams/exchange.ts";

/** A record that is exchanged: what becomes of it carries this, so that it is kept with it, or not at all. */
export class Pass {
  readonly #sealed: Sealed[] = [];
  #isOver = false;

  /** Whether what comes of the record from here on is not kept. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Something has become of the record. */
  keep(sealed: Sealed): void {
    if (!this.#isOver) this.#sealed.push(sealed);
  }

  /** Nothing more is kept; gives what was, in order. */
  end(): readonly Sealed[] {
    this.#isOver = true;
    return this.#sealed;
  }
}

/** Refuses a message that was seen before. */

import { SignatureError } from "./message_error.ts";

/** How many signatures are remembered, each 64 characters: about 8 MB at most. */
const CAPACITY_SIGNATURES = 65_536;

/** Remembers the last signatures; the oldest are forgotten first. */
export class ReplayGuard {
  readonly #seen = new Set<string>();
  readonly #capacity: number;

  /** @param options `capacitySignatures`: how many are remembered, default 65,536. */
  constructor(options: { readonly capacitySignatures?: number } = {}) {
    this.#capacity = options.capacitySignatures ?? CAPACITY_SIGNATURES;
  }

  /**
   * Remembers a signature that has been checked. An unsigned message has none, and is not looked at.
   *
   * @throws {SignatureError} If it was there before: somebody sends a recorded message again.
   */
  admit(signature: Uint8Array): void {
    if (signature.length === 0) return;
    const text = String.fromCharCode(...signature);
    if (this.#seen.has(text)) {
      throw new SignatureError("Cannot accept a message: one with the same signature has come before");
    }
    this.#seen.add(text);
    if (this.#seen.size <= this.#capacity) return;
    for (const oldest of this.#seen) {
      this.#seen.delete(oldest);
      return;
    }
  }
}

import { createHash, timingSafeEqual } from "node:crypto";

const HIDDEN = "***";

/**
 * A text that is shown nowhere: as text, as JSON, in the console and in notebooks it is `***`. Only `reveal` gives it.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert/strict";
 * import { Secret } from "levada";
 *
 * const token = new Secret("TOKEN", "abc");
 * strictEqual(`Bearer ${token}`, "Bearer ***");
 * strictEqual(JSON.stringify({ token }), '{"token":"***"}');
 * strictEqual(token.reveal(), "abc");
 * ```
 */
export class Secret {
  /** What it is called; no secret itself. */
  readonly name: string;
  readonly #read: () => string;

  /** Keeps the text, or a function that gives it each time that it is asked for. */
  constructor(name: string, value: string | (() => string)) {
    this.name = name;
    this.#read = typeof value === "string" ? () => value : value;
  }

  /**
   * The text itself, as it is now: a file that was changed is read anew.
   *
   * @throws {SecretError} If the file is gone, or empty.
   */
  reveal(): string {
    return this.#read();
  }

  /** Whether a text is the secret; takes as long for a wrong text as for the right one. */
  matches(text: string): boolean {
    return timingSafeEqual(digest(text), digest(this.#read()));
  }

  /** `***` */
  toString(): string {
    return HIDDEN;
  }

  /** `***` */
  toJSON(): string {
    return HIDDEN;
  }

  /** `***` */
  [Symbol.toPrimitive](): string {
    return HIDDEN;
  }

  /** `***` */
  [Symbol.for("Deno.customInspect")](): string {
    return HIDDEN;
  }

  /** `***` */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return HIDDEN;
  }
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

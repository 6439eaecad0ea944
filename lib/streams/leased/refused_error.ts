import { StreamError } from "../../errors.ts";

/**
 * The broker has refused records that it was sent once: the first so many of them are kept, and none behind these. Those may be sent again:
 * nothing is kept twice.
 */
export class RefusedError extends StreamError {
  /** How many are kept. */
  readonly kept: number;
  /** Whether it is: else the broker may have kept all when it did not answer, before it refused them, and knows them when they come again. */
  readonly isCertain: boolean;

  constructor(message: string, kept: number, { isCertain = true, ...options }: RefusedOptions = {}) {
    super(message, options);
    this.kept = kept;
    this.isCertain = isCertain;
  }
}

/** What is said of a refusal. */
export interface RefusedOptions extends ErrorOptions {
  /** Default: yes. */
  readonly isCertain?: boolean;
}

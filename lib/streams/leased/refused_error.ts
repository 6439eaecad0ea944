import { StreamError } from "../../errors.ts";

/** The broker has refused records that it was sent once: the first so many of them are kept, and none behind these. */
export class RefusedError extends StreamError {
  /** How many are kept. */
  readonly kept: number;

  constructor(message: string, kept: number, options?: ErrorOptions) {
    super(message, options);
    this.kept = kept;
  }
}

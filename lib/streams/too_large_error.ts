import { StreamError } from "../errors.ts";

/** What keeps the stream never takes a record of this size. */
export class TooLargeError extends StreamError {}

/** Whether an error says so, or was made of one that does. */
export function isTooLarge(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) if (one instanceof TooLargeError) return true;
  return false;
}

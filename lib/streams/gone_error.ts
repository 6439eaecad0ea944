import { StreamError } from "../errors.ts";

/** What kept the stream is not where it was opened any more: by what has it open it can never be read or written again. */
export class GoneError extends StreamError {}

/** Whether an error says so, or was made of one that does. */
export function isGone(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) if (one instanceof GoneError) return true;
  return false;
}

import { StreamError } from "../errors.ts";

/** What was in hand is others' by now: they work on it. */
export class TakenError extends StreamError {}

/** Whether an error says so, or was made of one that does. */
export function isTaken(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) if (one instanceof TakenError) return true;
  return false;
}

import { UsageError } from "./command.ts";

/**
 * Asks a person.
 *
 * @throws {UsageError} If nobody sits there.
 */
export function confirmed(question: string): boolean {
  if (Deno.stdin.isTerminal()) return confirm(question);
  throw new UsageError(`${question} Nobody can be asked here: say --yes`);
}

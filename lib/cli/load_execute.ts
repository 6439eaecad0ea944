/** `executeNotebooks`, with a word about downloads before it. */

import type { CommandContext } from "./command.ts";
import type { executeNotebooks } from "./execute.ts";
import { prefetch } from "./prefetch.ts";

/**
 * Downloads what running notebooks needs and is not there yet, visibly, and gives `executeNotebooks`.
 *
 * @param needs As `prefetch` takes them: `RUN_NEEDS`, and what is known of the notebooks.
 */
export async function loadExecute(needs: readonly string[], context: CommandContext): Promise<typeof executeNotebooks> {
  await prefetch(needs, context);
  const module = "./execute.ts"; // in a variable: Deno would download its packages when the command line starts
  return (await import(module) as { executeNotebooks: typeof executeNotebooks }).executeNotebooks;
}

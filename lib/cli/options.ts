/** argv → options, with errors in our words. */

import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { UsageError } from "./command.ts";

/** Reads options and the other words. Every option is refused that is not in `options`. */
export function readOptions<Options extends ParseArgsOptionsConfig>(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(error.message.split(". ")[0] ?? error.message, { cause: error });
  }
}

/** Reads `--timeout 2.5` as milliseconds. */
export function readSeconds(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = text.trim() === "" ? NaN : Number(text);
  if (!(seconds > 0) || seconds > 2_000_000) { // setTimeout holds 2^31 ms
    throw new UsageError(`--${name} takes a number of seconds above 0: got "${text}"`);
  }
  return seconds * 1000;
}

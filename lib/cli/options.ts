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

/** Reads `--workers 4`. */
export function readWhole(
  option: string,
  text: string | undefined,
  { least, most }: { least: number; most: number },
): number | undefined {
  if (text === undefined) return undefined;
  const number = text.trim() === "" ? NaN : Number(text);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new UsageError(`--${option} takes a number from ${least} to ${most}: got "${text}"`);
}

/** Reads `--invoke-url http://localhost:8080`. */
export function readUrl(option: string, text: string | undefined): string | undefined {
  if (text === undefined || /^https?:$/.test(URL.parse(text)?.protocol ?? "")) return text;
  throw new UsageError(`--${option} takes a url, as http://localhost:8080: got "${text}"`);
}

/** The one word that is the name of a deployment. */
export function readName(positionals: readonly string[]): string {
  const [name, ...rest] = positionals;
  if (name === undefined || rest.length > 0) throw new UsageError("give it the name of one deployment");
  if (name === "") throw new UsageError("the name is empty: give it the name of one deployment");
  return name;
}

import { UsageError } from "../command.ts";

/** The variable with words for `levada serve`: where a program is started by others, as Nuclio starts images, nobody else can say them. */
export const SERVE_VARIABLE = "LEVADA_SERVE";

/**
 * The words of LEVADA_SERVE, a list of texts as JSON, before those of the command line: of one that both say, the last holds.
 *
 * @throws {UsageError} If it is no such list.
 */
export async function serveWords(args: readonly string[]): Promise<string[]> {
  const { state } = await Deno.permissions.query({ name: "env", variable: SERVE_VARIABLE });
  const text = state === "granted" ? Deno.env.get(SERVE_VARIABLE) ?? "" : "";
  return text === "" ? [...args] : [...wordsOf(text), ...args];
}

function wordsOf(text: string): string[] {
  try {
    const words: unknown = JSON.parse(text);
    if (Array.isArray(words) && words.every((word) => typeof word === "string")) return words;
  } catch { /* told below */ }
  throw new UsageError(`${SERVE_VARIABLE} is a list of words as JSON, ["--access-log"]: got ${text.slice(0, 100)}`);
}

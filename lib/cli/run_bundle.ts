/** What `deno run code.js` does: serves the function of the bundle, with the options of `levada serve`. */

import type { ServingFunction } from "../functions/serving.ts";
import { Interrupted, UsageError } from "./command.ts";
import { lastingTerminal } from "./lasting_terminal.ts";
import { readOptions } from "./options.ts";
import { serveFunction } from "./serving/serve_function.ts";
import { readWish, SERVE_OPTIONS, type ServeWish } from "./serving/serve_wish.ts";
import { serveWords } from "./serving/serve_words.ts";
import { openTerminal } from "./terminal.ts";

/** Serves until somebody asks to end, and ends the process. */
export async function runBundle(fn: ServingFunction): Promise<never> {
  const abort = new AbortController();
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
    Deno.addSignalListener(signal, () => abort.abort(new Interrupted(code)));
  }
  const terminal = lastingTerminal(openTerminal());
  try {
    Deno.exit(
      await serveFunction(() => Promise.resolve(fn), wishOf(await serveWords(Deno.args)), {
        terminal,
        signal: abort.signal,
      }),
    );
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    terminal.err(`${fn.name}: ${text}\n`);
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}

function wishOf(args: readonly string[]): ServeWish {
  const { values, positionals } = readOptions(args, SERVE_OPTIONS);
  const wish = readWish(values, ["code.js", ...positionals]);
  if (wish.workers === undefined) return wish;
  throw new UsageError("a bundle that is run by itself is one process: say `levada serve FOLDER --workers N`");
}

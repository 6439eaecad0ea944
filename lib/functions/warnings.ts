import type { Fault } from "../errors.ts";
import { consoleLog } from "../flow/console_log.ts";
import type { Log } from "../graph/context.ts";

/** Writes what is doubtful of a graph into the log. */
export function tellWarnings(warnings: readonly Fault[], log: Log = consoleLog()): void {
  for (const { step, cause, cure } of warnings) {
    log.warn(`${step === undefined ? "" : `Step "${step}": `}${cause}. ${cure}`);
  }
}

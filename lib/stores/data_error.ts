import { DataError } from "../errors.ts";

const HINTS =
  /\n(?:Possible |LINE \d|\s*file = |Column \S+ is being|This type was|Possible fixes|The search space)[^]*$/;
const LONGEST = 600; // a line of a broken file may have megabytes

/**
 * What went wrong in DuckDB, in our words: the act, and its first lines without hints for its own options.
 *
 * @param act What cannot be done: `read "prices.csv"`.
 */
export function dataError(act: string, error: unknown): DataError {
  if (error instanceof DataError) return error;
  const told = (error instanceof Error ? error.message : String(error)).replace(HINTS, "").trim();
  const state = told.length > LONGEST ? `${told.slice(0, LONGEST)}…` : told;
  return new DataError(`Cannot ${act}: ${state}`, { cause: error });
}

/** Whether a row is at fault, so that others may be written: a value that cannot be cast, a broken constraint. */
export function isRowFault(error: unknown): boolean {
  const cause = error instanceof DataError ? error.cause : error;
  return cause instanceof Error && /^(Constraint|Conversion|Invalid Input|Out of Range) Error/.test(cause.message);
}

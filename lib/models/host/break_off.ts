import { Script } from "node:vm";

const LATER_MS = 100; // the program gives up first, and says why
const LONGEST_MS = 2 ** 31 - 1;
const CALL = Symbol.for("levada.call");
const SCRIPT = new Script('globalThis[Symbol.for("levada.call")]()'); // a script sees nothing but globals

/**
 * Calls a function, and breaks it off where it has not come back a little after its time. Deno's `terminate` stops no thread that is in a
 * loop (2.9.6); a time limit of `node:vm` does. What a function does behind an `await` is its call no more, and nothing breaks it off.
 */
export function breakOff<Result>(run: () => Result, timeLimitMs: number): Result {
  (globalThis as { [CALL]?: () => Result })[CALL] = run;
  return SCRIPT.runInThisContext({ timeout: Math.min(LONGEST_MS, Math.ceil(timeLimitMs + LATER_MS)) }) as Result;
}

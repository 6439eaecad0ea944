import { hostname, userInfo } from "node:os";
import { StreamError } from "../../errors.ts";

const LONGEST = 200;

/** Who acts on dead letters: who says so, else the user of this machine, as `ann@laptop`. */
export function whoActs(by: string | undefined): string {
  if (by === undefined) return `${allowed(() => userInfo().username)}@${allowed(hostname)}`;
  if (typeof by === "string" && by.trim() !== "" && by.length <= LONGEST && by.isWellFormed()) return by;
  throw new StreamError(
    `Cannot act on dead letters as ${JSON.stringify(by)}: by is the name of who acts, ${LONGEST} letters at most`,
  );
}

/** What this process may not ask is unknown. */
function allowed(ask: () => string): string {
  try {
    return ask() || "unknown";
  } catch {
    return "unknown";
  }
}

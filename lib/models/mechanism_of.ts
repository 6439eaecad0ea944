/** What a mechanism says, and where a class is that runs by one. */

import type { Mechanism, MechanismOptions } from "../graph/mechanism.ts";
import type { Code } from "../graph/operator.ts";

/** What a mechanism is where nobody says. */
export const MECHANISM_DEFAULTS = { timeLimitMs: 60_000, memoryLimitMb: 2_048 } as const;

/** A mechanism with all that it says. */
export function mechanismOf(
  given: Mechanism,
): Required<Omit<MechanismOptions, "workers" | "flags">> & Pick<MechanismOptions, "workers" | "flags"> {
  return { ...MECHANISM_DEFAULTS, ...(typeof given === "string" ? { kind: given } : given) };
}

/** Where a class can be imported from, so that a worker can make it. */
export interface ClassHome {
  readonly module: string;
  readonly exportName: string;
}

/**
 * Where a class says that it is: its static `module`, a URL, and `exportName`, by default its name. Undefined where it does not say so
 * itself; what it inherits is another class's.
 */
export function homeOf(code: Code): ClassHome | undefined {
  const module = ownField(code, "module");
  if (typeof module !== "string" || !URL.canParse(module)) return undefined;
  const exportName = ownField(code, "exportName") ?? code.name;
  return typeof exportName === "string" ? { module, exportName } : undefined;
}

function ownField(code: Code, name: string): unknown {
  return Object.getOwnPropertyDescriptor(code, name)?.value;
}

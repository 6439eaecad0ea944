import process from "node:process";
import { youngFlags } from "../../deploy/objects/young_memory.ts";
import { UsageError } from "../command.ts";

const PERMISSIONS = ["net", "read", "write", "env", "run", "ffi", "sys", "import"] as const;
const NEEDED = ["read", "net"] as const; // its code, and the port

/** Among how many workers how much memory is shared. */
export interface MemoryShare {
  /** Default 1. */
  readonly workers?: number;
  /** What this process and all that it starts may have; 0 where nothing bounds it. Default: as the operating system says, such as a container's limit. */
  readonly limitBytes?: number | undefined;
}

/**
 * What Deno is told for a worker: what it may (default: what this process may without bounds), and how its memory is kept, unless `--v8-flags`
 * are among the flags.
 *
 * @throws {UsageError} If nobody says what a worker may, and it could not serve with what can be handed on.
 */
export function workerFlags(flags: readonly string[] = permissions(), share: MemoryShare = {}): readonly string[] {
  if (flags.some((flag) => flag.startsWith("--v8-flags"))) return flags;
  return [`--v8-flags=${youngFlags(shareOf(share))}`, ...flags];
}

/** What each worker may have; undefined where nobody may ask. */
function shareOf({ workers = 1, limitBytes = memoryLimit() }: MemoryShare): number | undefined {
  return limitBytes === undefined ? undefined : (limitBytes || Infinity) / workers;
}

/** What this process may have, with all that it starts; 0 where nothing bounds it, undefined where it may not ask. */
function memoryLimit(): number | undefined {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "systemMemoryInfo" });
  return state === "granted" ? process.constrainedMemory() : undefined;
}

/**
 * The kinds of permissions that this process has as a whole: Deno does not tell which files or hosts else.
 *
 * @throws {UsageError} If a worker could not serve with these.
 */
function permissions(): string[] {
  const granted = PERMISSIONS.filter((name) => Deno.permissions.querySync({ name }).state === "granted");
  const lacking = NEEDED.filter((name) => !granted.includes(name)).map((name) => `--allow-${name}`);
  if (lacking.length > 0) {
    throw new UsageError(
      `--workers cannot hand on what this process may, since it has no ${lacking.join(" and no ")} without bounds: ` +
        "say what each worker may, as this process was told it: --worker-flag=--allow-read=… --worker-flag=--allow-net=…",
    );
  }
  return granted.length === PERMISSIONS.length ? ["-A"] : granted.map((name) => `--allow-${name}`);
}

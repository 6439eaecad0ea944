import process from "node:process";
import { UsageError } from "../command.ts";

const PERMISSIONS = ["net", "read", "write", "env", "run", "ffi", "sys", "import"] as const;
const NEEDED = ["read", "net"] as const; // its code, and the port
/**
 * How much V8 lets grow at most, in megabytes, what it collects often. By its own measure, 32, a function between two streams spends a third
 * of its time in collecting, for what it has in hand is copied each time; with 64 it takes 12 to 20 % less, for some 50 MB (at Redis, 1 KB).
 */
const MOST_YOUNG = 64;
const SHARE = 1 / 16; // of what a worker may have: V8 keeps three times as much, at worst
const MEGABYTE = 2 ** 20;

/** Among how many workers how much memory is shared. */
export interface MemoryShare {
  /** Default 1. */
  readonly workers?: number;
  /** What this process and all that it starts may have. Default: as the operating system says, such as a container's limit; none where it may not be asked. */
  readonly limitBytes?: number;
}

/**
 * What Deno is told for a worker: what it may (default: what this process may without bounds), and how its memory is kept, unless `--v8-flags`
 * are among the flags.
 *
 * @throws {UsageError} If nobody says what a worker may, and it could not serve with what can be handed on.
 */
export function workerFlags(flags: readonly string[] = permissions(), share: MemoryShare = {}): readonly string[] {
  if (flags.some((flag) => flag.startsWith("--v8-flags"))) return flags;
  return [`--v8-flags=--max-semi-space-size=${youngMegabytes(share)}`, ...flags];
}

/** What this process may have, with all that it starts; 0 where it may not ask. */
function memoryLimit(): number {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "systemMemoryInfo" });
  return state === "granted" ? process.constrainedMemory() : 0;
}

/** A power of two, as V8 wants it. */
function youngMegabytes({ workers = 1, limitBytes = memoryLimit() }: MemoryShare): number {
  const fits = limitBytes / workers * SHARE / MEGABYTE;
  return fits >= 1 ? Math.min(MOST_YOUNG, 2 ** Math.floor(Math.log2(fits))) : limitBytes > 0 ? 1 : MOST_YOUNG; // 0: nobody knows
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

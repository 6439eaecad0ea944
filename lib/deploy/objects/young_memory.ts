/** How much V8 lets grow, of what it collects often, in a process. */
const MEGABYTE = 2 ** 20;
/**
 * The most, in megabytes. By its own measure a function between two streams spends a third of its time in collecting, for what it has in hand
 * is copied each time; with 64 it takes 12 to 20 % less, for some 50 MB (at Redis, 1 KB).
 */
const MOST = 64;
const OWN = 32; // what V8 takes by itself
const ROOM_FOR_MOST = 1_024; // of so many megabytes 64, three times which V8 keeps at worst, are a fifth
const ROOM_FOR_OWN = 256;
const SHARE = 1 / 8; // of less

/**
 * The flag for V8.
 *
 * @param limitBytes What the process may have at most; Infinity where nothing bounds it; undefined where nobody knows.
 */
export function youngFlag(limitBytes: number | undefined): string {
  return `--max-semi-space-size=${limitBytes === undefined ? OWN : youngMegabytes(limitBytes / MEGABYTE)}`;
}

/** A power of two, as V8 wants it. */
function youngMegabytes(limit: number): number {
  if (limit >= ROOM_FOR_MOST) return MOST;
  return limit >= ROOM_FOR_OWN ? OWN : 2 ** Math.max(0, Math.floor(Math.log2(limit * SHARE)));
}

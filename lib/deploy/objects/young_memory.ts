/** How V8 keeps what it collects often, in a process. */
const MEGABYTE = 2 ** 20;
/**
 * The most, in megabytes. By its own measure a function between two streams spends a third of its time in collecting, for what it has in hand
 * is copied each time; with 64 it took 12 to 20 % less, for some 50 MB (at Redis, 1 KB; before all began young).
 */
const MOST = 64;
const OWN = 32; // what V8 takes by itself
const ROOM_FOR_MOST = 1_024; // of so many megabytes 64, three times which V8 keeps at worst, are a fifth
const ROOM_FOR_OWN = 256;
const SHARE = 1 / 8; // of less
/**
 * V8 begins to put things among what is old at once where many of their kind have outlived a collection, as what belongs to events in hand has. There
 * they hold what is young, however soon they are done with, until all is collected: a function between two streams takes a quarter more for that.
 */
const ALL_BEGIN_YOUNG = "--no-allocation-site-pretenuring";

/**
 * The flags for V8, as `--v8-flags` and `DENO_V8_FLAGS` take them.
 *
 * @param limitBytes What the process may have at most; Infinity where nothing bounds it; undefined where nobody knows.
 */
export function youngFlags(limitBytes: number | undefined): string {
  const megabytes = limitBytes === undefined ? OWN : youngMegabytes(limitBytes / MEGABYTE);
  return `${ALL_BEGIN_YOUNG},--max-semi-space-size=${megabytes}`;
}

/** A power of two, as V8 wants it. */
function youngMegabytes(limit: number): number {
  if (limit >= ROOM_FOR_MOST) return MOST;
  return limit >= ROOM_FOR_OWN ? OWN : 2 ** Math.max(0, Math.floor(Math.log2(limit * SHARE)));
}

import { join } from "node:path";

const IN_USE_MS = 3_600_000; // what was used within an hour may be opened just now
const HALF_MS = 86_400_000; // a download that has written nothing for a day has ended
const NOTE_MS = 30 * 86_400_000; // of a URL that nobody has asked for so long: with a signature in it, it never comes again

/** What a cache is made of. */
export interface CacheRooms {
  /** Folders whose entries are kept or removed as a whole. */
  readonly kept: readonly string[];
  /** The folder of what is being written. */
  readonly halves: string;
  /** The folder of what is known of URLs. */
  readonly index: string;
}

/**
 * Removes what was not used for the longest time until the rest fits, and what broken downloads have left. What was used within the last
 * hour stays: whoever found it may be about to open it.
 */
export async function evict({ kept, halves, index }: CacheRooms, limitBytes: number): Promise<void> {
  const now = Date.now();
  for (const [room, longestMs] of [[halves, HALF_MS], [index, NOTE_MS]] as const) {
    for (const { path, usedAt } of await entriesOf(room)) if (now - usedAt > longestMs) await remove(path);
  }
  const entries = (await Promise.all(kept.map(entriesOf))).flat().sort((one, other) => one.usedAt - other.usedAt);
  let total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { path, bytes, usedAt } of entries) {
    if (total <= limitBytes || now - usedAt < IN_USE_MS) return;
    await remove(path);
    total -= bytes;
  }
}

interface Entry {
  readonly path: string;
  readonly bytes: number;
  readonly usedAt: number;
}

async function entriesOf(room: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const { name } of await Array.fromAsync(Deno.readDir(room)).catch(() => [])) {
    const path = join(room, name);
    const stat = await Deno.lstat(path).catch(() => undefined); // another process may remove it meanwhile
    if (stat === undefined) continue;
    entries.push({
      path,
      bytes: stat.isDirectory ? await bytesIn(path) : stat.size,
      usedAt: stat.mtime?.getTime() ?? 0,
    });
  }
  return entries;
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const { name, isDirectory } of await Array.fromAsync(Deno.readDir(folder)).catch(() => [])) {
    const path = join(folder, name);
    bytes += isDirectory ? await bytesIn(path) : (await Deno.lstat(path).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}

async function remove(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

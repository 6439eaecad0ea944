import { join } from "node:path";

const IN_USE_MS = 3_600_000; // what was used within an hour may be opened just now
const HALF_MS = 86_400_000; // a download that has written nothing for a day has ended

/**
 * Removes what was not used for the longest time until the rest fits, and what broken downloads have left. What was used within the last
 * hour stays: whoever found it may be about to open it.
 *
 * @param rooms Folders whose entries are kept or removed as a whole.
 */
export async function evict(
  rooms: readonly string[],
  { limitBytes, halves }: { limitBytes: number; halves: string },
): Promise<void> {
  const now = Date.now();
  for (const { path, usedAt } of await entriesOf(halves)) {
    if (now - usedAt > HALF_MS) await remove(path);
  }
  const entries = (await Promise.all(rooms.map(entriesOf))).flat().sort((one, other) => one.usedAt - other.usedAt);
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

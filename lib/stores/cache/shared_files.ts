/** Files that several processes read and write at the same time. */

import { dirname } from "node:path";

const working = new Map<string, Promise<void>>();

/** Runs when nobody else does who asks by the same file: in this program, in its workers, and in other programs of this machine. */
export async function aloneWith<Value>(path: string, run: () => Promise<Value>): Promise<Value> {
  const before = working.get(path);
  const { promise, resolve } = Promise.withResolvers<void>();
  working.set(path, promise);
  try {
    await before;
    using _lock = await lockOf(path).catch(() => undefined); // a read-only cache gives what it has; without locks the last one writes the same once more
    return await run();
  } finally {
    if (working.get(path) === promise) working.delete(path);
    resolve();
  }
}

async function lockOf(path: string): Promise<Deno.FsFile> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const file = await Deno.open(path, { write: true, create: true });
  await file.lock(true).catch(() => {});
  return file;
}

/** What a file says; undefined where there is none, or a broken one. */
export async function readJson<Value>(path: string): Promise<Value | undefined> {
  try {
    const value = JSON.parse(await Deno.readTextFile(path));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Replaces a file as a whole. */
export async function replaceJson(path: string, value: unknown): Promise<void> {
  const half = `${path}.${crypto.randomUUID()}.part`;
  await Deno.writeTextFile(half, JSON.stringify(value));
  await Deno.rename(half, path);
}

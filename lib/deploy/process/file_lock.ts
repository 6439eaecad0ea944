import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const TRIES = 20; // who only asks whether it is held holds it for a moment
const PAUSE_MS = 10;

/** A file that a process holds until it lets go of it, or dies: the system sees to that. */
export interface HeldFile extends Disposable {
  /** Whether it still lies where it was: who removed its folder has taken it along. */
  isInPlace(): Promise<boolean>;
}

/** Who holds a file. */
export interface FileOwner {
  /** Undefined where it has not said so. */
  readonly pid: number | undefined;
}

/** Who holds a file now; undefined where nobody does. */
export async function ownerOf(path: string): Promise<FileOwner | undefined> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  using opened = file;
  if (await opened.tryLock(false)) return undefined;
  const pid = Number(await Deno.readTextFile(path).catch(() => ""));
  return { pid: pid > 0 ? pid : undefined };
}

/** Holds a file, which says by which process; undefined where another does. */
export async function holdFile(path: string): Promise<HeldFile | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    if (tries > 0) await pause(PAUSE_MS);
    await Deno.mkdir(dirname(path), { recursive: true });
    const file = await Deno.open(path, { read: true, write: true, create: true });
    let isHeld = false;
    try {
      isHeld = await file.tryLock(true) && await lies(file, path); // who held it before may have removed it
      if (!isHeld) continue;
      await file.truncate();
      await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
    } catch (error) {
      isHeld = false;
      throw error;
    } finally {
      if (!isHeld) file.close();
    }
    return { isInPlace: () => lies(file, path), [Symbol.dispose]: () => file.close() };
  }
  return undefined;
}

async function lies(file: Deno.FsFile, path: string): Promise<boolean> {
  try {
    const [own, there] = await Promise.all([file.stat(), Deno.stat(path)]);
    return own.ino === there.ino && own.dev === there.dev;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Folders that one process writes at a time. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describeThrown } from "../errors.ts";
import { ImageError } from "./image_error.ts";

/** The file of a folder that says who writes there; it stays there where that one is killed, or fails. */
export const HOLDER = ".levada-image";

const PAUSE_MS = 100;

/** How to wait for who writes there now. */
export interface HoldOptions {
  readonly signal?: AbortSignal | undefined;
  /** Is told once who that is. */
  readonly onWait?: ((state: string) => void) | undefined;
}

/** What is done in a folder. */
export interface FolderWork<State> {
  /**
   * Looks whether it may be written to, before anything is made there, and again when nobody else writes.
   *
   * @param isLeft Whether somebody has begun to write there and not come to an end.
   */
  check(isLeft: boolean): Promise<State>;
  write(state: State): Promise<void>;
}

/**
 * Writes a folder as its only writer: who comes meanwhile waits. Where a file system knows no locks nobody waits.
 *
 * @param act What this is about, for messages.
 * @throws {ImageError} If it cannot be made, or be written to.
 */
export async function aloneIn<State>(
  act: string,
  folder: string,
  { check, write, ...options }: FolderWork<State> & HoldOptions,
): Promise<void> {
  const path = join(folder, HOLDER);
  await check(await Deno.stat(path).then(() => true, () => false));
  const { file, isLeft } = await hold(act, path, options);
  let state: State;
  try {
    state = await check(isLeft);
  } catch (error) {
    await release(file, path);
    throw error;
  }
  try {
    await write(state);
  } catch (error) {
    file.close(); // the file stays: what was begun is ours, and may be gone on with
    throw error;
  }
  await release(file, path);
}

async function release(file: Deno.FsFile, path: string): Promise<void> {
  await Deno.remove(path).catch(() => {}); // before it is let go of: who waits sees that it is gone
  file.close();
}

async function hold(
  act: string,
  path: string,
  { signal, onWait = () => {} }: HoldOptions,
): Promise<{ readonly file: Deno.FsFile; readonly isLeft: boolean }> {
  for (let tries = 0;; tries++) {
    signal?.throwIfAborted();
    const file = await openIn(act, path);
    let isHeld = false;
    try {
      isHeld = await file.tryLock(true).catch(() => true) && await lies(file, path); // who held it may have removed it
      if (isHeld) {
        const { size } = await file.stat();
        await file.truncate();
        await file.write(new TextEncoder().encode(`${Deno.pid}\n`)).catch(() => {}); // a full disk is told by who fills it
        return { file, isLeft: size > 0 };
      }
    } finally {
      if (!isHeld) file.close();
    }
    if (tries === 0) onWait(`waiting for ${await ownerOf(path)}, which writes to ${join(path, "..")}`);
    await pause(PAUSE_MS);
  }
}

async function openIn(act: string, path: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(join(path, ".."), { recursive: true });
    return await Deno.open(path, { read: true, write: true, create: true });
  } catch (error) {
    throw new ImageError(`Cannot ${act}: ${describeThrown(error).message}. Give another folder`, { cause: error });
  }
}

async function ownerOf(path: string): Promise<string> {
  const pid = Number(await Deno.readTextFile(path).catch(() => ""));
  return pid > 0 ? `process ${pid}` : "another process";
}

async function lies(file: Deno.FsFile, path: string): Promise<boolean> {
  const [own, there] = await Promise.all([file.stat(), Deno.stat(path).catch(() => undefined)]);
  return own.ino === there?.ino && own.dev === there.dev;
}

import { dirname } from "node:path";
import { dataError } from "./data_error.ts";

/** Where a text is appended. */
export interface AppendOptions {
  /** Absolute path; its folder is made where it is missing. */
  readonly path: string;
  /** What a file that is made may be done with, and by whom, as `chmod` says it. Default: what the system gives new files. */
  readonly mode?: number;
  /**
   * Told how many bytes the file has, and how to read its beginning; gives what goes before the text, or throws to leave the file as
   * it is.
   */
  readonly begin?: (bytes: number, head: () => Promise<string>) => Promise<string>;
}

/** How much of a file is looked at for its header. */
export const HEAD_BYTES = 1_048_576; // a header of a million characters is none

/**
 * Appends whole lines to a file: all of them or none, after the last line of whoever else appends to it (other writers, also those of
 * other programs that lock the file, wait for their turn).
 */
export async function appendText(text: string, { path, begin, mode }: AppendOptions): Promise<void> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    using file = await Deno.open(path, {
      read: true,
      append: true,
      create: true,
      ...(mode === undefined ? {} : { mode }),
    });
    await file.lock(true); // given back when the file is closed
    const { size } = await file.stat();
    const before = begin === undefined ? "" : await begin(size, () => readHead(file));
    const gap = size > 0 && await lastByte(file, size) !== NEWLINE ? "\n" : "";
    try {
      await writeAll(file, new TextEncoder().encode(gap + before + text));
    } catch (error) {
      await file.truncate(size).catch(() => {}); // what cannot be cut was not written: a device, a pipe
      throw error;
    }
  } catch (error) {
    throw dataError(`append to "${path}"`, error);
  }
}

const NEWLINE = 0x0a;

async function readHead(file: Deno.FsFile): Promise<string> {
  await file.seek(0, Deno.SeekMode.Start);
  const bytes = new Uint8Array(HEAD_BYTES);
  let filled = 0;
  while (filled < bytes.length) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return new TextDecoder().decode(bytes.subarray(0, filled));
}

async function lastByte(file: Deno.FsFile, size: number): Promise<number | undefined> {
  await file.seek(size - 1, Deno.SeekMode.Start);
  const byte = new Uint8Array(1);
  await file.read(byte);
  return byte[0];
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}

import { join } from "node:path";
import type { LogReading } from "../deployment.ts";
import { type DeploymentFolder, fileNameOf } from "./state_folder.ts";

const LOOK_MS = 200;

/** Reads what the functions of a deployment have written, and write. */
export async function* readLogs(
  { logs }: Pick<DeploymentFolder, "logs">,
  names: readonly string[],
  { function: only, follow = false, lines = Infinity, signal }: LogReading = {},
): AsyncGenerator<string> {
  const tails = names.filter((name) => (only ?? name) === name).map((name) => ({
    prefix: only === undefined && names.length > 1 ? `${name} | ` : "",
    tail: new Tail(join(logs, `${fileNameOf(name)}.log`)),
  }));
  for (const { prefix, tail } of tails) {
    const there = await tail.read();
    yield* (lines === Infinity ? there : there.slice(-lines)).map((line) => `${prefix}${line}`);
  }
  while (follow && signal?.aborted !== true) {
    await pause(signal);
    for (const { prefix, tail } of tails) yield* (await tail.read()).map((line) => `${prefix}${line}`);
  }
}

/** A file that grows, and begins anew when it is too long. */
class Tail {
  readonly #file: string;
  #at = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** The whole lines since the last time. */
  async read(): Promise<string[]> {
    const text = new TextDecoder().decode(await this.#bytes());
    return text === "" ? [] : text.slice(0, -1).split("\n");
  }

  async #bytes(): Promise<Uint8Array> {
    try {
      using file = await Deno.open(this.#file);
      const { size } = await file.stat();
      if (size < this.#at) this.#at = 0;
      await file.seek(this.#at, Deno.SeekMode.Start);
      const bytes = new Uint8Array(size - this.#at);
      let read = 0;
      while (read < bytes.length) {
        const count = await file.read(bytes.subarray(read));
        if (count === null) break;
        read += count;
      }
      const end = bytes.lastIndexOf(10, read) + 1; // a character may be cut in the middle of the last line
      this.#at += end;
      return bytes.subarray(0, end);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return new Uint8Array();
      throw error;
    }
  }
}

function pause(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, LOOK_MS);
    signal?.addEventListener("abort", done, { once: true });
  });
}

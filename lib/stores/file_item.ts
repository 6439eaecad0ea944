import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { checkRange } from "./check_range.ts";
import type { ByteRange, DataItem, ItemStat } from "./data_item.ts";

/** A file or a directory of this machine. */
export class FileItem implements DataItem {
  readonly uri: string;

  constructor(path: string | URL) {
    this.uri = path instanceof URL ? fileURLToPath(path) : resolve(path);
  }

  async get(range?: ByteRange): Promise<Uint8Array<ArrayBuffer>> {
    if (range === undefined) return await this.#tell("read", () => Deno.readFile(this.uri));
    checkRange(range, this.uri);
    const { from, to } = range;
    return await this.#tell("read", async () => {
      using file = await Deno.open(this.uri);
      await file.seek(from, Deno.SeekMode.Start);
      const size = (await file.stat()).size;
      const bytes = new Uint8Array(Math.max(0, Math.min(to, size) - from));
      let filled = 0;
      while (filled < bytes.length) {
        const count = await file.read(bytes.subarray(filled));
        if (count === null) break;
        filled += count;
      }
      return bytes.slice(0, filled);
    });
  }

  async stream(): Promise<ReadableStream<Uint8Array>> {
    return (await this.#tell("read", () => Deno.open(this.uri))).readable;
  }

  async put(bytes: Uint8Array | string): Promise<void> {
    const half = `${this.uri}.${crypto.randomUUID()}.part`;
    await this.#tell("write", async () => {
      try {
        await Deno.writeFile(half, typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
        await Deno.rename(half, this.uri);
      } catch (error) {
        await Deno.remove(half).catch((gone) => {
          if (!(gone instanceof Deno.errors.NotFound)) throw gone;
        });
        throw error;
      }
    });
  }

  async *list(): AsyncGenerator<string> {
    const entries = await this.#tell("list", () => Array.fromAsync(Deno.readDir(this.uri)));
    for (const { name, isDirectory } of entries) yield isDirectory ? `${name}/` : name;
  }

  async stat(): Promise<ItemStat> {
    const { isDirectory, size, mtime, ino } = await this.#tell("look at", () => Deno.stat(this.uri));
    return {
      kind: isDirectory ? "directory" : "file",
      bytes: size,
      modified: mtime ?? new Date(0),
      version: `${mtime?.getTime() ?? ""} ${size} ${ino ?? ""}`,
    };
  }

  async #tell<Value>(act: string, run: () => Promise<Value>): Promise<Value> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) {
        throw new Deno.errors.NotFound(`Cannot ${act} "${this.uri}": there is no such file`, { cause: error });
      }
      if (error instanceof Deno.errors.IsADirectory || (error as { code?: string }).code === "EISDIR") {
        throw new Deno.errors.IsADirectory(`Cannot ${act} "${this.uri}": it is a directory`, { cause: error });
      }
      throw error;
    }
  }
}

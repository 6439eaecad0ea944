import { join } from "node:path";
import { describeThrown } from "../../errors.ts";
import { isMissing } from "../data_item.ts";
import type { ItemOptions } from "../item_options.ts";
import { environment } from "../read_secret.ts";
import { cacheFolder } from "./cache_folder.ts";
import type { Say } from "./download.ts";
import { evict } from "./evict.ts";
import { aloneWith } from "./shared_files.ts";

/** How things are kept. */
export interface CacheOptions {
  /** Default: `LEVADA_CACHE`, else the user's cache folder. */
  folder?: string;
  /** Above this what was not used for the longest time goes. Default: `LEVADA_CACHE_BYTES`, else 20 GiB. */
  limitBytes?: number;
  /** Gets lines about long downloads, and about what was found broken. Default: nobody does. */
  say?: Say;
  /** So often the progress of a download is told, in milliseconds. Default: 5,000. */
  progressMs?: number;
  /** How stores are reached. */
  item?: ItemOptions;
}

const LIMIT_BYTES = 20 * 1024 ** 3;
const PROGRESS_MS = 5000;

/**
 * The folder of a cache: `content` and `unpacked` by the hash of what lies there, `gathered`, the `halves` that are being written, and the
 * `index` of what is known of URLs. It may be removed at any time when nothing runs.
 */
export class CacheRoom {
  readonly #root: string;
  readonly limitBytes: number;
  readonly say: Say;
  readonly progressMs: number;
  readonly item: ItemOptions;

  constructor({ folder, limitBytes, say = () => {}, progressMs = PROGRESS_MS, item = {} }: CacheOptions) {
    const ask = item.environment ?? environment;
    this.#root = join(folder ?? cacheFolder(ask), "stores");
    this.limitBytes = limitBytes ?? bytesOf(ask("LEVADA_CACHE_BYTES"));
    this.say = say;
    this.progressMs = progressMs;
    this.item = item;
  }

  /** A path within. */
  at(...parts: readonly string[]): string {
    return join(this.#root, ...parts);
  }

  /** Runs when nobody else does for the same key. */
  alone<Value>(key: string, run: () => Promise<Value>): Promise<Value> {
    return aloneWith(this.at("index", `${key}.lock`), run);
  }

  /** Has something written where nobody looks, and moved to its place by `write`; whatever fails leaves nothing. */
  async half<Value>(write: (path: string) => Promise<Value>): Promise<Value> {
    await Deno.mkdir(this.at("halves"), { recursive: true });
    const path = this.at("halves", crypto.randomUUID());
    try {
      return await write(path);
    } catch (error) {
      await Deno.remove(path, { recursive: true }).catch(ignoreMissing);
      throw error;
    }
  }

  /** Moves a folder to its place. */
  async replace(half: string, room: string, key: string): Promise<void> {
    await Deno.remove(this.at(room, key), { recursive: true }).catch(ignoreMissing);
    await Deno.mkdir(this.at(room), { recursive: true });
    await Deno.rename(half, this.at(room, key));
  }

  /** Makes place for what is new. That others clear up at the same time, or that it fails, stops nobody. */
  async evict(): Promise<void> {
    const kept = ["content", "unpacked", "gathered"].map((name) => this.at(name));
    try {
      await evict({ kept, halves: this.at("halves"), index: this.at("index") }, this.limitBytes);
    } catch (error) {
      this.say("warn", `the cache ${this.#root} cannot be cleared up: ${describeThrown(error).message}`);
    }
  }
}

/** Says that something was used just now. */
export async function touch(path: string): Promise<void> {
  const now = new Date();
  await Deno.utime(path, now, now).catch(() => {}); // a cache on a read-only disk still gives what it has
}

/** For what may be gone already. */
export function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}

function bytesOf(said: string | undefined): number {
  if (!said) return LIMIT_BYTES;
  if (/^\d+$/.test(said)) return Number(said);
  throw new TypeError(`Cannot read LEVADA_CACHE_BYTES: it is ${JSON.stringify(said)}, no count of bytes`);
}

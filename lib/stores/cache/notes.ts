import { join } from "node:path";
import { digestOf } from "./checksum.ts";
import type { ItemOptions } from "../item_options.ts";
import { readJson, replaceJson } from "./shared_files.ts";

const IMPATIENT = { retries: 1, timeoutMs: 10_000 }; // enough for a store that is there; what was kept waits

/** What stores have said, for when they are away, and which of them are. */
export class Notes {
  readonly #folder: string;
  readonly #away = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Keeps an answer, as JSON, where the cache can be written. */
  async keep(question: string, answer: object): Promise<void> {
    try {
      await Deno.mkdir(this.#folder, { recursive: true });
      await replaceJson(this.#pathOf(question), answer);
    } catch {
      // only who starts without the store misses it
    }
  }

  /** The answer that was kept last; undefined where there is none. */
  async last<Answer extends object>(question: string): Promise<Answer | undefined> {
    return await readJson(this.#pathOf(question));
  }

  #pathOf(question: string): string {
    return join(this.#folder, `${digestOf(question)}.note.json`);
  }

  /** Remembers that a URL's store does not answer: it is not asked for what is kept, as long as these notes are used. */
  tellAway(uri: string): void {
    this.#away.add(storeOf(uri));
  }

  /** Whether the store of a URL did not answer. */
  isAway(uri: string): boolean {
    return this.#away.has(storeOf(uri));
  }
}

/** How a store is asked where what it said before would do. */
export function impatient(item: ItemOptions): ItemOptions {
  const { retries = Infinity, timeoutMs = Infinity } = item;
  return {
    ...item,
    retries: Math.min(retries, IMPATIENT.retries),
    timeoutMs: Math.min(timeoutMs, IMPATIENT.timeoutMs),
  };
}

function storeOf(uri: string): string {
  return /^[a-z0-9+.-]+:\/\/[^/]*/i.exec(uri)?.[0] ?? uri;
}

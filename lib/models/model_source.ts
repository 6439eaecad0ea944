import { StoreError } from "../errors.ts";
import type { Log } from "../graph/context.ts";
import { type Checksum, hashFile } from "../stores/cache/checksum.ts";
import { impatient } from "../stores/cache/notes.ts";
import type { CacheOptions } from "../stores/cache/cache_room.ts";
import { FolderCache } from "../stores/cache/folder_cache.ts";
import { type Content, StoreCache } from "../stores/cache/store_cache.ts";
import { type DataItem, isAway, isLocal, isMissing, openItem } from "../stores/data_item.ts";
import type { ItemOptions } from "../stores/item_options.ts";
import { type Artifact, childUri, readArtifact } from "../stores/remote/artifact.ts";
import { encodeKey } from "../stores/remote/dialect.ts";
import { shownUri } from "../stores/remote/shown_uri.ts";

/** How a model's files are had. */
export interface SourceOptions {
  /** Gets lines about long downloads, and about stores that do not answer. */
  readonly log?: Log | undefined;
  /** Where remote files are kept, and how stores are reached. */
  readonly cache?: CacheOptions | undefined;
}

/** A file and what lies beside it. */
export interface FileBeside {
  readonly uri: string;
  /** All names in its directory. */
  readonly names: readonly string[];
  readonly checksum: Checksum | undefined;
}

/** Where a file came from. */
interface Origin {
  readonly uri: string;
  /** Whether somebody has said what it must hash to. */
  readonly isChecked: boolean;
}

/** What is kept of files of a store, which may give what is none. */
export interface KeptFiles {
  /** Says that they are good. */
  readonly keep: () => Promise<void>;
  /** Gives back those that were good the last time. */
  readonly before: () => Promise<string | undefined>;
}

/** What a directory of a model is described by. */
export const SPEC_NAME = "model_spec.yaml";

/** Where a model's files come from: this machine, or stores, whose answers are kept for when they are away. */
export class ModelSource {
  readonly #model: string;
  readonly #options: SourceOptions;
  #cache: StoreCache | undefined;
  /** Where files came from. */
  readonly #origins = new Map<string, Origin>();
  /** The paths of what was fetched from a URL and from beside it, by name; its own is empty. */
  readonly #paths = new Map<string, Map<string, string>>();

  /** The URLs beside which something is gone or forbidden, which is believed. */
  readonly #refused = new Set<string>();

  constructor(model: string, options: SourceOptions) {
    this.#model = model;
    this.#options = options;
  }

  /** An item of a store, or of this machine. */
  open(uri: string): DataItem {
    return openItem(uri, this.#options.cache?.item);
  }

  /** What lies there; undefined: nothing. On the web a directory is what ends with a slash. */
  async kindOf(uri: string): Promise<"file" | "directory" | undefined> {
    if (/^https?:/i.test(uri) && uri.endsWith("/")) return "directory";
    const { kind } = await this.#told<{ kind?: "file" | "directory" }>("kind", uri, async (options) => {
      try {
        return { kind: (await openItem(uri, options).stat()).kind };
      } catch (error) {
        if (isMissing(error)) return {};
        throw error;
      }
    });
    return kind;
  }

  /** The names in a directory; of one on the web only whether it has a description can be asked. */
  async names(directory: string): Promise<string[]> {
    if (/^https?:/i.test(directory)) {
      return await this.kindOf(childUri(directory, SPEC_NAME)) === undefined ? [] : [SPEC_NAME];
    }
    return await this.#told(
      "names",
      directory,
      (options) => Array.fromAsync(openItem(directory, options).list()),
    );
  }

  /** What MLRun says of an artifact. */
  async artifact(uri: string): Promise<Artifact> {
    return await this.#told("artifact", uri, (options) => readArtifact(uri, options));
  }

  /**
   * A file of this machine with what lies there.
   *
   * @throws {StoreError} If it cannot be fetched, or is not what it should be.
   */
  async fetch(uri: string, checksum?: Checksum): Promise<string> {
    if (!isLocal(uri)) {
      const file = await this.#cacheOf().fetch(uri, checksum);
      this.#origins.set(file, { uri, isChecked: checksum !== undefined });
      this.#paths.set(uri, new Map([["", file]]));
      return file;
    }
    const path = openItem(uri).uri;
    if (checksum === undefined) return path;
    const found = (await hashFile(path, [checksum.algorithm])).digests[checksum.algorithm];
    if (found === checksum.digest) return path;
    const state = `its ${checksum.algorithm} is ${found}, and it should be ${checksum.digest}`;
    throw new StoreError(`Cannot read "${path}": ${state}`, { reason: "broken" });
  }

  /** How to say that files are good, and what was the last time, for one of a store that has no checksum; undefined for any other. */
  keptOf(file: string): KeptFiles | undefined {
    const origin = this.#origins.get(file);
    return origin === undefined || origin.isChecked
      ? undefined
      : { keep: () => this.#keep(origin.uri), before: () => this.#before(origin.uri) };
  }

  /** Notes that a file and those beside it are good. */
  async #keep(uri: string): Promise<void> {
    const cache = this.#cacheOf();
    await cache.notes.keep(`good ${cache.placeOf(uri)}`, this.#contents(uri));
  }

  /** Gives back the file that was good the last time, with those beside it; where none is noted, the one that was kept before. */
  async #before(uri: string): Promise<string | undefined> {
    if (this.#refused.has(uri)) return undefined;
    const cache = this.#cacheOf();
    const good = await cache.notes.last<Record<string, Content>>(`good ${cache.placeOf(uri)}`);
    const now = this.#contents(uri);
    if (good === undefined) return Object.keys(now).length === 1 ? await cache.before(uri) : undefined;
    const names = Object.keys(good);
    if (names.length === Object.keys(now).length && names.every((name) => now[name]?.sha256 === good[name]!.sha256)) {
      return undefined;
    }
    for (const content of Object.values(good)) if (!await cache.isWhole(content)) return undefined;
    const paths = new Map<string, string>();
    for (const name of names) {
      paths.set(name, await cache.giveBack(name === "" ? uri : siblingUri(uri, name), good[name]!));
    }
    return await this.#gathered(paths);
  }

  /** What lies at a URL and beside it, by name; its own is empty. */
  #contents(uri: string): Record<string, Content> {
    const paths = this.#paths.get(uri)!;
    return Object.fromEntries(Array.from(paths, ([name, path]) => [name, this.#cacheOf().contentOf(path)]));
  }

  /** A file's path beside which its parts lie. */
  async #gathered(paths: ReadonlyMap<string, string>): Promise<string> {
    const { "": file, ...parts } = Object.fromEntries(paths);
    if (paths.size === 1) return file!;
    const name = baseOf(file!);
    return `${await this.#folders().gather(new Map([...Object.entries(parts), [name, file!]]))}/${name}`;
  }

  /** A file of a directory, with those that belong to it beside it: weights that ONNX keeps apart. */
  async fetchBeside(directory: string, { uri, names, checksum }: FileBeside): Promise<string> {
    const file = await this.fetch(uri, checksum);
    const name = baseOf(uri);
    if (isLocal(uri) || uri !== childUri(directory, name)) return file;
    const parts = names.filter((other) => other.startsWith(name) && /^[._].*[^/]$/.test(other.slice(name.length)));
    if (parts.length === 0) return file;
    return await this.beside(file, new Map(parts.map((part) => [part, undefined])));
  }

  /**
   * Has files beside another one, from where that came from, and gives its path there.
   *
   * @param parts What each must hash to, by its name within the directory.
   * @throws {StoreError} If one cannot be fetched, or is not what it should be.
   */
  async beside(file: string, parts: ReadonlyMap<string, Checksum | undefined>): Promise<string> {
    const origin = this.#origins.get(file);
    if (origin === undefined) {
      for (const [part, checksum] of parts) await this.fetch(childUri(parentOf(file), part), checksum);
      return file;
    }
    const paths = this.#paths.get(origin.uri)!;
    for (const [part, checksum] of parts) {
      try {
        paths.set(part, await this.#cacheOf().fetch(siblingUri(origin.uri, part), checksum));
      } catch (error) {
        if (!isAway(error) && !(error instanceof StoreError && error.reason === "broken")) {
          this.#refused.add(origin.uri);
        }
        throw error;
      }
    }
    const gathered = await this.#gathered(paths);
    this.#origins.set(gathered, origin);
    return gathered;
  }

  /** The folder with what an archive holds; where one folder stands alone in it, that. */
  async unpack(uri: string, checksum: Checksum | undefined): Promise<string> {
    const path = isLocal(uri) ? openItem(uri).uri : await this.#cacheOf().fetch(uri, checksum);
    const folder = await this.#folders().unpack(path, { uri: shownUri(uri), checksum });
    const names = (await Array.fromAsync(openItem(folder).list())).filter((name) => name !== "__MACOSX/");
    return names.length === 1 && names[0]!.endsWith("/") ? `${folder}/${names[0]!.slice(0, -1)}` : folder;
  }

  /** What a store says, or, where it does not answer, what it said the last time. */
  async #told<Answer extends object>(
    what: string,
    uri: string,
    ask: (options: ItemOptions) => Promise<Answer>,
  ): Promise<Answer> {
    const { log, cache: { item = {} } = {} } = this.#options;
    if (isLocal(uri)) return await ask(item);
    const { notes } = this.#cacheOf();
    const question = `${what} ${this.#cacheOf().placeOf(uri)}`;
    const last = await notes.last<Answer>(question);
    if (last !== undefined && notes.isAway(uri)) return last;
    try {
      const answer = await ask(last === undefined ? item : impatient(item));
      await notes.keep(question, answer);
      return answer;
    } catch (error) {
      if (last === undefined || !isAway(error)) throw error;
      notes.tellAway(uri);
      log?.warn(`model "${this.#model}": ${error.message}. What it said the last time holds`);
      return last;
    }
  }

  #cacheOf(): StoreCache {
    return this.#cache ??= new StoreCache(this.#cacheOptions());
  }

  #folders(): FolderCache {
    return new FolderCache(this.#cacheOptions());
  }

  #cacheOptions(): CacheOptions {
    const { log, cache } = this.#options;
    if (log === undefined) return { ...cache };
    return { say: (level, message) => log[level](`model "${this.#model}": ${message}`), ...cache };
  }
}

/** The name of a file, without where it lies. */
export function baseOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** What lies beside something; on the web with the same query, which may be what lets us in. */
function siblingUri(uri: string, name: string): string {
  if (!/^https?:/i.test(uri)) return childUri(parentOf(uri), name);
  const [, path = uri, query = ""] = /^([^?#]*)(\?[^#]*)?/.exec(uri) ?? [];
  return `${parentOf(path)}/${encodeKey(name)}${query}`;
}

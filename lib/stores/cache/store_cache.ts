import { basename, join } from "node:path";
import { StoreError } from "../../errors.ts";
import { type DataItem, isAway, isMissing, type ItemStat, openItem } from "../data_item.ts";
import { unpackArchive } from "../archive/unpack.ts";
import type { ItemOptions } from "../item_options.ts";
import { environment } from "../read_secret.ts";
import { cacheFolder } from "./cache_folder.ts";
import { Checksum, Hasher, hashFile } from "./checksum.ts";
import { download, type Downloaded, type Say } from "./download.ts";
import { evict } from "./evict.ts";
import { impatient, Notes } from "./notes.ts";
import { aloneWith, readJson, replaceJson } from "./shared_files.ts";

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

/** What is known of something that was fetched. */
interface Known {
  readonly uri: string;
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly version?: string;
}

/** The files of an unpacked archive. */
type Manifest = Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;

const LIMIT_BYTES = 20 * 1024 ** 3;
const PROGRESS_MS = 5000;
const DOWNLOADS_AGAIN = 2;

/**
 * Keeps what was fetched, by the hash of its content: whole, checked before it is given out, shared by all processes of a machine.
 *
 * A file is written under another name, checked, and moved to its place when it is on the disk: whoever looks sees all of it, or nothing.
 * Processes that want the same wait for the one that fetches it. The folder may be removed at any time when nothing runs.
 */
export class StoreCache {
  readonly #root: string;
  readonly #limitBytes: number;
  readonly #say: Say;
  readonly #progressMs: number;
  readonly #item: ItemOptions;
  /** What stores have said. */
  readonly notes: Notes;

  constructor({ folder, limitBytes, say = () => {}, progressMs = PROGRESS_MS, item = {} }: CacheOptions = {}) {
    const ask = item.environment ?? environment;
    this.#root = join(folder ?? cacheFolder(ask), "stores");
    this.#limitBytes = limitBytes ?? bytesOf(ask("LEVADA_CACHE_BYTES"));
    this.#say = say;
    this.#progressMs = progressMs;
    this.#item = item;
    this.notes = new Notes(join(this.#root, "index"), keyOf);
  }

  /**
   * The path of a file with what lies at a URL. A store that says which version it has is asked for that first; one that cannot be reached
   * is not needed where a whole copy is kept.
   *
   * @param checksum What it must hash to; then the store is not asked where it is kept.
   * @throws {StoreError} If it cannot be fetched, or is not what it should be.
   */
  async fetch(uri: string, checksum?: Checksum): Promise<string> {
    const key = keyOf(uri);
    return await aloneWith(join(this.#root, "index", `${key}.lock`), async () => {
      const index = join(this.#root, "index", `${key}.json`);
      const known = await this.#whole(index, checksum);
      if (known !== undefined && checksum !== undefined) return known.path;
      const stat = known !== undefined && this.notes.isAway(uri) ? undefined : await this.#look(uri, known?.path);
      if (stat === undefined || (known !== undefined && stat.version !== undefined && stat.version === known.version)) {
        return known!.path;
      }
      return await this.#fetch(openItem(uri, this.#item), index, { stat, checksum });
    });
  }

  /**
   * The folder with what an archive of this machine holds, `.zip`, `.tar`, `.tar.gz` or `.tgz`.
   *
   * @param uri What messages call it.
   * @throws {StoreError} If it is broken, or holds what no archive of ours may.
   */
  async unpack(
    path: string,
    { uri, checksum }: { readonly uri: string; readonly checksum?: Checksum | undefined },
  ): Promise<string> {
    const { digests } = await hashFile(path, ["sha256", ...(checksum === undefined ? [] : [checksum.algorithm])]);
    if (checksum !== undefined && digests[checksum.algorithm] !== checksum.digest) {
      const state = `its ${checksum.algorithm} is ${digests[checksum.algorithm]}, and it should be ${checksum.digest}`;
      throw new StoreError(`Cannot unpack "${uri}": ${state}`, { reason: "broken" });
    }
    const key = keyOf(`${digests.sha256}${kindOfArchive(path)}`);
    const manifest = join(this.#root, "index", `${key}.files.json`);
    return await aloneWith(join(this.#root, "index", `${key}.lock`), async () => {
      const folder = join(this.#root, "unpacked", key);
      if (await this.#isWhole(folder, await readJson<Manifest>(manifest))) return folder;
      const half = await this.#half();
      try {
        const files = await unpackArchive(path, half, { uri, limitBytes: this.#limitBytes });
        await replaceJson(manifest, files);
        await Deno.remove(folder, { recursive: true }).catch(ignoreMissing);
        await Deno.mkdir(join(this.#root, "unpacked"), { recursive: true });
        await Deno.rename(half, folder);
      } catch (error) {
        await Deno.remove(half, { recursive: true }).catch(ignoreMissing);
        throw error;
      }
      await this.#evict();
      return folder;
    });
  }

  /** A folder in which several files lie beside each other, by the names that they have there. */
  async gather(files: ReadonlyMap<string, string>): Promise<string> {
    const hasher = new Hasher(["sha256"]);
    for (const [name, path] of [...files].sort()) hasher.update(new TextEncoder().encode(`${name}\0${path}\0`));
    const key = hasher.digests().sha256!;
    const folder = join(this.#root, "gathered", key);
    return await aloneWith(join(this.#root, "index", `${key}.lock`), async () => {
      const half = await this.#half();
      await Deno.mkdir(half);
      for (const [name, path] of files) {
        await Deno.link(path, join(half, name)).catch(() => Deno.copyFile(path, join(half, name)));
      }
      await Deno.remove(folder, { recursive: true }).catch(ignoreMissing);
      await Deno.mkdir(join(this.#root, "gathered"), { recursive: true });
      await Deno.rename(half, folder);
      return folder;
    });
  }

  /** What is kept of a URL, if it is as it was fetched. */
  async #whole(
    index: string,
    checksum: Checksum | undefined,
  ): Promise<(Known & { readonly path: string }) | undefined> {
    const known = await readJson<Known>(index);
    if (known === undefined || typeof known.sha256 !== "string" || typeof known.name !== "string") return undefined;
    const path = join(this.#root, "content", known.sha256, basename(known.name));
    const algorithms = ["sha256", ...(checksum === undefined ? [] : [checksum.algorithm])];
    const found = await hashFile(path, algorithms).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    });
    if (found === undefined) return undefined;
    if (found.digests.sha256 !== known.sha256) {
      this.#say("warn", `what is kept of "${known.uri}" is broken: it is fetched anew`);
      await Deno.remove(path).catch(ignoreMissing);
      return undefined;
    }
    if (checksum !== undefined && found.digests[checksum.algorithm] !== checksum.digest) return undefined;
    for (const used of [index, join(this.#root, "content", known.sha256)]) await touch(used);
    return { ...known, path };
  }

  /** What the store says; undefined where it cannot be reached and is not needed. */
  async #look(uri: string, kept: string | undefined): Promise<ItemStat | undefined> {
    try {
      return await openItem(uri, kept === undefined ? this.#item : impatient(this.#item)).stat();
    } catch (error) {
      if (kept === undefined || !isAway(error)) throw error;
      this.notes.tellAway(uri);
      this.#say("warn", `${error.message}. What is kept of it serves`);
      return undefined;
    }
  }

  async #fetch(
    item: DataItem,
    index: string,
    { stat, checksum }: { stat: ItemStat; checksum: Checksum | undefined },
  ): Promise<string> {
    if (stat.kind === "directory") {
      throw new StoreError(`Cannot fetch "${item.uri}": it is a directory`, { reason: "refused" });
    }
    const half = await this.#half();
    try {
      const { bytes, sha256 } = await this.#download(item, half, { stat, checksum });
      const name = fileName(item.uri);
      const place = join(this.#root, "content", sha256);
      await Deno.mkdir(place, { recursive: true });
      await Deno.rename(half, join(place, name));
      await touch(place);
      const { version } = stat;
      await replaceJson(
        index,
        { uri: item.uri, name, bytes, sha256, ...(version === undefined ? {} : { version }) } satisfies Known,
      );
      await this.#evict();
      return join(place, name);
    } catch (error) {
      await Deno.remove(half).catch(ignoreMissing);
      throw error;
    }
  }

  /** Downloads, anew where the connection broke off and the store could not go on: it says no version. */
  async #download(
    item: DataItem,
    half: string,
    wanted: { stat: ItemStat; checksum: Checksum | undefined },
  ): Promise<Downloaded> {
    const options = { ...wanted, limitBytes: this.#limitBytes, say: this.#say, progressMs: this.#progressMs };
    for (let again = 1;; again++) {
      try {
        return await download(item, half, options);
      } catch (error) {
        if (!isAway(error) || error.status !== undefined || again > DOWNLOADS_AGAIN) throw error;
        this.#say("warn", `${error.message}. It is fetched anew`);
        await Deno.remove(half).catch(ignoreMissing);
      }
    }
  }

  async #isWhole(folder: string, manifest: Manifest | undefined): Promise<boolean> {
    if (manifest === undefined) return false;
    for (const [name, { sha256 }] of Object.entries(manifest)) {
      const found = await hashFile(join(folder, name), ["sha256"]).catch(() => undefined);
      if (found?.digests.sha256 === sha256) continue;
      if (found !== undefined) this.#say("warn", `the unpacked file "${name}" is broken: it is unpacked anew`);
      return false;
    }
    await touch(folder);
    return true;
  }

  async #half(): Promise<string> {
    const halves = join(this.#root, "halves");
    await Deno.mkdir(halves, { recursive: true });
    return join(halves, crypto.randomUUID());
  }

  async #evict(): Promise<void> {
    const [kept, halves, index] = [["content", "unpacked", "gathered"], "halves", "index"];
    const at = (room: string) => join(this.#root, room);
    await evict({ kept: kept.map(at), halves: at(halves), index: at(index) }, this.#limitBytes);
  }
}

/** Archives are told by their names. */
export function kindOfArchive(path: string): ".zip" | ".tar" | ".tar.gz" | undefined {
  const [, ending] = /\.(zip|tar|tar\.gz|tgz)$/i.exec(path) ?? [];
  const kind = ending?.toLowerCase();
  return kind === "tgz" ? ".tar.gz" : kind === undefined ? undefined : `.${kind}` as ".zip";
}

function keyOf(text: string): string {
  const hasher = new Hasher(["sha256"]);
  hasher.update(new TextEncoder().encode(text));
  return hasher.digests().sha256!;
}

/** A name that any file system takes, with the ending that the URL has. */
function fileName(uri: string): string {
  const last = uri.replace(/\?…$/, "").replace(/\/+$/, "").split("/").at(-1) ?? "";
  const plain = last.replace(/[^\w.-]/g, "_").replace(/^\.+/, "_").slice(-100);
  return plain === "" ? "file" : plain;
}

function bytesOf(said: string | undefined): number {
  if (!said) return LIMIT_BYTES;
  if (/^\d+$/.test(said)) return Number(said);
  throw new TypeError(`Cannot read LEVADA_CACHE_BYTES: it is ${JSON.stringify(said)}, no count of bytes`);
}

async function touch(path: string): Promise<void> {
  const now = new Date();
  await Deno.utime(path, now, now).catch(() => {}); // a cache on a read-only disk still gives what it has
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}

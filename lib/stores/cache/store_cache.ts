import { basename } from "node:path";
import { StoreError } from "../../errors.ts";
import { type DataItem, isAway, type ItemStat, openItem } from "../data_item.ts";
import { type CacheOptions, CacheRoom, ignoreMissing, touch } from "./cache_room.ts";
import { type Checksum, digestOf, hashFile } from "./checksum.ts";
import { download, type Downloaded } from "./download.ts";
import { impatient, Notes } from "./notes.ts";
import { readJson, replaceJson } from "./shared_files.ts";

/** What is known of something that was fetched. */
interface Known {
  readonly uri: string;
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly version?: string;
  /** What was kept before, for where this turns out to be no good. */
  readonly before?: Content;
}

/** The bytes of a file, and what it is called. */
export interface Content {
  readonly name: string;
  readonly sha256: string;
}

type Kept = Known & { readonly path: string };

const DOWNLOADS_AGAIN = 2;

/**
 * Keeps what was fetched, by the hash of its content: whole, checked before it is given out, shared by all processes of a machine.
 *
 * A file is written under another name, checked, and moved to its place when it is on the disk: whoever looks sees all of it, or nothing.
 * Processes that want the same wait for the one that fetches it. The folder may be removed at any time when nothing runs.
 */
export class StoreCache {
  readonly #room: CacheRoom;
  /** What stores have said. */
  readonly notes: Notes;

  constructor(options: CacheOptions = {}) {
    this.#room = new CacheRoom(options);
    this.notes = new Notes(this.#room.at("index"));
  }

  /**
   * The path of a file with what lies at a URL. A store that says which version it has is asked for that first; one that cannot be reached,
   * or gives what is broken, is not needed where a whole copy is kept.
   *
   * @param checksum What it must hash to; then the store is not asked where it is kept.
   * @throws {StoreError} If it cannot be fetched, or is not what it should be.
   */
  async fetch(uri: string, checksum?: Checksum): Promise<string> {
    const index = this.#indexOf(uri);
    return await this.#room.alone(digestOf(this.placeOf(uri)), async () => {
      const known = await this.#whole(index, checksum);
      if (known !== undefined && checksum !== undefined) return known.path;
      const stat = known !== undefined && this.notes.isAway(uri) ? undefined : await this.#look(uri, known?.path);
      if (stat === undefined || (known !== undefined && stat.version !== undefined && stat.version === known.version)) {
        return known!.path;
      }
      try {
        return await this.#fetch(openItem(uri, this.#room.item), index, { stat, checksum, known });
      } catch (error) {
        if (known === undefined || !(isAway(error) || isBroken(error))) throw error;
        this.#room.say("warn", `${error.message}. What is kept of it serves`);
        return known.path;
      }
    });
  }

  /**
   * What a URL means, with the endpoint and the account that settings and credentials say: the same URL may mean another thing tomorrow.
   *
   * @throws {TypeError} If the URL is none, or it is not said where its store is.
   */
  placeOf(uri: string): string {
    return openItem(uri, this.#room.item).place ?? uri;
  }

  /**
   * Gives back what was kept of a URL before what is kept now, which is forgotten: for what came whole and is no good all the same.
   * Undefined where nothing was, or it is not whole any more.
   */
  async before(uri: string): Promise<string | undefined> {
    const { before } = await readJson<Partial<Known>>(this.#indexOf(uri)) ?? {};
    if (typeof before?.sha256 !== "string" || typeof before.name !== "string") return undefined;
    return await this.isWhole(before) ? await this.giveBack(uri, before) : undefined;
  }

  /** What a path that `fetch` gave holds, to find it again by. */
  contentOf(path: string): Content {
    const [sha256 = "", name = ""] = path.split(/[\\/]/).slice(-2);
    return { sha256, name };
  }

  /** Whether something is kept as it was fetched. */
  async isWhole(content: Content): Promise<boolean> {
    const found = await hashFile(this.#placeOfContent(content), ["sha256"]).catch(() => undefined);
    return found?.digests.sha256 === content.sha256;
  }

  /** Has something whole as what is kept of a URL, of no version: its store is asked again. Gives its path. */
  async giveBack(uri: string, { sha256, name }: Content): Promise<string> {
    return await this.#room.alone(digestOf(this.placeOf(uri)), async () => {
      const path = this.#placeOfContent({ sha256, name });
      const { size: bytes } = await Deno.stat(path);
      const known: Known = { uri: openItem(uri, this.#room.item).uri, name, sha256, bytes };
      await replaceJson(this.#indexOf(uri), known).catch(() => {}); // a cache on a read-only disk still gives what it has
      return path;
    });
  }

  #indexOf(uri: string): string {
    return this.#room.at("index", `${digestOf(this.placeOf(uri))}.json`);
  }

  #placeOfContent({ sha256, name }: Content): string {
    return this.#room.at("content", basename(sha256), basename(name));
  }

  /** What is kept of a URL, if it is as it was fetched. */
  async #whole(
    index: string,
    checksum: Checksum | undefined,
  ): Promise<Kept | undefined> {
    const known = await readJson<Known>(index);
    if (known === undefined || typeof known.sha256 !== "string" || typeof known.name !== "string") return undefined;
    const path = this.#placeOfContent(known);
    const algorithms = ["sha256", ...(checksum === undefined ? [] : [checksum.algorithm])];
    const found = await hashFile(path, algorithms).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    });
    if (found === undefined) return undefined;
    if (found.digests.sha256 !== known.sha256) {
      this.#room.say("warn", `what is kept of "${known.uri}" is broken: it is fetched anew`);
      await Deno.remove(path).catch(ignoreMissing);
      return undefined;
    }
    if (checksum !== undefined && found.digests[checksum.algorithm] !== checksum.digest) return undefined;
    for (const used of [index, this.#room.at("content", known.sha256)]) await touch(used);
    return { ...known, path };
  }

  /** What the store says; undefined where it cannot be reached and is not needed. */
  async #look(uri: string, kept: string | undefined): Promise<ItemStat | undefined> {
    try {
      return await openItem(uri, kept === undefined ? this.#room.item : impatient(this.#room.item)).stat();
    } catch (error) {
      if (kept === undefined || !isAway(error)) throw error;
      this.notes.tellAway(uri);
      this.#room.say("warn", `${error.message}. What is kept of it serves`);
      return undefined;
    }
  }

  async #fetch(
    item: DataItem,
    index: string,
    { stat, checksum, known }: { stat: ItemStat; checksum: Checksum | undefined; known: Kept | undefined },
  ): Promise<string> {
    if (stat.kind === "directory") {
      throw new StoreError(`Cannot fetch "${item.uri}": it is a directory`, { reason: "refused" });
    }
    const path = await this.#room.half(async (half) => {
      const { bytes, sha256, version } = await this.#download(item, half, { stat, checksum });
      const name = fileName(item.uri);
      const place = this.#room.at("content", sha256);
      await Deno.mkdir(place, { recursive: true });
      await Deno.rename(half, `${place}/${name}`);
      await touch(place);
      const before = known === undefined || known.sha256 === sha256
        ? known?.before
        : { name: known.name, sha256: known.sha256 };
      const now: Known = {
        uri: item.uri,
        name,
        bytes,
        sha256,
        ...(version === undefined ? {} : { version }),
        ...(before === undefined ? {} : { before }),
      };
      await replaceJson(index, now);
      return `${place}/${name}`;
    });
    await this.#room.evict();
    return path;
  }

  /** Downloads, anew where the connection broke off and the store could not go on: it says no version. */
  async #download(
    item: DataItem,
    half: string,
    wanted: { stat: ItemStat; checksum: Checksum | undefined },
  ): Promise<Downloaded> {
    const { limitBytes, say, progressMs } = this.#room;
    const options = { ...wanted, limitBytes, say, progressMs };
    for (let again = 1;; again++) {
      try {
        return await download(item, half, options);
      } catch (error) {
        if (!isAway(error) || error.status !== undefined || again > DOWNLOADS_AGAIN) throw error;
        this.#room.say("warn", `${error.message}. It is fetched anew`);
        await Deno.remove(half).catch(ignoreMissing);
      }
    }
  }
}

function isBroken(error: unknown): error is StoreError {
  return error instanceof StoreError && error.reason === "broken";
}

/** A name that any file system takes, with the ending that the URL has. */
function fileName(uri: string): string {
  const last = uri.replace(/\?…$/, "").replace(/\/+$/, "").split("/").at(-1) ?? "";
  const plain = last.replace(/[^\w.-]/g, "_").replace(/^\.+/, "_").slice(-100);
  return plain === "" ? "file" : plain;
}

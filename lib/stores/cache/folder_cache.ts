import { dirname, join } from "node:path";
import { StoreError } from "../../errors.ts";
import { unpackArchive } from "../archive/unpack.ts";
import { type CacheOptions, CacheRoom, touch } from "./cache_room.ts";
import { type Checksum, digestOf, hashFile } from "./checksum.ts";
import { readJson, replaceJson } from "./shared_files.ts";

/** The files of an unpacked archive. */
type Manifest = Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;

/** Keeps folders of files: what archives hold, and what belongs beside each other. As with `StoreCache`, nobody sees a half. */
export class FolderCache {
  readonly #room: CacheRoom;

  constructor(options: CacheOptions = {}) {
    this.#room = new CacheRoom(options);
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
    const key = digestOf(`${digests.sha256}${kindOfArchive(path)}`);
    const manifest = this.#room.at("index", `${key}.files.json`);
    return await this.#room.alone(key, async () => {
      const folder = this.#room.at("unpacked", key);
      if (await this.#isWhole(folder, await readJson<Manifest>(manifest))) return folder;
      await this.#room.half(async (half) => {
        await replaceJson(manifest, await unpackArchive(path, half, { uri, limitBytes: this.#room.limitBytes }));
        await this.#room.replace(half, "unpacked", key);
      });
      await this.#room.evict();
      return folder;
    });
  }

  /** A folder in which several files lie beside each other, by the names that they have there. */
  async gather(files: ReadonlyMap<string, string>): Promise<string> {
    const key = digestOf(JSON.stringify([...files].sort()));
    const folder = this.#room.at("gathered", key);
    return await this.#room.alone(key, async () => {
      if (await areLinked(folder, files)) return folder; // another process may be about to open what is there
      await this.#room.half(async (half) => {
        await Deno.mkdir(half);
        for (const [name, path] of files) {
          await Deno.mkdir(dirname(join(half, name)), { recursive: true });
          await Deno.link(path, join(half, name)).catch(() => Deno.copyFile(path, join(half, name)));
        }
        await this.#room.replace(half, "gathered", key);
      });
      return folder;
    });
  }

  async #isWhole(folder: string, manifest: Manifest | undefined): Promise<boolean> {
    if (manifest === undefined) return false;
    for (const [name, { sha256 }] of Object.entries(manifest)) {
      const found = await hashFile(join(folder, name), ["sha256"]).catch(() => undefined);
      if (found?.digests.sha256 === sha256) continue;
      if (found !== undefined) this.#room.say("warn", `the unpacked file "${name}" is broken: it is unpacked anew`);
      return false;
    }
    await touch(folder);
    return true;
  }
}

/** Whether each file in a folder is the one that it was linked to. */
async function areLinked(folder: string, files: ReadonlyMap<string, string>): Promise<boolean> {
  for (const [name, path] of files) {
    const [one, other] = await Promise.all(
      [join(folder, name), path].map((file) => Deno.stat(file).catch(() => undefined)),
    );
    if (one === undefined || one.ino === null || one.ino !== other?.ino || one.dev !== other.dev) return false;
  }
  await touch(folder);
  return true;
}

/** Archives are told by their names. */
export function kindOfArchive(path: string): ".zip" | ".tar" | ".tar.gz" | undefined {
  const [, ending] = /\.(zip|tar|tar\.gz|tgz)$/i.exec(path) ?? [];
  const kind = ending?.toLowerCase();
  return kind === "tgz" ? ".tar.gz" : kind === undefined ? undefined : `.${kind}` as ".zip";
}

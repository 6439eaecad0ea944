/** Blobs by their digests, in a folder that several processes may share. */
import { join } from "node:path";
import { type Digest, digestOf } from "./descriptor.ts";
import { ImageError } from "./image_error.ts";

/** Such a folder: what is in it is whole, or is not given. */
export class BlobStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Keeps bytes, and names them. */
  async put(bytes: Uint8Array): Promise<Digest> {
    const digest = digestOf(bytes);
    await writeWhole(this.#file(digest), bytes);
    return digest;
  }

  /** Reads a blob; undefined where it is not there, or is not what its name says, and then it is removed. */
  async find(digest: Digest): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const file = this.#file(digest);
    const bytes = await Deno.readFile(file).catch(() => undefined);
    if (bytes === undefined || digestOf(bytes) === digest) return bytes;
    await Deno.remove(file).catch(() => {});
    return undefined;
  }

  /**
   * Reads a blob that an image has.
   *
   * @throws {ImageError} If it is gone.
   */
  async read(digest: Digest): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await this.find(digest);
    if (bytes !== undefined) return bytes;
    throw new ImageError(
      `Cannot read ${digest}: it is gone from ${this.#folder}, or was changed. Make the image again`,
    );
  }

  #file(digest: Digest): string {
    return join(this.#folder, digest.replace(":", "-"));
  }
}

/**
 * Writes a file as a whole, or not at all.
 *
 * @throws {ImageError} If the disk is full.
 */
export async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const part = `${file}.${crypto.randomUUID()}.part`;
  try {
    await Deno.mkdir(join(file, ".."), { recursive: true });
    await Deno.writeFile(part, bytes);
    await Deno.rename(part, file);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    if (!isDiskFull(error)) throw error;
    throw new ImageError(`Cannot write ${file}: the disk is full, and it has ${bytes.length} bytes. Make room there`, {
      cause: error,
    });
  }
}

function isDiskFull(error: unknown): boolean {
  const { code, message = "" } = error as { code?: string; message?: string };
  return code === "ENOSPC" || code === "EDQUOT" || /os error (28|122)/.test(message);
}

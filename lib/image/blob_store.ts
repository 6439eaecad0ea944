/** Blobs by their digests, in a folder that several processes may share. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Descriptor, type Digest, digestOf } from "./descriptor.ts";
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

  /**
   * Keeps what comes, of which no more is in memory than is on its way.
   *
   * @throws {ImageError} If it is another than is described, or the disk is full.
   */
  async take(
    act: string,
    { digest, size }: Pick<Descriptor, "digest" | "size">,
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  ): Promise<void> {
    await asWhole(this.#file(digest), size, async (part) => {
      const hash = createHash("sha256");
      let count = 0;
      const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform(bytes, out) {
          hash.update(bytes);
          count += bytes.length;
          if (count > size) {
            throw new ImageError(`Cannot ${act}: ${digest} has more than the ${size} bytes that are said`);
          }
          out.enqueue(bytes);
        },
      });
      await Deno.writeFile(part, stream.pipeThrough(counted));
      const found = `sha256:${hash.digest("hex")}`;
      if (found !== digest) {
        throw new ImageError(`Cannot ${act}: ${digest} is another: its ${count} bytes are ${found}`);
      }
    });
  }

  /** Whether a blob is there, and is what its name says: it is read, and not kept in memory. */
  async has(digest: Digest): Promise<boolean> {
    const file = await Deno.open(this.#file(digest)).catch(() => undefined);
    if (file === undefined) return false;
    const hash = createHash("sha256");
    for await (const bytes of file.readable) hash.update(bytes);
    return `sha256:${hash.digest("hex")}` === digest;
  }

  /** A blob that an image has, piece by piece. */
  async stream(digest: Digest): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    return (await Deno.open(this.#file(digest))).readable;
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
  await asWhole(file, bytes.length, (part) => Deno.writeFile(part, bytes));
}

async function asWhole(file: string, size: number, write: (part: string) => Promise<void>): Promise<void> {
  const part = `${file}.${crypto.randomUUID()}.part`;
  try {
    await Deno.mkdir(join(file, ".."), { recursive: true });
    await write(part);
    await Deno.rename(part, file);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    if (!isDiskFull(error)) throw error;
    throw new ImageError(`Cannot write ${file}: the disk is full, and it has ${size} bytes. Make room there`, {
      cause: error,
    });
  }
}

function isDiskFull(error: unknown): boolean {
  const { code, message = "" } = error as { code?: string; message?: string };
  return code === "ENOSPC" || code === "EDQUOT" || /os error (28|122)/.test(message);
}

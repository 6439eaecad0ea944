/** A bundle as one file, `.tar.gz`: the same bytes of the same bundle. */

import { BundleError } from "../errors.ts";
import { errorFault } from "../graph/fault.ts";
import type { Bundle } from "./bundle.ts";
import { wholeBundle } from "./bundle_folder.ts";

/** The part of modern-tar that is used here; the package is fetched when the first archive is made or opened. */
interface Tar {
  packTar(entries: { header: object; body: Uint8Array }[]): Promise<Uint8Array>;
  unpackTar(archive: Uint8Array): Promise<{ header: { name: string }; data: Uint8Array | undefined }[]>;
}

const LARGEST = 512 * 1024 * 1024; // unpacked
const BEGINNING = new Date(0);

/** Packs a bundle. */
export async function packBundle({ files }: Pick<Bundle, "files">): Promise<Uint8Array<ArrayBuffer>> {
  const { packTar } = await load();
  const entries = [...files].sort(([one], [other]) => one < other ? -1 : 1).map(([name, body]) => ({
    header: { name, size: body.length, mtime: BEGINNING, mode: 0o644, uid: 0, gid: 0 },
    body,
  }));
  return await through(await packTar(entries), new CompressionStream("gzip"), Infinity);
}

/**
 * The files of a bundle that was packed.
 *
 * @throws {BundleError} If it is no such archive, or is larger than 512 MiB unpacked.
 */
export async function unpackBundle(act: string, packed: Uint8Array): Promise<Bundle["files"]> {
  const { unpackTar } = await load();
  try {
    const tar = await through(packed, new DecompressionStream("gzip"), LARGEST);
    const entries = await unpackTar(tar);
    const files = new Map(entries.flatMap(({ header, data }) => data === undefined ? [] : [[header.name, data]]));
    const outside = [...files.keys()].find((name) => name.startsWith("/") || name.split("/").includes(".."));
    if (outside !== undefined) throw new TypeError(`${outside} would lie outside of its folder`);
    const folder = [...files.keys()].flatMap(foldersOf).find((name) => files.has(name));
    if (folder !== undefined) throw new TypeError(`${folder} is a file, and a folder of others`);
    return files;
  } catch (error) {
    const cause = `it is no bundle as .tar.gz: ${(error as Error).message}`;
    throw new BundleError(act, [errorFault(cause, "Bundle it again")], { cause: error });
  }
}

/** The folders above a file, `a` and `a/b` of `a/b/c`. */
function foldersOf(name: string): string[] {
  const parts = name.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

/**
 * The revision of a bundle that was packed.
 *
 * @throws {BundleError} If it is no such archive, or a file is missing or is not what it was.
 */
export async function packedRevision(act: string, packed: Uint8Array): Promise<string> {
  return wholeBundle(act, await unpackBundle(act, packed)).revision;
}

async function through(
  bytes: Uint8Array,
  stream: ReadableWritablePair<Uint8Array, BufferSource>,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const whole = new Blob([bytes as BlobPart]).stream() as ReadableStream<BufferSource>;
  for await (const part of whole.pipeThrough(stream)) {
    parts.push(part);
    if ((size += part.length) > most) throw new RangeError(`it unpacks to more than ${most} bytes`);
  }
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

async function load(): Promise<Tar> {
  const name = "modern-tar"; // in a variable: only who packs or opens an archive needs it
  return await import(name) as Tar;
}

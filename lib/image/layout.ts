/** Images as folders and archives: the OCI image layout (image-spec 1.1, image-layout.md). */
import { join } from "node:path";
import { describeThrown } from "../errors.ts";
import { type BlobStore, writeWhole } from "./blob_store.ts";
import { type Digest, MEDIA } from "./descriptor.ts";
import { aloneIn, HOLDER, type HoldOptions } from "./hold_folder.ts";
import { ImageError } from "./image_error.ts";
import type { LayerEntry } from "./layer/entry.ts";
import { loadTar } from "./layer/tar_package.ts";
import { writeTar } from "./layer/write_tar.ts";
import { encode, type Image, manifestBytes } from "./make_image.ts";
import { FULL_NAME, isMadeHere, type Listed, MADE_BY, othersIn, REF_NAME, removeBlobs } from "./other_images.ts";

const LAYOUT = { imageLayoutVersion: "1.0.0" };
export const LAYOUT_FILE = "oci-layout";
const INDEX = "index.json";
const OWN_NAMES = ["blobs", INDEX, LAYOUT_FILE];
const TOLD = 3;

/**
 * Writes an image into a folder that is not there, is empty, or holds images: one of this name is replaced, others stay, also those that others
 * write there meanwhile; or, where the path ends in `.tar`, into one file, which is not there, or was written so before.
 *
 * @param place `name`: what it is called in there, `registry/name:tag`.
 * @throws {ImageError} If there is another file, the folder holds other files, or another image of the same tag, or the disk is full.
 */
export async function writeLayout(
  image: Image,
  path: string,
  { name, blobs, ...options }: { readonly name: string; readonly blobs: BlobStore } & HoldOptions,
): Promise<void> {
  if (isArchive(path)) {
    await checkLayoutPlace(path);
    return await writeWhole(path, await layoutTar(image, { name, blobs }));
  }
  await aloneIn(`write the image to ${path}`, path, {
    ...options,
    check: async (isLeft) => {
      await checkFolder(path, isLeft);
      return othersIn(path, await Deno.readFile(join(path, INDEX)).catch(() => undefined), name);
    },
    write: async ({ kept, replaced }) => {
      // the index names what is there already: whoever reads meanwhile, or after an interrupt, finds the image before or this one
      for (const [file, read] of filesOf(image, { name, blobs, kept })) {
        await writeWhole(join(path, file), await read());
      }
      await removeBlobs(path, replaced, [...kept, image.descriptor]);
    },
  });
}

/**
 * Looks whether `writeLayout` may write there, before an image is made.
 *
 * @throws {ImageError} If not.
 */
export async function checkLayoutPlace(path: string): Promise<void> {
  if (!isArchive(path)) {
    return await checkFolder(
      path,
      await Deno.stat(join(path, HOLDER)).then(() => true, () => false),
    );
  }
  const there = await Deno.stat(path).catch(() => undefined);
  if (there === undefined || there.isFile && (there.size === 0 || await isOurArchive(path))) return;
  throw new ImageError(
    `Cannot write the image to ${path}: ${
      there.isFile ? "that file is no image that `levada image` wrote" : "that is a folder, and .tar says one file"
    }. Give another name, or remove it`,
  );
}

function isArchive(path: string): boolean {
  return path.endsWith(".tar");
}

async function layoutTar(image: Image, place: { name: string; blobs: BlobStore }): Promise<Uint8Array> {
  const entries: LayerEntry[] = [];
  for (const [path, read] of filesOf(image, place)) entries.push({ kind: "file", path, bytes: await read() });
  return await writeTar("write the image", entries);
}

/** The files of a layout in their order, each read when it is written. */
function filesOf(
  image: Image,
  { name, blobs, kept = [] }: { name: string; blobs: BlobStore; kept?: readonly Listed[] },
): Map<string, () => Promise<Uint8Array>> {
  const tag = name.split(":").at(-1)!;
  const annotations = { [REF_NAME]: tag, [FULL_NAME]: name, ...MADE_BY };
  const manifests = [...kept, { ...image.descriptor, annotations }];
  const index = { schemaVersion: 2, mediaType: MEDIA.index, manifests };
  const { config, layers } = image.manifest;
  const path = (digest: Digest) => `blobs/${digest.replace(":", "/")}`;
  return new Map<string, () => Promise<Uint8Array>>([
    ...[config, ...layers].map(({ digest }) => [path(digest), () => blobs.read(digest)] as const),
    [path(image.descriptor.digest), () => Promise.resolve(manifestBytes(image))],
    [INDEX, () => Promise.resolve(encode(index))],
    [LAYOUT_FILE, () => Promise.resolve(encode(LAYOUT))],
  ]);
}

async function checkFolder(folder: string, isLeft: boolean): Promise<void> {
  const names = await namesIn(folder, "write the image to", "a name that ends in .tar is one");
  const isOurs = names.includes(INDEX) && names.includes("blobs");
  const isBegun = isLeft && names.every((name) => OWN_NAMES.includes(name) || name.endsWith(".part"));
  if (names.length === 0 || isOurs || isBegun) return;
  throw holdsOthers(folder, "write the image to", names);
}

/**
 * What lies in a folder to be written, but for who writes there; nothing where it is not there.
 *
 * @throws {ImageError} If it is a file.
 */
export async function namesIn(folder: string, act: string, hint: string): Promise<string[]> {
  const there = await Deno.stat(folder).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new ImageError(`Cannot ${act} ${folder}: ${describeThrown(error).message}. Give another folder`, {
      cause: error,
    });
  });
  if (there === undefined) return [];
  if (!there.isDirectory) throw new ImageError(`Cannot ${act} ${folder}: that is a file. Give a folder; ${hint}`);
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  return names.filter((name) => name !== HOLDER).sort();
}

/** A folder that is not ours. */
export function holdsOthers(folder: string, act: string, names: readonly string[]): ImageError {
  const told = `${names.slice(0, TOLD).join(", ")}${names.length > TOLD ? ", …" : ""}`;
  return new ImageError(
    `Cannot ${act} ${folder}: it holds other files, ${told}. Give a folder that is not there yet, or is empty`,
  );
}

/** Whether an archive is an image that was written so before: all of it is read, none is kept. */
async function isOurArchive(path: string): Promise<boolean> {
  const { createTarDecoder } = await loadTar();
  try {
    for await (const { header, body } of (await Deno.open(path)).readable.pipeThrough(createTarDecoder())) {
      if (header.name === INDEX) return isMadeHere(new Uint8Array(await new Response(body).arrayBuffer()));
      await body.cancel();
    }
  } catch { // no archive
  }
  return false;
}

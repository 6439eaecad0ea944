/** Images as folders and archives: the OCI image layout (image-spec 1.1, image-layout.md). */
import { join } from "node:path";
import { type BlobStore, writeWhole } from "./blob_store.ts";
import { type Digest, MEDIA } from "./descriptor.ts";
import { ImageError } from "./image_error.ts";
import type { LayerEntry } from "./layer/entry.ts";
import { writeTar } from "./layer/write_tar.ts";
import { encode, type Image, manifestBytes } from "./make_image.ts";
import { FULL_NAME, type Listed, MADE_BY, othersIn, REF_NAME, removeBlobs } from "./other_images.ts";

const LAYOUT = { imageLayoutVersion: "1.0.0" };
export const LAYOUT_FILE = "oci-layout";
const INDEX = "index.json";

/**
 * Writes an image into a folder that is not there, is empty, or holds images: one of this name is replaced, others stay; or, where the path ends in `.tar`, into one file.
 *
 * @param name What it is called in there: `registry/name:tag`.
 * @throws {ImageError} If the folder holds other files, or another image of the same tag, or the disk is full.
 */
export async function writeLayout(
  image: Image,
  path: string,
  { name, blobs }: { name: string; blobs: BlobStore },
): Promise<void> {
  if (path.endsWith(".tar")) return await writeWhole(path, await layoutTar(image, { name, blobs }));
  await checkFree(path);
  const { kept, replaced } = othersIn(path, await Deno.readFile(join(path, INDEX)).catch(() => undefined), name);
  // the index names what is there already: whoever reads meanwhile, or after an interrupt, finds the image before or this one
  for (const [file, read] of filesOf(image, { name, blobs, kept })) await writeWhole(join(path, file), await read());
  await removeBlobs(path, replaced, [...kept, image.descriptor]);
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

async function checkFree(folder: string): Promise<void> {
  const names: string[] = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name).catch(() => []);
  const isOurs = names.includes(INDEX) && names.includes("blobs");
  if (names.length === 0 || isOurs) return;
  throw new ImageError(
    `Cannot write the image to ${folder}: it holds other files. Give a folder that is not there yet, or is empty`,
  );
}

/** Images as folders and archives: the OCI image layout (image-spec 1.1, image-layout.md). */
import { join } from "node:path";
import { type BlobStore, writeWhole } from "./blob_store.ts";
import { type Digest, MEDIA } from "./descriptor.ts";
import { ImageError } from "./image_error.ts";
import type { LayerEntry } from "./layer/entry.ts";
import { writeTar } from "./layer/write_tar.ts";
import { encode, type Image, manifestBytes } from "./make_image.ts";

const LAYOUT = { imageLayoutVersion: "1.0.0" };
export const LAYOUT_FILE = "oci-layout";

/**
 * Writes an image into a folder that is not there, is empty, or holds such an image, which it replaces; or, where the path ends in `.tar`, into one file.
 *
 * @param name What it is called in there: `registry/name:tag`.
 * @throws {ImageError} If the folder holds other files, or the disk is full.
 */
export async function writeLayout(
  image: Image,
  path: string,
  { name, blobs }: { name: string; blobs: BlobStore },
): Promise<void> {
  if (path.endsWith(".tar")) return await writeWhole(path, await layoutTar(image, { name, blobs }));
  await checkFree(path);
  await Deno.remove(join(path, LAYOUT_FILE)).catch(() => {}); // it is whole again when the last file is written
  const files = await filesOf(image, { name, blobs });
  const kept = new Set(files.keys());
  for (const [file, read] of files) if (file !== LAYOUT_FILE) await writeWhole(join(path, file), await read());
  for await (const { name: old } of Deno.readDir(join(path, "blobs/sha256"))) {
    if (!kept.has(`blobs/sha256/${old}`)) await Deno.remove(join(path, "blobs/sha256", old));
  }
  await writeWhole(join(path, LAYOUT_FILE), encode(LAYOUT));
}

async function layoutTar(image: Image, place: { name: string; blobs: BlobStore }): Promise<Uint8Array> {
  const entries: LayerEntry[] = [];
  for (const [path, read] of await filesOf(image, place)) entries.push({ kind: "file", path, bytes: await read() });
  return await writeTar("write the image", entries);
}

/** The files of a layout, each read when it is written. */
function filesOf(
  image: Image,
  { name, blobs }: { name: string; blobs: BlobStore },
): Map<string, () => Promise<Uint8Array>> {
  const tag = name.split(":").at(-1)!;
  const annotations = { "org.opencontainers.image.ref.name": tag, "io.containerd.image.name": name };
  const index = { schemaVersion: 2, mediaType: MEDIA.index, manifests: [{ ...image.descriptor, annotations }] };
  const { config, layers } = image.manifest;
  const path = (digest: Digest) => `blobs/${digest.replace(":", "/")}`;
  return new Map<string, () => Promise<Uint8Array>>([
    ...[config, ...layers].map(({ digest }) => [path(digest), () => blobs.read(digest)] as const),
    [path(image.descriptor.digest), () => Promise.resolve(manifestBytes(image))],
    ["index.json", () => Promise.resolve(encode(index))],
    [LAYOUT_FILE, () => Promise.resolve(encode(LAYOUT))],
  ]);
}

async function checkFree(folder: string): Promise<void> {
  const names: string[] = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name).catch(() => []);
  const isOurs = names.includes("index.json") && names.includes("blobs");
  if (names.length === 0 || isOurs) return;
  throw new ImageError(
    `Cannot write the image to ${folder}: it holds other files. Give a folder that is not there yet, or is empty`,
  );
}

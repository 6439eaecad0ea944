/** What lies below Levada in an image, where it is not ours: an archive of files, an OCI layout, an image of a registry. */
import { join } from "node:path";
import type { BlobStore } from "../blob_store.ts";
import { type Descriptor, digestOf, type ImageConfig, MEDIA } from "../descriptor.ts";
import { ImageError } from "../image_error.ts";
import { cleanPath, type LayerEntry } from "../layer/entry.ts";
import { gunzip, gzip, isGzip } from "../layer/gzip.ts";
import { readTar } from "../layer/read_tar.ts";
import { LAYOUT_FILE } from "../layout.ts";
import { parseReference } from "../reference.ts";
import { pullImage, type PullOptions } from "../registry/pull.ts";
import { layersOf } from "./parse_manifest.ts";
import { readLayout } from "./read_layout.ts";

/** What was found, its layers in the store. */
export interface BaseImage {
  readonly config: ImageConfig;
  readonly layers: readonly Descriptor[];
  /** Where others find it: `registry/name@sha256:…`; undefined for what lies on this machine. */
  readonly place?: string;
}

/**
 * Reads a base: a folder with an OCI layout, an archive of one, an archive of files (`.tar`, gzipped or not), else the name of an image.
 *
 * @throws {ImageError} If it is none of these, or broken, or an archive whose paths lead out of the image.
 */
export async function readBase(base: string, options: PullOptions): Promise<BaseImage> {
  const act = `take ${base} as the base`;
  const { isDirectory, isFile } = await Deno.stat(base).catch(() => ({ isDirectory: false, isFile: false }));
  if (isDirectory) {
    return await readLayout(act, options.blobs, {
      read: (path) => Deno.readFile(join(base, path)).catch(() => undefined),
      open: async (path) => (await Deno.open(join(base, path)).catch(() => undefined))?.readable,
    });
  }
  if (isFile) return await ofArchive(act, await Deno.readFile(base), options.blobs);
  if (/^[./~]|\.(tar|tgz|gz)$/.test(base)) throw new ImageError(`Cannot ${act}: there is no such file`);
  const reference = parseReference(base);
  const { config, manifest, descriptor: { digest } } = await pullImage(reference, options);
  const place = `${reference.registry}/${reference.repository}@${digest}`;
  return { config, layers: layersOf(act, manifest, config), place };
}

async function ofArchive(act: string, bytes: Uint8Array<ArrayBuffer>, blobs: BlobStore): Promise<BaseImage> {
  const tar = isGzip(bytes) ? await gunzip(act, bytes) : bytes;
  const entries = await readTar(tar, { act });
  if (entries.length === 0) throw new ImageError(`Cannot ${act}: the archive is empty`);
  if (entries.some(({ path }) => path === LAYOUT_FILE)) {
    const files = new Map(entries.map((entry) => [entry.path, entry] as const));
    const read = (path: string) => Promise.resolve(bytesOf(files.get(path)));
    const open = (path: string) => {
      const bytes = bytesOf(files.get(path));
      return Promise.resolve(bytes && new Blob([bytes as Uint8Array<ArrayBuffer>]).stream());
    };
    return await readLayout(act, blobs, { read, open });
  }
  for (const { path } of entries) cleanPath(act, path); // it goes into the image as it is
  const packed = tar === bytes ? await gzip(tar) : bytes; // the owners and modes that it has stay
  const digest = await blobs.put(packed);
  const config = { architecture: "amd64", os: "linux", rootfs: { type: "layers" as const, diff_ids: [digestOf(tar)] } };
  return { config, layers: [{ mediaType: MEDIA.layer, digest, size: packed.length }] };
}

function bytesOf(entry: LayerEntry | undefined): Uint8Array | undefined {
  return entry?.kind === "file" ? entry.bytes : undefined;
}

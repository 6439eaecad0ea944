/** What lies below Levada in an image, where it is not ours: an archive of files, an OCI layout, an image of a registry. */
import { join } from "node:path";
import type { BlobStore } from "../blob_store.ts";
import { type Descriptor, digestOf, type ImageConfig, isDigest, MEDIA } from "../descriptor.ts";
import { ImageError } from "../image_error.ts";
import type { LayerEntry } from "../layer/entry.ts";
import { gunzip, gzip, isGzip } from "../layer/gzip.ts";
import { readTar } from "../layer/read_tar.ts";
import { LAYOUT_FILE } from "../layout.ts";
import { parseReference } from "../reference.ts";
import { pullImage, type PullOptions } from "../registry/pull.ts";
import { chooseImage, parseConfig, parseManifest } from "./parse_manifest.ts";

/** What was found, its layers in the store. */
export interface BaseImage {
  readonly config: ImageConfig;
  readonly layers: readonly Descriptor[];
}

/**
 * Reads a base: a folder with an OCI layout, an archive of one, an archive of files (`.tar`, gzipped or not), else the name of an image.
 *
 * @throws {ImageError} If it is none of these, or broken.
 */
export async function readBase(base: string, options: PullOptions): Promise<BaseImage> {
  const act = `take ${base} as the base`;
  const { isDirectory, isFile } = await Deno.stat(base).catch(() => ({ isDirectory: false, isFile: false }));
  if (isDirectory) {
    return await ofLayout(act, options.blobs, (path) => Deno.readFile(join(base, path)).catch(() => undefined));
  }
  if (isFile) return await ofArchive(act, await Deno.readFile(base), options.blobs);
  if (/^[./~]|\.(tar|tgz|gz)$/.test(base)) throw new ImageError(`Cannot ${act}: there is no such file`);
  const { config, manifest } = await pullImage(parseReference(base), options);
  return { config, layers: manifest.layers };
}

async function ofArchive(act: string, bytes: Uint8Array<ArrayBuffer>, blobs: BlobStore): Promise<BaseImage> {
  const tar = isGzip(bytes) ? await gunzip(act, bytes) : bytes;
  const entries = await readTar(tar, { act });
  if (entries.length === 0) throw new ImageError(`Cannot ${act}: the archive is empty`);
  if (entries.some(({ path }) => path === LAYOUT_FILE)) {
    const files = new Map(entries.map((entry) => [entry.path, entry] as const));
    return await ofLayout(act, blobs, (path) => Promise.resolve(bytesOf(files.get(path))));
  }
  const packed = tar === bytes ? await gzip(tar) : bytes; // the owners and modes that it has stay
  const digest = await blobs.put(packed);
  const config = { architecture: "amd64", os: "linux", rootfs: { type: "layers" as const, diff_ids: [digestOf(tar)] } };
  return { config, layers: [{ mediaType: MEDIA.layer, digest, size: packed.length }] };
}

function bytesOf(entry: LayerEntry | undefined): Uint8Array | undefined {
  return entry?.kind === "file" ? entry.bytes : undefined;
}

async function ofLayout(
  act: string,
  blobs: BlobStore,
  read: (path: string) => Promise<Uint8Array | undefined>,
): Promise<BaseImage> {
  if (await read(LAYOUT_FILE) === undefined) {
    throw new ImageError(`Cannot ${act}: it has no file ${LAYOUT_FILE}. Give a folder of the OCI image layout`);
  }
  const blob = async (digest: string): Promise<Uint8Array> => {
    const bytes = isDigest(digest) ? await read(`blobs/${digest.replace(":", "/")}`) : undefined;
    if (bytes !== undefined && digestOf(bytes) === digest) return bytes;
    throw new ImageError(
      `Cannot ${act}: its blob ${digest} is ${bytes === undefined ? "missing" : "another than its digest says"}`,
    );
  };
  let chosen = chooseImage(act, await read("index.json") ?? new Uint8Array());
  if (chosen === undefined) throw new ImageError(`Cannot ${act}: its index.json lists no images`);
  for (let deeper = chosen as Descriptor | undefined; deeper !== undefined;) { // lists may stand in lists
    chosen = deeper;
    deeper = chooseImage(act, await blob(chosen.digest));
  }
  const manifest = parseManifest(act, await blob(chosen.digest));
  for (const { digest } of manifest.layers) await blobs.put(await blob(digest));
  return { config: parseConfig(act, await blob(manifest.config.digest)), layers: manifest.layers };
}

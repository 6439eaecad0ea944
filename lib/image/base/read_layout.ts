/** The OCI image layout, read. */
import type { BlobStore } from "../blob_store.ts";
import { type Descriptor, digestOf, isDigest } from "../descriptor.ts";
import { ImageError } from "../image_error.ts";
import { LAYOUT_FILE } from "../layout.ts";
import { chooseImage, layersOf, parseConfig, parseManifest } from "./parse_manifest.ts";
import type { BaseImage } from "./read_base.ts";

/** The files of a layout; undefined where one is not there. */
export interface LayoutFiles {
  read(path: string): Promise<Uint8Array | undefined>;
  open(path: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | undefined>;
}

/**
 * Reads the image for 64-bit Linux on Intel and AMD out of a layout; its layers are in the store then.
 *
 * @throws {ImageError} If it has none, or something is missing or is not what its digest says.
 */
export async function readLayout(act: string, blobs: BlobStore, { read, open }: LayoutFiles): Promise<BaseImage> {
  if (await read(LAYOUT_FILE) === undefined) {
    throw new ImageError(`Cannot ${act}: it has no file ${LAYOUT_FILE}. Give a folder of the OCI image layout`);
  }
  const blob = async (digest: string): Promise<Uint8Array> => {
    const bytes = isDigest(digest) ? await read(pathOf(digest)) : undefined;
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
  const config = parseConfig(act, await blob(manifest.config.digest));
  const layers = layersOf(act, manifest, config);
  for (const layer of layers) {
    const stream = await open(pathOf(layer.digest));
    if (stream === undefined) throw new ImageError(`Cannot ${act}: its blob ${layer.digest} is missing`);
    await blobs.take(act, layer, stream);
  }
  return { config, layers };
}

function pathOf(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

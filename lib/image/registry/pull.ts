/** Images of registries, by tag or digest. */
import type { BlobStore } from "../blob_store.ts";
import { type Descriptor, digestOf, type ImageConfig, type ImageManifest, isDigest, MEDIA } from "../descriptor.ts";
import { ImageError } from "../image_error.ts";
import { type Reference, tellReference } from "../reference.ts";
import { chooseImage, parseConfig, parseManifest } from "../base/parse_manifest.ts";
import { readBounded } from "../read_bounded.ts";
import { RegistryClient, type RegistryOptions } from "./registry_client.ts";
import { unreachable } from "./registry_error.ts";

/** How they are had. */
export interface PullOptions extends RegistryOptions {
  readonly blobs: BlobStore;
  /** Told of each blob that is fetched. */
  readonly onProgress?: ((text: string) => void) | undefined;
}

/** An image, whose blobs are in the store. */
export interface PulledImage {
  readonly descriptor: Descriptor;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
}

const KINDS = [MEDIA.manifest, MEDIA.index, MEDIA.dockerManifest, MEDIA.dockerList].join(", ");
const LARGEST_MANIFEST = 4 << 20; // as registries have it

/**
 * Fetches an image for 64-bit Linux on Intel and AMD, each blob checked by its digest.
 *
 * @throws {ImageError} If there is none, or a blob is another than its digest says.
 */
export async function pullImage(
  reference: Reference,
  { blobs, onProgress = () => {}, ...options }: PullOptions,
): Promise<PulledImage> {
  const act = `pull ${tellReference(reference)}`;
  const client = new RegistryClient(reference, { ...options, actions: "pull" });
  const base = `/v2/${reference.repository}`;
  const manifestOf = async (name: string): Promise<{ bytes: Uint8Array; type: string }> => {
    const answer = await client.ask(client.url(`${base}/manifests/${name}`), { act, headers: { accept: KINDS } });
    const bytes = await readBounded(act, answer.body, { most: LARGEST_MANIFEST, what: "its manifest" });
    if (isDigest(name)) check(act, name, bytes);
    return { bytes, type: answer.headers.get("content-type")?.split(";")[0] ?? "" };
  };
  let { bytes, type } = await manifestOf(reference.tag);
  const chosen = chooseImage(act, bytes);
  if (chosen !== undefined) ({ bytes, type } = await manifestOf(chosen.digest));
  const manifest = parseManifest(act, bytes);
  if (manifest.config.size > LARGEST_MANIFEST) {
    throw new ImageError(`Cannot ${act}: its configuration has ${manifest.config.size} bytes`);
  }
  for (const { digest, size } of [manifest.config, ...manifest.layers]) {
    if (await blobs.has(digest)) continue;
    onProgress(`fetching ${digest.slice(0, 19)}, ${(size / 1e6).toFixed(1)} MB`);
    const answer = await client.ask(client.url(`${base}/blobs/${digest}`), { act, answerBytes: size });
    await blobs.take(act, { digest, size }, answer.body ?? new Blob().stream()).catch((error) => {
      if (error instanceof ImageError) throw error;
      options.signal?.throwIfAborted();
      throw unreachable(act, client.registry, error);
    });
  }
  return {
    descriptor: { mediaType: type || manifest.mediaType, digest: digestOf(bytes), size: bytes.length },
    manifest,
    config: parseConfig(act, await blobs.read(manifest.config.digest)),
  };
}

function check(act: string, digest: string, bytes: Uint8Array): void {
  const found = digestOf(bytes);
  if (found !== digest) {
    throw new ImageError(`Cannot ${act}: ${digest} is another: its ${bytes.length} bytes are ${found}`);
  }
}

/** Manifests, lists of manifests and configurations, as others wrote them. */
import { type Descriptor, type ImageConfig, type ImageManifest, isDigest, MEDIA } from "../descriptor.ts";
import { ImageError } from "../image_error.ts";

const MOST_LAYERS = 200; // overlay file systems take fewer
const DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const KINDS_OF_LAYER =
  /^application\/vnd\.(oci\.image\.layer\.v1\.tar(\+(gzip|zstd))?|docker\.image\.rootfs\.diff\.tar\.gzip)$/;

/**
 * Chooses the image for 64-bit Linux on Intel and AMD out of a list; undefined where the bytes are an image's own manifest.
 *
 * @throws {ImageError} If a list has none.
 */
export function chooseImage(act: string, bytes: Uint8Array): Descriptor | undefined {
  const { manifests } = parse(act, bytes, "its manifest") as { manifests?: unknown };
  if (manifests === undefined) return undefined;
  const all = (Array.isArray(manifests) ? manifests : []).filter(isDescriptor);
  const fits = ({ platform }: Descriptor) => platform?.os === "linux" && platform.architecture === "amd64";
  const found = all.find(fits) ?? all.find(({ platform }) => platform === undefined);
  if (found !== undefined) return found;
  const known = all.map(({ platform }) => `${platform?.os}/${platform?.architecture}`).join(", ") || "nothing";
  throw new ImageError(`Cannot ${act}: it has no image for linux/amd64, only ${known}`);
}

/**
 * Reads a manifest.
 *
 * @throws {ImageError} If it is none, or has layers that are no archives.
 */
export function parseManifest(act: string, bytes: Uint8Array): ImageManifest {
  const found = parse(act, bytes, "its manifest") as Partial<ImageManifest>;
  const layers = Array.isArray(found.layers) ? found.layers : undefined;
  if (found.schemaVersion !== 2 || !isDescriptor(found.config) || layers === undefined || !layers.every(isDescriptor)) {
    throw new ImageError(
      `Cannot ${act}: its manifest is none of version 2, with a configuration and layers by their digests`,
    );
  }
  if (layers.length > MOST_LAYERS) {
    throw new ImageError(`Cannot ${act}: it has ${layers.length} layers, more than ${MOST_LAYERS}`);
  }
  const odd = layers.find(({ mediaType }) => !KINDS_OF_LAYER.test(mediaType));
  if (odd !== undefined) {
    throw new ImageError(`Cannot ${act}: a layer is of the type ${odd.mediaType}, which is no archive of files`);
  }
  return found as ImageManifest;
}

/**
 * Reads a configuration.
 *
 * @throws {ImageError} If it is none, or of another system.
 */
export function parseConfig(act: string, bytes: Uint8Array): ImageConfig {
  const found = parse(act, bytes, "its configuration") as Partial<ImageConfig>;
  const ids: unknown = found.rootfs?.diff_ids;
  if (!Array.isArray(ids) || !ids.every(isDigest)) {
    throw new ImageError(`Cannot ${act}: its configuration does not say its layers`);
  }
  const { os, architecture } = found;
  if (os === "linux" && architecture === "amd64") return found as ImageConfig;
  throw new ImageError(`Cannot ${act}: it is for ${os}/${architecture}, and should be for linux/amd64`);
}

/**
 * The layers of an image, by the names that OCI has for what they are: an image's configuration has to know each.
 *
 * @throws {ImageError} If it knows another number of them.
 */
export function layersOf(act: string, { layers }: ImageManifest, { rootfs }: ImageConfig): Descriptor[] {
  const { length } = rootfs.diff_ids;
  if (length !== layers.length) {
    throw new ImageError(`Cannot ${act}: its manifest has ${layers.length} layers, and its configuration ${length}`);
  }
  return layers.map(({ mediaType, digest, size }) => ({
    mediaType: mediaType === DOCKER_LAYER ? MEDIA.layer : mediaType,
    digest,
    size,
  }));
}

function parse(act: string, bytes: Uint8Array, what: string): object {
  try {
    const found: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof found === "object" && found !== null) return found;
  } catch { // told below
  }
  throw new ImageError(`Cannot ${act}: ${what} is no JSON object`);
}

function isDescriptor(found: unknown): found is Descriptor {
  if (typeof found !== "object" || found === null) return false;
  const { digest, size, mediaType } = found as Partial<Descriptor>;
  return isDigest(digest) && Number.isSafeInteger(size) && size! >= 0 && typeof mediaType === "string";
}

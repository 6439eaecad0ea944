/** Layers → an image: its configuration, its manifest. */
import type { BlobStore } from "./blob_store.ts";
import {
  type Descriptor,
  digestOf,
  type ImageConfig,
  type ImageManifest,
  MEDIA,
  type RunConfig,
} from "./descriptor.ts";
import type { Layer } from "./layer/make_layer.ts";

/** An image whose blobs are in a store. */
export interface Image {
  /** What names it: its manifest. */
  readonly descriptor: Descriptor;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
}

/** What an image is made of. */
export interface ImageWish {
  /** The layers below, as the image that they come from has them. Default: none. */
  readonly base?: { readonly config: ImageConfig; readonly layers: readonly Descriptor[] } | undefined;
  /** The lowest first. */
  readonly layers: readonly Layer[];
  readonly run: RunConfig;
  /** Where in time it says that it was made. Default: 1970, so that the same becomes the same. */
  readonly created?: Date | undefined;
}

/** Makes an image for 64-bit Linux on Intel and AMD. */
export async function makeImage(
  { base, layers, run, created = new Date(0) }: ImageWish,
  blobs: BlobStore,
): Promise<Image> {
  const time = created.toISOString().replace(/\.\d+/, "");
  const labels = { ...base?.config.config?.Labels, ...run.Labels };
  const config: ImageConfig = {
    created: time,
    architecture: "amd64",
    os: "linux",
    config: { ...run, Env: joinEnv(base?.config.config?.Env ?? [], run.Env ?? []), Labels: labels },
    rootfs: {
      type: "layers",
      diff_ids: [...base?.config.rootfs.diff_ids ?? [], ...layers.map(({ diffId }) => diffId)],
    },
    history: [
      ...base?.config.history ?? (base?.layers ?? []).map(() => ({ comment: "base" })),
      ...layers.map(({ madeBy, name }) => ({ created: time, created_by: madeBy, comment: name })),
    ],
  };
  const configBytes = encode(config);
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: MEDIA.manifest,
    config: { mediaType: MEDIA.config, digest: await blobs.put(configBytes), size: configBytes.length },
    layers: [...base?.layers ?? [], ...layers.map(({ descriptor }) => descriptor)],
    annotations: run.Labels ?? {},
  };
  const bytes = encode(manifest);
  return {
    descriptor: { mediaType: MEDIA.manifest, digest: await blobs.put(bytes), size: bytes.length },
    manifest,
    config,
  };
}

/** JSON as it is hashed. */
export function encode(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** The manifest of an image, as bytes that its digest is of. */
export function manifestBytes({ manifest, descriptor }: Image): Uint8Array<ArrayBuffer> {
  const bytes = encode(manifest);
  if (digestOf(bytes) !== descriptor.digest) throw new Error("the manifest is not what it was");
  return bytes;
}

/** Variables of an environment, `NAME=value`: the later of one name. */
function joinEnv(base: readonly string[], own: readonly string[]): string[] {
  const named = [...base, ...own].map((line) => [line.split("=")[0]!, line] as const);
  return [...new Map(named).values()];
}

/** Images that lie in the same folder: whose they are, and which blobs they need. */
import { join } from "node:path";
import type { Descriptor, Digest } from "./descriptor.ts";
import { ImageError } from "./image_error.ts";

/** What marks an image in an index as one that `levada image` wrote. */
export const MADE_BY = { "levada.dev/made-by": "levada image" } as const;
/** The tag alone. */
export const REF_NAME = "org.opencontainers.image.ref.name";
/** `registry/name:tag`. */
export const FULL_NAME = "io.containerd.image.name";

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const DEEPEST = 4; // indexes of indexes

/** An image as an index lists it. */
export type Listed = Descriptor & { readonly annotations?: Readonly<Record<string, string>> };

/** What an index lists. */
export interface Others {
  readonly kept: readonly Listed[];
  /** Of this name, or what this command has written as another version of it. */
  readonly replaced: readonly Listed[];
}

/**
 * Which images of a folder stay where another is written.
 *
 * @throws {ImageError} If its index is none, or has another image of the same tag, of which readers would have two.
 */
export function othersIn(folder: string, index: Uint8Array | undefined, name: string): Others {
  if (index === undefined) return { kept: [], replaced: [] };
  const listed = readIndex(index);
  if (listed === undefined) {
    throw new ImageError(`Cannot write the image to ${folder}: its index.json is none of images`);
  }
  const [repository, tag] = partsOf(name);
  const isReplaced = ({ annotations: { [FULL_NAME]: full = "", ...more } = {} }: Listed) =>
    full === name || partsOf(full)[0] === repository && isMarked(more);
  const kept = listed.filter((one) => !isReplaced(one));
  if (kept.some(({ annotations }) => annotations?.[REF_NAME] === tag)) {
    throw new ImageError(
      `Cannot write the image to ${folder}: it has another image that is called "${tag}" there. Give another tag, -t, or another folder`,
    );
  }
  return { kept, replaced: listed.filter(isReplaced) };
}

/** Whether an index lists an image that `levada image` wrote. */
export function isMadeHere(index: Uint8Array): boolean {
  return (readIndex(index) ?? []).some(({ annotations = {} }) => isMarked(annotations));
}

function isMarked(annotations: Readonly<Record<string, string>>): boolean {
  return Object.entries(MADE_BY).every(([key, by]) => annotations[key] === by);
}

/** Removes the blobs of images that are listed no more, but for those that others need. */
export async function removeBlobs(folder: string, gone: readonly Listed[], needed: readonly Listed[]): Promise<void> {
  const kept = await blobsOf(folder, needed);
  for (const digest of await blobsOf(folder, gone)) if (!kept.has(digest)) await Deno.remove(blobPath(folder, digest));
}

/** The blobs of images that are there. */
async function blobsOf(folder: string, images: readonly unknown[], depth = 0): Promise<Set<Digest>> {
  const found = new Set<Digest>();
  for (const image of images) {
    const { digest } = image as Descriptor;
    const bytes = DIGEST.test(digest)
      ? await Deno.readFile(blobPath(folder, digest)).catch(() => undefined)
      : undefined;
    if (bytes === undefined) continue;
    found.add(digest);
    const { manifests = [], config, layers = [] } = readJson(bytes);
    for (const one of [config, ...layers]) {
      if (one !== undefined && await isThere(folder, one.digest)) found.add(one.digest);
    }
    if (depth < DEEPEST) { for (const one of await blobsOf(folder, manifests, depth + 1)) found.add(one); }
  }
  return found;
}

async function isThere(folder: string, digest: Digest): Promise<boolean> {
  return DIGEST.test(digest) && await Deno.stat(blobPath(folder, digest)).then(() => true, () => false);
}

function blobPath(folder: string, digest: Digest): string {
  return join(folder, "blobs", digest.replace(":", "/"));
}

function partsOf(name: string): [repository: string, tag: string] {
  const at = name.lastIndexOf(":");
  return [name.slice(0, at), name.slice(at + 1)];
}

function readIndex(bytes: Uint8Array): Listed[] | undefined {
  const { manifests } = readJson(bytes);
  return Array.isArray(manifests) && manifests.every((one) => typeof one?.digest === "string") ? manifests : undefined;
}

interface Lists {
  readonly manifests?: Listed[];
  readonly config?: Descriptor;
  readonly layers?: Descriptor[];
}

function readJson(bytes: Uint8Array): Lists {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof json === "object" && json !== null ? json : {};
  } catch {
    return {};
  }
}

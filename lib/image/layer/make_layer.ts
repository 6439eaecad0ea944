/** Entries → a layer, packed once: who makes the same again finds it. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type BlobStore, writeWhole } from "../blob_store.ts";
import { type Descriptor, type Digest, digestOf, isDigest, MEDIA } from "../descriptor.ts";
import type { LayerEntry } from "./entry.ts";
import { gzip } from "./gzip.ts";
import { writeTar } from "./write_tar.ts";

/** A layer. */
export interface Layer {
  /** What it is, for people: `base`, `deno`, `runtime`, `bundle`. */
  readonly name: string;
  readonly descriptor: Descriptor;
  /** The digest of what it is unpacked. */
  readonly diffId: Digest;
  /** How it came about, for the history. */
  readonly madeBy: string;
  /** In bytes, unpacked. */
  readonly plainSize: number;
  readonly isFound: boolean;
  readonly tookMs: number;
}

/** Where layers are kept. */
export interface LayerRoom {
  /** A folder for what can be made again. */
  readonly cache: string;
  readonly blobs: BlobStore;
}

/** What a layer is made of. */
export interface LayerRecipe {
  /** All that its entries come from, in words: the same make the same. */
  readonly inputs: readonly string[];
  /** Makes them, where nobody has before. */
  entries(): Promise<Iterable<LayerEntry>> | Iterable<LayerEntry>;
}

/** Makes a layer. */
export async function makeLayer(
  { name, madeBy, inputs, entries }: LayerRecipe & { readonly name: string; readonly madeBy: string },
  { cache, blobs }: LayerRoom,
): Promise<Layer> {
  const start = performance.now();
  const file = join(cache, "layers", `${await keyOf(inputs)}.json`);
  const found = await findLayer(file, blobs);
  const made = found ?? await pack(`make the layer ${name}`, await entries(), blobs);
  if (found === undefined) await writeWhole(file, new TextEncoder().encode(JSON.stringify(made)));
  const { digest, diffId, size, plainSize } = made;
  return {
    name,
    descriptor: { mediaType: MEDIA.layer, digest, size },
    diffId,
    madeBy,
    plainSize,
    isFound: found !== undefined,
    tookMs: performance.now() - start,
  };
}

interface Packed {
  readonly digest: Digest;
  readonly diffId: Digest;
  readonly size: number;
  readonly plainSize: number;
}

async function pack(act: string, entries: Iterable<LayerEntry>, blobs: BlobStore): Promise<Packed> {
  const tar = await writeTar(act, entries);
  const packed = await gzip(tar);
  return {
    digest: await blobs.put(packed),
    diffId: digestOf(tar),
    size: packed.length,
    plainSize: tar.length,
  };
}

/** What names a layer before it is made: what it is made of, and what makes it. */
async function keyOf(inputs: readonly string[]): Promise<string> {
  code ??= ownCode();
  return createHash("sha256").update(JSON.stringify([Deno.version.deno, await code, ...inputs])).digest("hex");
}

let code: Promise<string> | undefined;

/** The hash of this room's code: who changes it gets other layers, and none that were made before. */
async function ownCode(): Promise<string> {
  const hash = createHash("sha256");
  const visit = async (folder: URL): Promise<void> => {
    const all = await Array.fromAsync(Deno.readDir(folder));
    for (const { name, isDirectory } of all.sort((one, other) => one.name < other.name ? -1 : 1)) {
      if (isDirectory) await visit(new URL(`${name}/`, folder));
      else hash.update(await Deno.readFile(new URL(name, folder)));
    }
  };
  await visit(new URL("../", import.meta.url));
  return hash.digest("hex");
}

async function findLayer(file: string, blobs: BlobStore): Promise<Packed | undefined> {
  try {
    const found = JSON.parse(await Deno.readTextFile(file)) as Packed;
    const isWhole = isDigest(found.digest) && isDigest(found.diffId) && await blobs.find(found.digest) !== undefined;
    return isWhole ? found : undefined;
  } catch {
    return undefined; // not made yet, or its note is broken
  }
}

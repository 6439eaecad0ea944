/** Entries → a layer, packed once: who makes the same again finds it. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type BlobStore, writeWhole } from "../blob_store.ts";
import { type Descriptor, type Digest, digestOf, isDigest, MEDIA } from "../descriptor.ts";
import { inOrder, type LayerEntry } from "./entry.ts";
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

const FORMAT = "levada-layer/1"; // another where the same entries become other bytes

/** Makes a layer of entries. */
export async function makeLayer(
  { name, madeBy, entries }: { name: string; madeBy: string; entries: Iterable<LayerEntry> },
  { cache, blobs }: LayerRoom,
): Promise<Layer> {
  const start = performance.now();
  const act = `make the layer ${name}`;
  const sorted = inOrder(act, entries);
  const file = join(cache, "layers", `${keyOf(sorted)}.json`);
  const found = await findLayer(file, blobs);
  const made = found ?? await pack(act, sorted, blobs);
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

async function pack(act: string, entries: readonly LayerEntry[], blobs: BlobStore): Promise<Packed> {
  const tar = await writeTar(act, entries);
  const packed = await gzip(tar);
  return {
    digest: await blobs.put(packed),
    diffId: digestOf(tar),
    size: packed.length,
    plainSize: tar.length,
  };
}

/** What names the entries, with the program that packs them: other versions may pack the same in other bytes. */
function keyOf(entries: readonly LayerEntry[]): string {
  const hash = createHash("sha256").update(`${FORMAT} ${Deno.version.deno}\n`);
  for (const entry of entries) hash.update(`${JSON.stringify([entry.path, entry.kind, contentOf(entry)])}\n`);
  return hash.digest("hex");
}

function contentOf(entry: LayerEntry): string {
  if (entry.kind === "file") return `${digestOf(entry.bytes)} ${entry.isProgram === true}`;
  return entry.kind === "link" ? entry.target : `${entry.isOpen === true}`;
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

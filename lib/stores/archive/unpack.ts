import { dirname, join } from "node:path";
import { describeThrown, StoreError } from "../../errors.ts";
import { Hasher } from "../cache/checksum.ts";
import type { ArchiveEntry } from "./entry.ts";
import { entryPath } from "./entry_path.ts";
import { readTar } from "./read_tar.ts";
import { readZip } from "./read_zip.ts";

/** What an archive may hold. */
export interface UnpackLimits {
  /** What messages call it. */
  readonly uri: string;
  /** Unpacked, in all. */
  readonly limitBytes: number;
  /** Unpacked bytes for each byte of the archive, above `freeBytes`. Default: 100. */
  readonly ratio?: number;
  /** So much may come out of however small an archive. Default: 64 MiB. */
  readonly freeBytes?: number;
  /** Default: 10,000. */
  readonly entries?: number;
}

const RATIO = 100; // deflate reaches 1,000 on zeros; models that were seen have 1 to 5
const FREE_BYTES = 64 * 1024 * 1024;
const MOST_ENTRIES = 10_000;

/** The files that came out of an archive, by name. */
export type Unpacked = Record<string, { readonly bytes: number; readonly sha256: string }>;

/**
 * Unpacks an archive into a folder that is not there yet. Nothing of it comes to lie elsewhere: names that lead out, links, devices,
 * encrypted and double names are refused, and so is what grows beyond the limits, before it is on the disk.
 *
 * @throws {StoreError} If it is broken, or holds what it may not. What was unpacked so far is left for the caller to remove.
 */
export async function unpackArchive(path: string, folder: string, limits: UnpackLimits): Promise<Unpacked> {
  const { ratio = RATIO, freeBytes = FREE_BYTES, entries = MOST_ENTRIES } = limits;
  const fail = (state: string) => new StoreError(`Cannot unpack "${limits.uri}": ${state}`, { reason: "broken" });
  const most = Math.min(limits.limitBytes, Math.max(freeBytes, ratio * (await Deno.stat(path)).size));
  await Deno.mkdir(folder, { recursive: true });
  const [seen, unpacked]: [Map<string, ArchiveEntry["kind"]>, Unpacked] = [new Map(), Object.create(null)];
  let [total, count] = [0, 0];
  try {
    for await (const entry of entriesOf(path)) {
      if (++count > entries) throw fail(`it has more than ${entries} entries`);
      if (entry.kind !== "file" && entry.kind !== "directory") {
        const what = entry.kind === "link" ? "a link" : "no plain file (a device, or encrypted)";
        throw fail(`${JSON.stringify(entry.name.slice(0, 200))} is ${what}`);
      }
      const name = entryPath(entry, { seen, fail });
      if (name === "") continue; // the archive's own folder
      const target = join(folder, ...name.split("/"));
      await Deno.mkdir(entry.kind === "directory" ? target : dirname(target), { recursive: true });
      if (entry.kind === "directory") continue;
      const hasher = new Hasher(["sha256"]);
      using file = await Deno.open(target, { write: true, createNew: true, mode: 0o644 });
      await entry.write(async (chunk) => {
        total += chunk.length;
        if (total > most) throw fail(`it unpacks to more than ${most} bytes, a bomb perhaps`);
        hasher.update(chunk);
        for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
      });
      await file.sync();
      unpacked[name] = { bytes: hasher.bytes, sha256: hasher.digests().sha256! };
    }
  } catch (error) {
    if (error instanceof StoreError || error instanceof Deno.errors.NotCapable) throw error;
    if (error instanceof Error && error.cause instanceof StoreError) throw error.cause;
    throw fail(`it is broken (${describeThrown(error).message})`);
  }
  if (Object.keys(unpacked).length === 0) throw fail("it holds no file");
  return { ...unpacked };
}

function entriesOf(path: string): AsyncGenerator<ArchiveEntry> {
  if (/\.zip$/i.test(path)) return readZip(path);
  return readTar(path, !/\.tar$/i.test(path));
}

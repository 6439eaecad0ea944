import { StoreError } from "../../errors.ts";
import type { DataItem, ItemStat } from "../data_item.ts";
import { type Checksum, Hasher } from "./checksum.ts";

/** Says what goes on: lines of a log. */
export type Say = (level: "info" | "warn", message: string) => void;

/** How bytes are fetched into a file. */
export interface DownloadOptions {
  /** What the store said before: the length and digest that must come. */
  readonly stat: ItemStat;
  readonly checksum: Checksum | undefined;
  /** More bytes are refused. */
  readonly limitBytes: number;
  readonly say: Say;
  /** So often progress is told, in milliseconds. */
  readonly progressMs: number;
}

/** What was fetched. */
export interface Downloaded {
  readonly bytes: number;
  readonly sha256: string;
  /** The version of these bytes: the store may have another than it said that it has. */
  readonly version: string | undefined;
}

/**
 * Writes an item into a file that nobody else looks at, checks it, and has it on the disk before it gives the digest.
 *
 * @throws {StoreError} If it is not whole, not what it should be, or too large.
 */
export async function download(item: DataItem, path: string, options: DownloadOptions): Promise<Downloaded> {
  const { stat, checksum, limitBytes, say, progressMs } = options;
  const fail = (state: string) => new StoreError(`Cannot fetch "${item.uri}": ${state}`, { reason: "broken" });
  if (stat.bytes > limitBytes) throw tooLarge(item.uri, stat.bytes, limitBytes);
  const hasher = new Hasher([
    "sha256",
    ...(checksum === undefined ? [] : [checksum.algorithm]),
    ...(stat.md5 === undefined ? [] : ["md5"]),
  ]);
  let toldAt = performance.now();
  using file = await Deno.open(path, { write: true, createNew: true });
  let given: string | undefined;
  for await (const chunk of await item.stream((version) => given = version)) {
    hasher.update(chunk);
    if (hasher.bytes > limitBytes) throw tooLarge(item.uri, hasher.bytes, limitBytes);
    for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
    if (performance.now() - toldAt >= progressMs) {
      toldAt = performance.now();
      const whole = Number.isNaN(stat.bytes) ? "" : ` of ${megabytes(stat.bytes)}`;
      say("info", `fetches "${item.uri}": ${megabytes(hasher.bytes)}${whole} MB`);
    }
  }
  if (!Number.isNaN(stat.bytes) && stat.bytes !== hasher.bytes) {
    throw fail(`it has ${hasher.bytes} bytes, and the store said ${stat.bytes}`);
  }
  const digests = hasher.digests();
  if (stat.md5 !== undefined && stat.md5 !== digests.md5) {
    throw fail(`its MD5 is ${digests.md5}, and the store said ${stat.md5}`);
  }
  if (checksum !== undefined && checksum.digest !== digests[checksum.algorithm]) {
    throw fail(`its ${checksum.algorithm} is ${digests[checksum.algorithm]}, and it should be ${checksum.digest}`);
  }
  await file.sync();
  const version = versionOf(stat.version, given);
  if (version !== stat.version) {
    const state = version === undefined ? "comes without the version that" : "is another version than";
    say(version === undefined ? "info" : "warn", `"${item.uri}" ${state} its store says: it will be asked again`);
  }
  return { bytes: hasher.bytes, sha256: digests.sha256!, version };
}

/** What was said with the bytes; none where it cannot be compared with what was said before, a tag with a time: they may be older. */
function versionOf(said: string | undefined, given: string | undefined): string | undefined {
  if (said === undefined) return given;
  if (given === undefined || isTag(said) !== isTag(given)) return undefined;
  return comparable(said) === comparable(given) ? said : given;
}

function isTag(version: string): boolean {
  return /^(W\/)?"/.test(version);
}

/** Without what a proxy may change and the bytes do not: whether a tag is weak, whether a length stands behind a time. */
function comparable(version: string): string {
  return isTag(version) ? version.replace(/^W\//, "") : version.replace(/ \d*$/, "");
}

function tooLarge(uri: string, bytes: number, limitBytes: number): StoreError {
  const message =
    `Cannot fetch "${uri}": it has ${bytes} bytes or more, and the cache takes ${limitBytes} (LEVADA_CACHE_BYTES)`;
  return new StoreError(message, { reason: "refused" });
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}

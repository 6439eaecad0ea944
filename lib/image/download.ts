/** Files of package registries, each checked by its hash, and kept. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fetchPrivately } from "../private_fetch.ts";
import { writeWhole } from "./blob_store.ts";
import { ImageError } from "./image_error.ts";
import { readBounded } from "./read_bounded.ts";
import { innermost } from "./registry/registry_error.ts";

/** A file that is the same wherever it lies. */
export interface PinnedFile {
  /** What it is, for people: a package and its version. */
  readonly name: string;
  /** Where it may lie: asked in this order. */
  readonly urls: readonly string[];
  /** As of subresource integrity: `sha256-` or `sha512-` and base64. */
  readonly integrity: string;
  /** What the place is asked with. Default: nothing. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** How it is fetched. */
export interface DownloadOptions {
  /** A folder for what can be fetched again. */
  readonly cache: string;
  readonly signal?: AbortSignal | undefined;
  /** Told of each file that has to be fetched. */
  readonly onProgress?: ((text: string) => void) | undefined;
  /** How many bytes a file may have. Default: 1 GiB. */
  readonly most?: number | undefined;
}

const TRIES = 3;
const PAUSE_MS = 500;
const LARGEST = 2 ** 30; // Deno itself has an eighth

/**
 * Fetches a file, or takes it out of the cache.
 *
 * @throws {ImageError} If it cannot be had, or is another than it should be.
 */
export async function download(
  file: PinnedFile,
  { cache, signal, onProgress = () => {}, most = LARGEST }: DownloadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const [algorithm, hash] = matchIntegrity(file);
  const kept = join(cache, "files", `${algorithm}-${hash.toString("hex")}`);
  const found = await Deno.readFile(kept).catch(() => undefined);
  if (found !== undefined && hashed(algorithm, found).equals(hash)) return found;
  const failures: string[] = [];
  for (const url of file.urls) {
    signal?.throwIfAborted();
    onProgress(`fetching ${file.name}`);
    const answer = await ask(url, { headers: file.headers, signal, most });
    if (typeof answer === "string") failures.push(`${plain(url)}: ${answer}`);
    else if (!hashed(algorithm, answer).equals(hash)) {
      failures.push(
        `${plain(url)}: it is another file, of ${answer.length} bytes: its ${algorithm} is not ${hash.toString("hex")}`,
      );
    } else {
      await writeWhole(kept, answer);
      return answer;
    }
  }
  throw new ImageError(`Cannot fetch ${file.name}:\n${failures.map((line) => `  ${line}`).join("\n")}`);
}

/** What lies at a URL, or why it is not to be had. */
async function ask(
  url: string,
  { headers = {}, signal, most }: {
    readonly headers?: Readonly<Record<string, string>> | undefined;
    readonly signal: AbortSignal | undefined;
    readonly most: number;
  },
): Promise<Uint8Array<ArrayBuffer> | string> {
  let failure = "";
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    try {
      const response = await fetchPrivately(url, { headers: { ...headers }, signal: signal ?? null });
      if (response.ok) return await readBounded("fetch it", response.body, { most, what: "it" });
      await response.body?.cancel();
      failure = `it answers ${response.status}`;
      if (response.status < 500 && response.status !== 429) return failure; // the same again
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ImageError) return error.message.replace(/^.*?: /, "");
      failure = innermost(error);
    }
    if (attempt < TRIES) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * attempt));
  }
  return failure;
}

function hashed(algorithm: string, bytes: Uint8Array): Uint8Array & { equals(other: Uint8Array): boolean } {
  return createHash(algorithm).update(bytes).digest();
}

function matchIntegrity({ name, integrity }: PinnedFile) {
  const [, algorithm, text] = /^(sha256|sha512)-([A-Za-z0-9+/]+={0,2})$/.exec(integrity) ?? [];
  if (algorithm === undefined || text === undefined) {
    throw new ImageError(
      `Cannot fetch ${name}: it is pinned by "${integrity}", which is no sha256- or sha512- and base64`,
    );
  }
  return [algorithm, Buffer.from(text, "base64")] as const;
}

/** A URL without what may be a secret. */
function plain(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

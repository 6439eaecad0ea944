import { createHash } from "node:crypto";
import { packedRevision } from "../../bundle/bundle_archive.ts";
import { StoreError } from "../../errors.ts";
import { openItem } from "../../stores/data_item.ts";
import { shownUri } from "../../stores/remote/shown_uri.ts";
import { CommandError } from "../command.ts";

/** What is fetched. */
export interface FetchWish {
  /** What it has to be. */
  readonly revision: string;
  /** SHA-256 that the archive has to have, as hexadecimal digits. Default: it is unpacked, and its files are compared with their hashes. */
  readonly sha256?: string | undefined;
  /** The file. */
  readonly output: string;
  readonly signal?: AbortSignal;
}

const LARGEST = 512 * 1024 * 1024; // no bundle is larger unpacked

/**
 * Fetches a packed bundle into a file, a piece after another, and says so. The file is there once it is known to be the bundle.
 *
 * @throws {CommandError | BundleError} If it cannot be had or kept, is none, or another; nothing of it is left then.
 */
export async function fetchBundle(url: string, { revision, sha256, output, signal }: FetchWish): Promise<string> {
  const act = `fetch ${shownUri(url)}`;
  const part = `${output}.part`;
  try {
    const { size, hash } = await keep(act, url, { part, signal });
    if (sha256 === undefined) await checkRevision(act, part, revision);
    else if (sha256 !== hash) {
      throw new CommandError(
        `Cannot ${act}: it has SHA-256 ${hash}, and the one of revision ${revision} has ${sha256}. Was it changed in the store? Deploy it again`,
      );
    }
    await Deno.rename(part, output);
    return `Fetched ${shownUri(url)}, revision ${revision}, ${size} bytes`;
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    throw error;
  }
}

async function keep(
  act: string,
  url: string,
  { part, signal }: { readonly part: string; readonly signal: AbortSignal | undefined },
): Promise<{ size: number; hash: string }> {
  const hash = createHash("sha256");
  let size = 0;
  try {
    using file = await Deno.create(part);
    for await (const bytes of await openItem(url, signal === undefined ? {} : { signal }).stream()) {
      if ((size += bytes.length) > LARGEST) throw new CommandError(`Cannot ${act}: it has more than ${LARGEST} bytes`);
      hash.update(bytes);
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    }
    return { size, hash: hash.digest("hex") };
  } catch (error) {
    if (error instanceof StoreError) throw new CommandError(error.message, { cause: error });
    if (error instanceof CommandError || signal?.aborted) throw error;
    throw new CommandError(`Cannot ${act}: it cannot be kept: ${(error as Error).message}`, { cause: error });
  }
}

async function checkRevision(act: string, part: string, revision: string): Promise<void> {
  const found = await packedRevision(act, await Deno.readFile(part));
  if (found === revision) return;
  throw new CommandError(`Cannot ${act}: it has revision ${found}, and ${revision} is deployed. Deploy it again`);
}

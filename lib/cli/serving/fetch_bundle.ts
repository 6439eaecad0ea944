import { packedRevision } from "../../bundle/bundle_archive.ts";
import { StoreError } from "../../errors.ts";
import { openItem } from "../../stores/data_item.ts";
import { shownUri } from "../../stores/remote/shown_uri.ts";
import { CommandError } from "../command.ts";

/** What is fetched. */
export interface FetchWish {
  /** What it has to be. */
  readonly revision: string;
  /** The file. */
  readonly output: string;
  readonly signal?: AbortSignal;
}

const LARGEST = 512 * 1024 * 1024; // no bundle is larger unpacked

/**
 * Fetches a packed bundle into a file; says so.
 *
 * @throws {CommandError | BundleError} If it cannot be had, is none, or another revision; there is no file then.
 */
export async function fetchBundle(url: string, { revision, output, signal }: FetchWish): Promise<string> {
  const act = `fetch ${shownUri(url)}`;
  const packed = await fetched(act, url, signal);
  const found = await packedRevision(act, packed);
  if (found !== revision) {
    throw new CommandError(`Cannot ${act}: it has revision ${found}, and ${revision} is deployed. Deploy it again`);
  }
  await Deno.writeFile(output, packed);
  return `Fetched ${shownUri(url)}, revision ${revision}, ${packed.length} bytes`;
}

async function fetched(act: string, url: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  try {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    for await (const part of await openItem(url, signal === undefined ? {} : { signal }).stream()) {
      parts.push(part as Uint8Array<ArrayBuffer>);
      if ((size += part.length) > LARGEST) throw new CommandError(`Cannot ${act}: it has more than ${LARGEST} bytes`);
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  } catch (error) {
    if (error instanceof StoreError) throw new CommandError(error.message, { cause: error });
    throw error;
  }
}

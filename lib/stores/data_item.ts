/** Bytes behind a URL. */

import { FileItem } from "./file_item.ts";

/** What is known of an item. */
export interface ItemStat {
  readonly kind: "file" | "directory";
  readonly bytes: number;
  readonly modified: Date;
}

/** Which bytes: `from` is the first, `to` is behind the last. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** Bytes behind a URL, or a directory of such. */
export interface DataItem {
  /** Where it is, as its own driver writes it: an absolute path for files. */
  readonly uri: string;
  /** All bytes, or those of a range; a range that ends behind the last byte gives what there is. */
  get(range?: ByteRange): Promise<Uint8Array<ArrayBuffer>>;
  stream(): Promise<ReadableStream<Uint8Array>>;
  /** Replaces the bytes: whoever reads meanwhile sees the old or the new ones, never a half. */
  put(bytes: Uint8Array | string): Promise<void>;
  /** The names in a directory; those of directories end with a slash. */
  list(): AsyncIterable<string>;
  stat(): Promise<ItemStat>;
}

const DRIVERS: Readonly<Record<string, (uri: string) => DataItem>> = {
  file: (uri) => new FileItem(new URL(uri)),
};

/**
 * Opens an item by its URL; a plain path is a file. Nothing is read yet.
 *
 * @throws {TypeError} If no driver knows the scheme.
 */
export function openItem(uri: string): DataItem {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(uri)?.[1]?.toLowerCase();
  if (scheme === undefined) return new FileItem(uri);
  const open = DRIVERS[scheme];
  if (open === undefined) {
    throw new TypeError(
      `Cannot open "${uri}": there is no store for ${scheme}:, only plain paths and ${
        Object.keys(DRIVERS).join(":, ")
      }:`,
    );
  }
  return open(uri);
}

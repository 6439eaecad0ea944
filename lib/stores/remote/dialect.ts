/** How one kind of store is spoken to; `RemoteItem` does the rest. */

import type { ByteRange, ItemStat } from "../data_item.ts";

/** What is asked of a store. */
export type Act =
  | { readonly kind: "read"; readonly range: OpenRange | undefined }
  | { readonly kind: "write"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "look" }
  | { readonly kind: "list"; readonly marker: string | undefined; readonly most?: number };

/** A range whose end may be the last byte. */
export interface OpenRange extends Pick<ByteRange, "from"> {
  readonly to: number | undefined;
}

/** A request that is ready to be sent. */
export interface StoreRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body?: Uint8Array<ArrayBuffer>;
}

/** Some of what a directory holds. */
export interface Page {
  /** Names within the directory; those of directories end with a slash. */
  readonly names: readonly string[];
  /** What to ask the next page with; undefined: this is the last. */
  readonly next: string | undefined;
}

/** One item of a store. */
export interface Dialect {
  /** The item's URL without secrets. */
  readonly uri: string;
  /** Where it is asked for: at which endpoint, of which account. One URL may mean several. No word of it is told or written down. */
  readonly place: string;
  /** What to do where the store refuses. */
  readonly cure: string;
  /** Makes a request, signed where the store wants it; asked anew for each try. */
  request(act: Act): StoreRequest | Promise<StoreRequest>;
  /** What an answer to `look` says of the item. */
  stat(answer: Response): ItemStat | Promise<ItemStat>;
  /** Which version the bytes of an answer to `read` are, in the words of `stat`. Default: what its headers say. */
  version?(answer: Response): string | undefined;
  /** What an answer to `list` says; absent where the store cannot list. */
  page?(text: string): Page;
  /** Whether an answer of status 3xx leads elsewhere. */
  readonly followsRedirects?: boolean;
  /**
   * Whether it is a web server: an answer to HEAD may say a length of 0 for what is not empty, and bytes that it packs on the way are not
   * those that it has. A store gives what was put, also where that was packed.
   */
  readonly isWeb?: boolean;
}

/** The header of a range. */
export function rangeHeader({ from, to }: OpenRange): string {
  return `bytes=${from}-${to === undefined ? "" : to - 1}`;
}

/** Each part of a key as a URL holds it: S3 and others want everything encoded but letters, digits and `-._~`. */
export function encodeKey(key: string): string {
  return key.split("/").map(encodePart).join("/");
}

/** As `encodeURIComponent`, with what that leaves. */
export function encodePart(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** What the headers of an answer say of an item. */
export function statOfHeaders(headers: Headers): ItemStat {
  const [length, modified] = [headers.get("content-length"), headers.get("last-modified")];
  const time = modified === null ? NaN : Date.parse(modified);
  const bytes = length === null ? NaN : Number(length);
  const version = versionOfHeaders(headers);
  return {
    kind: "file",
    bytes,
    modified: new Date(Number.isNaN(time) ? 0 : time),
    ...(version === undefined ? {} : { version }),
  };
}

/** Which version the headers of an answer tell: by a tag, else by the time it was written. */
export function versionOfHeaders(headers: Headers): string | undefined {
  const modified = headers.get("last-modified");
  const written = modified === null || Number.isNaN(Date.parse(modified)) ? undefined : modified;
  return headers.get("etag") ?? (written && `${written} ${headers.get("content-length") ?? ""}`);
}

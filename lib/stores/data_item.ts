/** Bytes behind a URL. */

import { StoreError } from "../errors.ts";
import { FileItem } from "./file_item.ts";
import type { ItemOptions } from "./item_options.ts";
import { MemoryItem } from "./memory_item.ts";
import { ArtifactItem } from "./remote/artifact_item.ts";
import { AzureDialect } from "./remote/azure_dialect.ts";
import { GoogleDialect } from "./remote/google_dialect.ts";
import { HttpDialect } from "./remote/http_dialect.ts";
import { RemoteItem } from "./remote/remote_item.ts";
import { S3Dialect } from "./remote/s3_dialect.ts";
import { shownUri } from "./remote/shown_uri.ts";
import { V3ioDialect } from "./remote/v3io_dialect.ts";

/** What is known of an item. */
export interface ItemStat {
  /** What it is; a store without directories has one where names begin with this one and a slash. */
  readonly kind: "file" | "directory";
  /** How many bytes it has; NaN where the store does not say; 0 for a directory. */
  readonly bytes: number;
  /** When it was written; the year 1970 where nobody says. */
  readonly modified: Date;
  /** Another text for other bytes (an ETag, a generation); undefined where nobody says. */
  readonly version?: string;
  /** The MD5 of its bytes as hexadecimal digits, where the store tells it. */
  readonly md5?: string;
}

/** Which bytes: `from` is the first, `to` is behind the last. */
export interface ByteRange {
  /** The first byte, from 0. */
  readonly from: number;
  /** The one behind the last. */
  readonly to: number;
}

/** Bytes behind a URL, or a directory of such. */
export interface DataItem {
  /** Where it is, as its own driver writes it, without secrets: an absolute path for files. */
  readonly uri: string;
  /** A mark of where a store is asked for it: the same `uri` is another thing at another endpoint, and of another account. */
  readonly place?: string;
  /** All bytes, or those of a range; a range that ends behind the last byte gives what there is. */
  get(range?: ByteRange): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * All bytes, one piece after another; a stream that is left is cancelled.
   *
   * @param told Gets the version of just these bytes, where a store tells it with them.
   */
  stream(told?: (version: string) => void): Promise<ReadableStream<Uint8Array>>;
  /** Replaces the bytes: whoever reads meanwhile sees the old or the new ones, never a half. */
  put(bytes: Uint8Array | string): Promise<void>;
  /** The names in a directory; those of directories end with a slash. */
  list(): AsyncIterable<string>;
  /** What is known of it. */
  stat(): Promise<ItemStat>;
}

type Open = (uri: string, options: ItemOptions) => DataItem;

const DRIVERS: Readonly<Record<string, Open>> = {
  file: (uri) => new FileItem(new URL(uri)),
  memory: (uri) => new MemoryItem(uri),
  http: (uri, options) => new RemoteItem(new HttpDialect(uri, options), options),
  https: (uri, options) => new RemoteItem(new HttpDialect(uri, options), options),
  s3: (uri, options) => new RemoteItem(new S3Dialect(uri, options), options),
  gs: (uri, options) => new RemoteItem(new GoogleDialect(uri, options), options),
  az: (uri, options) => new RemoteItem(new AzureDialect(uri, options), options),
  v3io: (uri, options) => new RemoteItem(new V3ioDialect(uri, options), options),
  store: (uri, options) => new ArtifactItem(uri, options, (target) => openItem(target, withoutEndpoint(options))),
};
/** Other names of the same stores. */
const ALIASES: Readonly<Record<string, string>> = {
  gcs: "gs",
  wasb: "az",
  wasbs: "az",
  abfs: "az",
  abfss: "az",
  v3ios: "v3io",
};

/**
 * Opens an item by its URL; a plain path is a file. Nothing is read yet.
 *
 * | URL | store | credentials |
 * | --- | --- | --- |
 * | path, `file:` | this machine | |
 * | `memory://NAME` | this program | |
 * | `http(s)://…` | a web server | user and password in the URL, `headers` |
 * | `s3://BUCKET/KEY` | S3 and what speaks like it | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, or a role by a token of Kubernetes, or a container's; `AWS_ENDPOINT_URL`, `AWS_REGION` |
 * | `gs://BUCKET/KEY` | Google's | `GOOGLE_APPLICATION_CREDENTIALS`, `GOOGLE_ACCESS_TOKEN`; `STORAGE_EMULATOR_HOST` |
 * | `az://CONTAINER/KEY`, `wasbs://CONTAINER@HOST/KEY` | Azure's | `AZURE_STORAGE_CONNECTION_STRING`, or `AZURE_STORAGE_ACCOUNT` with `AZURE_STORAGE_KEY` or `AZURE_STORAGE_SAS_TOKEN` |
 * | `v3io:///CONTAINER/PATH` | Iguazio's | `V3IO_ACCESS_KEY`; `V3IO_API` |
 * | `store://…` | what MLRun has logged | `MLRUN_DBPATH`, `MLRUN_AUTH_TOKEN` or `V3IO_ACCESS_KEY` |
 *
 * Errors of stores are a `StoreError`; for files those of Deno.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert/strict";
 * import { openItem } from "levada";
 *
 * const item = openItem("memory://notes/today");
 * await item.put("write docs");
 * strictEqual(new TextDecoder().decode(await item.get({ from: 0, to: 5 })), "write");
 * ```
 *
 * @throws {TypeError} If no driver knows the scheme, or the URL is none for it.
 * @throws {SecretError} If a secret's file is named and is not there.
 */
export function openItem(uri: string, options: ItemOptions = {}): DataItem {
  const scheme = schemeOf(uri);
  if (scheme === undefined) return new FileItem(uri);
  const open = DRIVERS[ALIASES[scheme] ?? scheme];
  if (open === undefined) {
    throw new TypeError(
      `Cannot open "${shownUri(uri)}": there is no store for ${scheme}:, only plain paths and ${
        Object.keys(DRIVERS).join(":, ")
      }:`,
    );
  }
  return open(uri, options);
}

/** Whether a URL means a file of this machine; a plain path does. */
export function isLocal(uri: string): boolean {
  return [undefined, "file"].includes(schemeOf(uri));
}

/** Whether there is nothing where an item was looked for. */
export function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || (error instanceof StoreError && error.reason === "missing");
}

/** Whether a store does not answer, now. */
export function isAway(error: unknown): error is StoreError {
  return error instanceof StoreError && ["unreachable", "timeout"].includes(error.reason);
}

function schemeOf(uri: string): string | undefined {
  return /^([a-z][a-z0-9+.-]+):/i.exec(uri)?.[1]?.toLowerCase(); // two letters at least: C: is a disk
}

function withoutEndpoint({ endpoint: _, ...options }: ItemOptions): ItemOptions {
  return options;
}

import { shownUri } from "./shown_uri.ts";

/** Where an item lies in a store of buckets. */
export interface BucketPath {
  readonly bucket: string;
  /** Behind the bucket, without a slash in front; empty: the bucket. */
  readonly key: string;
}

/**
 * Takes `scheme://bucket/key` apart. A key is text as it stands: nothing in it is decoded, and `?` and `#` belong to it.
 *
 * @throws {TypeError} If it names no bucket, or a key leads upwards.
 */
export function bucketPath(uri: string, noun = "bucket"): BucketPath {
  const [, bucket = "", key = ""] = /^[a-z0-9+]+:\/\/([^/]*)\/*(.*)$/is.exec(uri) ?? [];
  const wrong = bucket === ""
    ? `it names no ${noun}`
    : !/^[\w$][\w.$-]*$/.test(bucket)
    ? `"${bucket.slice(bucket.lastIndexOf("@") + 1)}" is no name of a ${noun}`
    : key.split("/").some((part) => part === ".." || part === ".")
    ? "its path has parts that lead elsewhere"
    : undefined;
  if (wrong !== undefined) throw new TypeError(`Cannot open "${shownUri(uri)}": ${wrong}`);
  return { bucket, key };
}

/** What stands before the names in a directory. */
export function prefixOf(key: string): string {
  return key === "" || key.endsWith("/") ? key : `${key}/`;
}

import { deepStrictEqual, throws } from "node:assert/strict";
import { bucketPath } from "../../../../../lib/stores/remote/bucket_path.ts";

Deno.test("bucketPath() takes a key as it stands", () => {
  deepStrictEqual(bucketPath("s3://b-1.x/a/b%20c?d#e"), { bucket: "b-1.x", key: "a/b%20c?d#e" });
  deepStrictEqual(bucketPath("s3://b"), { bucket: "b", key: "" });
  deepStrictEqual(bucketPath("s3://b//a//b/"), { bucket: "b", key: "a//b/" });
});

Deno.test("bucketPath() refuses what names no bucket, or leads elsewhere", () => {
  for (
    const uri of [
      "s3://",
      "s3:///a",
      "s3:a",
      "s3://id:key@b/a",
      "s3://b?x/a",
      "s3://../a",
      "s3://b/../a",
      "s3://b/a/./c",
      "s3://b\0/a",
    ]
  ) {
    throws(() => bucketPath(uri), { name: "TypeError", message: /^Cannot open "/ });
  }
});

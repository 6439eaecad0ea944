import { deepStrictEqual, rejects } from "node:assert/strict";
import { gunzip, gzip } from "../../../../../lib/image/layer/gzip.ts";

Deno.test("gunzip() unpacks no more than it may", async () => {
  const packed = await gzip(new Uint8Array(1_000_000)); // a thousandth of it
  deepStrictEqual((await gunzip("try", packed, 1_000_000)).length, 1_000_000);
  await rejects(gunzip("try", packed, 999_999), {
    name: "ImageError",
    message: "Cannot try: what is unpacked has more than 999999 bytes",
  });
});

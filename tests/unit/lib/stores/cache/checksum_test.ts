import { strictEqual, throws } from "node:assert/strict";
import { Checksum, hashFile } from "../../../../../lib/stores/cache/checksum.ts";

Deno.test("Checksum reads what says which kind it is, and digits alone by their number", () => {
  const digits = "5eb63bbbe01eeed093cb22bb8f5acdc3";
  for (const text of [digits, `md5:${digits}`, `MD5=${digits.toUpperCase()}`, ` ${digits} `]) {
    strictEqual(String(new Checksum(text)), `md5:${digits}`);
  }
  strictEqual(new Checksum("a".repeat(40)).algorithm, "sha1");
  strictEqual(new Checksum(`sha-256:${"a".repeat(64)}`).algorithm, "sha256");
});

Deno.test("Checksum refuses what is none", () => {
  for (
    const text of [
      "",
      "sha256:",
      "sha256:abc",
      "md5:xyz",
      "crc32:12345678",
      "abc",
      `sha256:${"a".repeat(32)}`,
      "a".repeat(1e6),
    ]
  ) {
    throws(() => new Checksum(text), { name: "TypeError", message: /^Cannot read checksum/ });
  }
});

Deno.test("hashFile() hashes a file of several pieces", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, new Uint8Array(3_000_000));
    const { bytes, digests } = await hashFile(path, ["md5", "sha256"]);
    strictEqual(bytes, 3_000_000);
    strictEqual(
      digests.sha256,
      new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(3_000_000))).toHex(),
    );
  } finally {
    await Deno.remove(path);
  }
});

import { strictEqual } from "node:assert/strict";
import { imageType } from "../../../../kernel/show/image.ts";

Deno.test("imageType() knows pictures by their first bytes", () => {
  strictEqual(imageType(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)), "image/png");
  strictEqual(imageType(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)), "image/jpeg");
  strictEqual(imageType(new TextEncoder().encode("GIF89a")), "image/gif");
  for (const bytes of [[], [0x89], [0xff, 0xd8], [1, 2, 3]]) strictEqual(imageType(Uint8Array.from(bytes)), undefined);
});

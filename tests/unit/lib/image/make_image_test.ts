import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { makeImage } from "../../../../lib/image/make_image.ts";
import { smallImage } from "../../../support/small_image.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

Deno.test("makeImage() is the same each time, says when it was told to, and stands on what lies below", async () => {
  await using folder = await temporaryFolder();
  const { image, blobs } = await smallImage(folder.path);
  strictEqual(image.descriptor.digest, (await smallImage(folder.path)).image.descriptor.digest);
  strictEqual(image.config.created, "1970-01-01T00:00:00Z");
  const base = { config: image.config, layers: image.manifest.layers };
  const run = { Env: ["NAME=other", "MORE=1"], Labels: { more: "1" } };
  const above = await makeImage({ base, layers: [], run, created: new Date(1e12) }, blobs);
  strictEqual(above.config.created, "2001-09-09T01:46:40Z");
  deepStrictEqual(above.config.rootfs, image.config.rootfs);
  deepStrictEqual(above.config.config, { Env: ["NAME=other", "MORE=1"], Labels: { title: "small", more: "1" } });
  deepStrictEqual(above.manifest.layers, image.manifest.layers);
  strictEqual(above.config.history?.length, 2);
});

import { deepStrictEqual, rejects } from "node:assert/strict";
import { join } from "node:path";
import { writeLayout } from "../../../../lib/image/layout.ts";
import { smallImage } from "../../../support/small_image.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

const NAME = "registry.example.com/team/small:1.2";

Deno.test("writeLayout() leaves other images of a folder there with all that they need, and replaces its own", async () => {
  await using folder = await temporaryFolder();
  const { image, blobs } = await smallImage(folder.path);
  const other = await smallImage(folder.path, ["three"]);
  const third = await smallImage(folder.path, ["four"]);
  const path = join(folder.path, "layout");
  await writeLayout(other.image, path, { name: "registry.example.com/others/cart:9", blobs });
  const index = join(path, "index.json");
  const listed = async () => JSON.parse(await Deno.readTextFile(index)).manifests;
  const [{ annotations: _, ...bare }] = await listed();
  const theirs = { ...bare, annotations: { "org.opencontainers.image.ref.name": "9" } }; // as skopeo writes it
  await Deno.writeTextFile(index, JSON.stringify({ schemaVersion: 2, manifests: [theirs] }));
  await Deno.writeTextFile(join(path, "blobs/sha256", "0".repeat(64)), "of nobody");
  const before = await Array.fromAsync(Deno.readDir(join(path, "blobs/sha256")), ({ name }) => name);

  await writeLayout(third.image, path, { name: NAME.replace("1.2", "1.1"), blobs });
  await writeLayout(image, path, { name: NAME, blobs });
  const { config, layers } = image.manifest;
  const own = [image.descriptor, config, ...layers].map(({ digest }) => digest.replace("sha256:", ""));
  const after = await Array.fromAsync(Deno.readDir(join(path, "blobs/sha256")), ({ name }) => name);
  deepStrictEqual(after.sort(), [...new Set([...before, ...own])].sort());
  deepStrictEqual((await listed()).map(({ digest }: { digest: string }) => digest), [
    other.image.descriptor.digest,
    image.descriptor.digest,
  ]);

  await rejects(writeLayout(image, path, { name: "registry.example.com/team/small:9", blobs }), {
    name: "ImageError",
    message: /: it has another image that is called "9" there\. Give another tag, -t, or another folder$/,
  });
  await Deno.writeTextFile(index, "[]");
  await rejects(writeLayout(image, path, { name: NAME, blobs }), { message: /its index\.json is none of images/ });
});

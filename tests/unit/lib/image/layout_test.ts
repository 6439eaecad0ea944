import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { BlobStore } from "../../../../lib/image/blob_store.ts";
import { readBase } from "../../../../lib/image/base/read_base.ts";
import { gzip } from "../../../../lib/image/layer/gzip.ts";
import { writeTar } from "../../../../lib/image/layer/write_tar.ts";
import { writeLayout } from "../../../../lib/image/layout.ts";
import { smallImage } from "../../../support/small_image.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

const NAME = "registry.example.com/team/small:1.2";

Deno.test("writeLayout() writes a folder or one file that readBase() reads, and replaces what it wrote", async () => {
  await using folder = await temporaryFolder();
  const { image, blobs } = await smallImage(folder.path);
  const other = await smallImage(folder.path, ["three"]);
  const to = (name: string) => join(folder.path, name);
  await writeLayout(other.image, to("image"), { name: NAME, blobs });
  await writeLayout(image, to("image"), { name: NAME, blobs });
  await writeLayout(image, to("image.tar"), { name: NAME, blobs });
  await Deno.writeFile(to("image.tar.gz"), await gzip(await Deno.readFile(to("image.tar"))));
  for (const path of ["image", "image.tar", "image.tar.gz"]) {
    const own = new BlobStore(to(`blobs of ${path}`));
    const base = await readBase(to(path), { blobs: own, env: () => undefined });
    deepStrictEqual([base.config, base.layers], [image.config, image.manifest.layers], path);
    for (const { digest } of base.layers) await own.read(digest);
  }
  const files = await Array.fromAsync(Deno.readDir(to("image/blobs/sha256")));
  strictEqual(files.length, 4); // none of the other image's
  const { manifests } = JSON.parse(await Deno.readTextFile(to("image/index.json")));
  deepStrictEqual(manifests[0].annotations, {
    "org.opencontainers.image.ref.name": "1.2",
    "io.containerd.image.name": NAME,
    "levada.dev/made-by": "levada image",
  });
});

Deno.test("writeLayout() writes into no folder with other files", async () => {
  await using folder = await temporaryFolder();
  const { image, blobs } = await smallImage(folder.path);
  await rejects(writeLayout(image, folder.path, { name: NAME, blobs }), {
    name: "ImageError",
    message:
      `Cannot write the image to ${folder.path}: it holds other files. Give a folder that is not there yet, or is empty`,
  });
});

Deno.test("readBase() takes an archive of files as one layer, and refuses what is none, missing or damaged", async () => {
  await using folder = await temporaryFolder();
  const { image, blobs } = await smallImage(folder.path);
  const to = (name: string) => join(folder.path, name);
  const read = (name: string) => readBase(to(name), { blobs, env: () => undefined });
  const tar = await writeTar("try", [{ kind: "file", path: "etc/name", bytes: new Uint8Array([1]) }]);
  await Deno.writeFile(to("root.tar"), tar);
  await Deno.writeFile(to("root.tar.gz"), await gzip(tar));
  const [plain, packed] = [await read("root.tar"), await read("root.tar.gz")];
  deepStrictEqual(plain.config, packed.config);
  strictEqual(plain.layers.length, 1);
  const cases: Readonly<Record<string, readonly [Uint8Array, RegExp]>> = {
    "empty.tar": [await writeTar("try", []), /the archive is empty/],
    "nothing.tar": [new Uint8Array(), /broken, or cut off|is empty/],
    "junk.tar": [new Uint8Array(5_000).fill(9), /broken, or cut off/],
    "cut.tar.gz": [(await gzip(tar)).slice(0, 40), /should be gzip is broken, or cut off/],
  };
  for (const [name, [bytes, message]] of Object.entries(cases)) {
    await Deno.writeFile(to(name), bytes);
    await rejects(read(name), { name: "ImageError", message }, name);
  }
  await rejects(read("gone.tar"), { message: /there is no such file/ });
  await Deno.mkdir(to("folder"));
  await rejects(read("folder"), { message: /it has no file oci-layout/ });
  await writeLayout(image, to("image"), { name: NAME, blobs });
  const [layer] = image.manifest.layers;
  const blob = to(`image/blobs/${layer!.digest.replace(":", "/")}`);
  await Deno.writeTextFile(blob, "damaged");
  await rejects(read("image"), { message: /is another: its 7 bytes are sha256:/ });
  await Deno.remove(blob);
  await rejects(read("image"), { message: /is missing/ });
});

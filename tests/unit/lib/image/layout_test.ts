import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { packTar } from "modern-tar";
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
  const write = (path: string) => writeLayout(image, path, { name: NAME, blobs });
  await Deno.mkdir(join(folder.path, "own"));
  await Deno.writeTextFile(join(folder.path, "own/thesis.txt"), "years of work");
  await rejects(write(join(folder.path, "own")), {
    name: "ImageError",
    message: `Cannot write the image to ${
      join(folder.path, "own")
    }: it holds other files, thesis.txt. Give a folder that is not there yet, or is empty`,
  });
  deepStrictEqual(await namesIn(join(folder.path, "own")), ["thesis.txt"]);
  const file = join(folder.path, "own/thesis.txt");
  await rejects(write(file), { name: "ImageError", message: /: that is a file\. Give a folder; / });
  await rejects(write(join(file, "image")), {
    name: "ImageError",
    message: /^Cannot write the image to .*thesis\.txt/,
  });
});

Deno.test("writeLayout() replaces an archive that it wrote, and no other file", async () => {
  await using folder = await temporaryFolder();
  const { image, blobs } = await smallImage(folder.path);
  const write = (name: string) => writeLayout(image, join(folder.path, name), { name: NAME, blobs });
  await write("image.tar");
  await write("image.tar");
  await Deno.writeTextFile(join(folder.path, "mine.tar"), "years of work");
  await Deno.writeFile(
    join(folder.path, "other.tar"),
    await writeTar("try", [{ kind: "file", path: "index.json", bytes: new TextEncoder().encode('{"manifests":[]}') }]),
  );
  await Deno.mkdir(join(folder.path, "folder.tar"));
  for (const name of ["mine.tar", "other.tar"]) {
    await rejects(write(name), {
      name: "ImageError",
      message: /that file is no image that `levada image` wrote\. Give/,
    });
  }
  strictEqual(await Deno.readTextFile(join(folder.path, "mine.tar")), "years of work");
  await rejects(write("folder.tar"), { name: "ImageError", message: /that is a folder, and \.tar says one file/ });
});

Deno.test("writeLayout() keeps all images of those that write to one folder at once", async () => {
  await using folder = await temporaryFolder();
  const { image, blobs } = await smallImage(folder.path);
  const to = join(folder.path, "image");
  const names = Array.from({ length: 6 }, (_, index) => `a/shop${index}:${index}`);
  await Promise.all(names.map((name) => writeLayout(image, to, { name, blobs })));
  const { manifests } = JSON.parse(await Deno.readTextFile(join(to, "index.json")));
  const told = manifests.map(({ annotations }: { annotations: Record<string, string> }) =>
    annotations["io.containerd.image.name"]
  );
  deepStrictEqual(told.sort(), names);
  deepStrictEqual(await namesIn(to), ["blobs", "index.json", "oci-layout"]);
});

Deno.test("writeLayout() goes on where one was killed before its index was there", async () => {
  await using folder = await temporaryFolder();
  const { image, blobs } = await smallImage(folder.path);
  const to = join(folder.path, "image");
  await Deno.mkdir(join(to, "blobs/sha256"), { recursive: true });
  await Deno.writeTextFile(join(to, "blobs/sha256/half"), "half");
  await rejects(writeLayout(image, to, { name: NAME, blobs }), { message: /it holds other files, blobs/ });
  await Deno.writeTextFile(join(to, ".levada-image"), "123456789\n");
  await writeLayout(image, to, { name: NAME, blobs });
  deepStrictEqual(await namesIn(to), ["blobs", "index.json", "oci-layout"]);
});

/** What lies in a folder. */
async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
}

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
    "out.tar": [
      await packTar([{ header: { name: "../../etc/passwd", size: 2, type: "file" }, body: "hi" }]),
      /Cannot take .*out\.tar as the base: the path "\.\.\/\.\.\/etc\/passwd" leads out of the image/,
    ],
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

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { BlobStore, writeWhole } from "../../../../lib/image/blob_store.ts";
import { digestOf } from "../../../../lib/image/descriptor.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

const BYTES = new Uint8Array([1, 2, 3]);

Deno.test("BlobStore gives what was put, and nothing that is not what its name says", async () => {
  await using folder = await temporaryFolder();
  const store = new BlobStore(folder.path);
  const digest = await store.put(BYTES);
  strictEqual(digest, digestOf(BYTES));
  deepStrictEqual(await store.read(digest), BYTES);
  await Deno.writeFile(join(folder.path, digest.replace(":", "-")), new Uint8Array([1, 2]));
  strictEqual(await store.find(digest), undefined);
  await rejects(store.read(digest), {
    name: "ImageError",
    message: /gone from .*, or was changed. Make the image again$/,
  });
});

Deno.test({
  name: "writeWhole() says that the disk is full, and leaves no part of a file",
  ignore: !await Deno.stat("/dev/full").then(() => true, () => false),
  async fn() {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "disk");
    await Deno.mkdir(path);
    const { success } = await new Deno.Command("mount", {
      args: ["-t", "tmpfs", "-o", "size=64k", "tmpfs", path],
      stderr: "null",
    }).output()
      .catch(() => ({ success: false }));
    if (!success) return console.log("not shown: only root may mount a small disk");
    try {
      await rejects(writeWhole(join(path, "large"), new Uint8Array(1_000_000)), {
        name: "ImageError",
        message: `Cannot write ${path}/large: the disk is full, and it has 1000000 bytes. Make room there`,
      });
      deepStrictEqual(await Array.fromAsync(Deno.readDir(path)), []);
    } finally {
      await new Deno.Command("umount", { args: [path] }).output();
    }
  },
});

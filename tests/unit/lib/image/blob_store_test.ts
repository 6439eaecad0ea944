import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
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

Deno.test("BlobStore takes what is described, piece by piece; more, less and other bytes leave nothing", async () => {
  await using folder = await temporaryFolder();
  const store = new BlobStore(folder.path);
  const wish = { digest: digestOf(BYTES), size: BYTES.length };
  const stream = (...parts: number[][]) => ReadableStream.from(parts.map((part) => new Uint8Array(part)));
  const refused = async (bytes: ReadableStream<Uint8Array<ArrayBuffer>>, message: RegExp) => {
    await rejects(store.take("try", wish, bytes), { name: "ImageError", message });
    deepStrictEqual(await Array.fromAsync(Deno.readDir(folder.path)), []);
  };
  await refused(stream([1, 2], [3, 4]), /^Cannot try: sha256:\w+ has more than the 3 bytes that are said$/);
  await refused(stream([1, 2]), /is another: its 2 bytes are sha256:/);
  await refused(stream([1], [2, 4]), /is another: its 3 bytes are sha256:/);
  strictEqual(await store.has(wish.digest), false);
  await store.take("try", wish, stream([1], [2, 3]));
  strictEqual(await store.has(wish.digest), true);
  deepStrictEqual(await store.read(wish.digest), BYTES);
  await Deno.writeFile(join(folder.path, wish.digest.replace(":", "-")), new Uint8Array([1, 2]));
  strictEqual(await store.has(wish.digest), false);
});

Deno.test("BlobStore takes an endless blob no further than it may be", async () => {
  await using folder = await temporaryFolder();
  let given = 0;
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(out) {
      given += 1;
      out.enqueue(new Uint8Array(65_536));
    },
  });
  const size = 20 * 65_536;
  const taken = new BlobStore(folder.path).take("try", { digest: digestOf(BYTES), size }, endless);
  await rejects(taken, { message: /has more than the 1310720 bytes/ });
  ok(given < 40, `${given} pieces were read`);
});

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { BlobStore } from "../../../../../lib/image/blob_store.ts";
import { digestOf } from "../../../../../lib/image/descriptor.ts";
import type { LayerEntry } from "../../../../../lib/image/layer/entry.ts";
import { gunzip } from "../../../../../lib/image/layer/gzip.ts";
import { makeLayer } from "../../../../../lib/image/layer/make_layer.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const ENTRIES: readonly LayerEntry[] = [{ kind: "file", path: "a", bytes: bytes("one") }, {
  kind: "folder",
  path: "b",
}];
const layerOf = async (
  cache: string,
  entries: readonly LayerEntry[] = ENTRIES,
  inputs: readonly string[] = ["one"],
) => {
  const blobs = new BlobStore(join(cache, "blobs"));
  return {
    blobs,
    layer: await makeLayer({ name: "try", madeBy: "a test", inputs, entries: () => entries }, { cache, blobs }),
  };
};

Deno.test("makeLayer() makes the same bytes in another folder, in another order, whenever that is", async () => {
  await using one = await temporaryFolder();
  await using other = await temporaryFolder();
  const first = await layerOf(one.path);
  const second = await layerOf(other.path, [...ENTRIES].reverse());
  deepStrictEqual(second.layer.descriptor, first.layer.descriptor);
  const packed = await first.blobs.read(first.layer.descriptor.digest);
  strictEqual(first.layer.diffId, "sha256:7924542f3c4bddf977183c3f2caf16b6587e1426ed44bede60d9374d5113c368"); // on no machine, at no time another
  strictEqual(digestOf(await gunzip("try", packed)), first.layer.diffId);
  deepStrictEqual([...packed.subarray(4, 8), packed[9]], [0, 0, 0, 0, 255]); // no time, no system
});

Deno.test("makeLayer() finds what it packed, and packs again where that was damaged", async () => {
  await using folder = await temporaryFolder();
  const { layer } = await layerOf(folder.path);
  ok(!layer.isFound);
  ok((await layerOf(folder.path)).layer.isFound);
  const [blob] = await Array.fromAsync(Deno.readDir(join(folder.path, "blobs")));
  await Deno.writeTextFile(join(folder.path, "blobs", blob!.name), "damaged");
  const again = await layerOf(folder.path);
  ok(!again.layer.isFound);
  deepStrictEqual(again.layer.descriptor, layer.descriptor);
  const [note] = await Array.fromAsync(Deno.readDir(join(folder.path, "layers")));
  await Deno.writeTextFile(join(folder.path, "layers", note!.name), `{"digest":"../../etc/passwd"}`);
  ok(!(await layerOf(folder.path)).layer.isFound);
});

Deno.test("makeLayer() tells a program from a file, a link from another, and content from content", async () => {
  await using folder = await temporaryFolder();
  const variants: readonly LayerEntry[] = [
    { kind: "file", path: "a", bytes: bytes("one") },
    { kind: "file", path: "a", bytes: bytes("one"), isProgram: true },
    { kind: "file", path: "a", bytes: bytes("two") },
    { kind: "link", path: "a", target: "one" },
    { kind: "link", path: "a", target: "two" },
    { kind: "folder", path: "a" },
    { kind: "folder", path: "a", isOpen: true },
  ];
  const digests = new Set<string>();
  for (const one of variants) {
    digests.add((await layerOf(folder.path, [one], [JSON.stringify(one)])).layer.descriptor.digest);
  }
  strictEqual(digests.size, variants.length);
});

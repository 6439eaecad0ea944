import { deepStrictEqual, rejects } from "node:assert/strict";
import { packBundle, unpackBundle } from "../../../../lib/bundle/bundle_archive.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("packBundle() makes the same bytes of the same files, whatever their order, and unpackBundle() the files again", async () => {
  const long = `levada/${"a-folder/".repeat(12)}with-a-name-that-is-long.js`;
  const files: [string, Uint8Array][] = [["code.js", bytes("1")], [long, bytes("2")], ["empty", bytes("")]];
  const packed = await packBundle({ files: new Map(files) });
  deepStrictEqual(await packBundle({ files: new Map(files.toReversed()) }), packed);
  const unpacked = await unpackBundle("open it", packed);
  deepStrictEqual([...unpacked].map(([name, data]) => [name, new TextDecoder().decode(data)]), [
    ["code.js", "1"],
    ["empty", ""],
    [long, "2"],
  ]);
});

Deno.test("unpackBundle() refuses what is no archive, one that is cut off, and files outside of the folder", async () => {
  await rejects(unpackBundle("open it", bytes("no archive")), /Cannot open it: [^]*it is no bundle as \.tar\.gz/);
  const packed = await packBundle({ files: new Map([["code.js", bytes("1".repeat(9_000))]]) });
  await rejects(unpackBundle("open it", packed.slice(0, -20)), /it is no bundle as \.tar\.gz/);
  for (const name of ["../code.js", "a/../../code.js", "/etc/code.js"]) {
    const outside = await packBundle({ files: new Map([[name, bytes("1")]]) });
    await rejects(unpackBundle("open it", outside), /would lie outside of its folder/);
  }
  for (const names of [["a", "a/b"], ["a/b", "a"], ["a/b/c", "a/b", "d"]]) {
    const twice = await packBundle({ files: new Map(names.map((name) => [name, bytes("1")])) });
    await rejects(
      unpackBundle("open it", twice),
      /it is no bundle as \.tar\.gz: a(\/b)? is a file, and a folder of others/,
    );
  }
});

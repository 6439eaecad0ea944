import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { Checksum } from "../../../../../lib/stores/cache/checksum.ts";
import { FolderCache, kindOfArchive } from "../../../../../lib/stores/cache/folder_cache.ts";
import { tarOf } from "../../../../support/archives.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const ITEM = { environment: () => undefined };

Deno.test("FolderCache.unpack() unpacks once, and again where a file is broken", async () => {
  await using folder = await temporaryFolder();
  const archive = `${folder.path}/m.tar`;
  await Deno.writeFile(archive, await tarOf([["model.onnx", "whole"], ["a/b", "x"]]));
  const told: string[] = [];
  const cache = new FolderCache({ folder: folder.path, item: ITEM, say: (_, text) => told.push(text) });
  const unpacked = await cache.unpack(archive, { uri: "m.tar" });
  const inode = (await Deno.stat(`${unpacked}/a/b`)).ino;
  strictEqual(await cache.unpack(archive, { uri: "m.tar" }), unpacked);
  strictEqual((await Deno.stat(`${unpacked}/a/b`)).ino, inode);
  await Deno.writeTextFile(`${unpacked}/model.onnx`, "whol");
  strictEqual(await Deno.readTextFile(`${await cache.unpack(archive, { uri: "m.tar" })}/model.onnx`), "whole");
  deepStrictEqual(told, ['the unpacked file "model.onnx" is broken: it is unpacked anew']);
  await Deno.remove(`${unpacked}/model.onnx`);
  strictEqual(await Deno.readTextFile(`${await cache.unpack(archive, { uri: "m.tar" })}/model.onnx`), "whole");
  await rejects(
    cache.unpack(archive, { uri: "m.tar", checksum: new Checksum("00000000000000000000000000000000") }),
    /Cannot unpack "m.tar": its md5 is/,
  );
});

Deno.test("FolderCache.unpack() leaves nothing of an archive that is refused", async () => {
  await using folder = await temporaryFolder();
  const archive = `${folder.path}/m.tar`;
  await Deno.writeFile(archive, await tarOf([["model.onnx", "whole"], ["../evil", "x"]]));
  await rejects(
    new FolderCache({ folder: folder.path, item: ITEM }).unpack(archive, { uri: "m.tar" }),
    /leads out of the archive/,
  );
  deepStrictEqual(await Array.fromAsync(Deno.readDir(`${folder.path}/stores/halves`)), []);
  await rejects(Deno.stat(`${folder.path}/stores/unpacked`), Deno.errors.NotFound);
});

Deno.test("FolderCache.gather() lays files beside each other", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/one`, "1");
  await Deno.writeTextFile(`${folder.path}/two`, "2");
  const cache = new FolderCache({ folder: folder.path, item: ITEM });
  const files = new Map([["m.onnx", `${folder.path}/one`], ["m.onnx.data", `${folder.path}/two`]]);
  const place = await cache.gather(files);
  strictEqual(await Deno.readTextFile(`${place}/m.onnx`) + await Deno.readTextFile(`${place}/m.onnx.data`), "12");
  const { ino } = await Deno.stat(place);
  strictEqual(await cache.gather(files), place);
  strictEqual((await Deno.stat(place)).ino, ino); // who opens it meanwhile finds it
  await Deno.remove(`${place}/m.onnx`);
  await Deno.writeTextFile(`${place}/m.onnx`, "broken");
  strictEqual(await Deno.readTextFile(`${await cache.gather(files)}/m.onnx`), "1");
});

Deno.test("kindOfArchive() goes by the name", () => {
  deepStrictEqual(
    ["a.zip", "a.TGZ", "a.tar.gz", "a.tar", "a.onnx", "zip", "a.gz"].map(kindOfArchive),
    [".zip", ".tar.gz", ".tar.gz", ".tar", undefined, undefined, undefined],
  );
});

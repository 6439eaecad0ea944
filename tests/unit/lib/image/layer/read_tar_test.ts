import { deepStrictEqual, rejects } from "node:assert/strict";
import { packTar } from "modern-tar";
import type { LayerEntry } from "../../../../../lib/image/layer/entry.ts";
import { readTar } from "../../../../../lib/image/layer/read_tar.ts";
import { writeTar } from "../../../../../lib/image/layer/write_tar.ts";

const LONG = `${"folder/".repeat(40)}file`;
const ENTRIES: readonly LayerEntry[] = [
  { kind: "file", path: "empty", bytes: new Uint8Array(), isProgram: false },
  { kind: "link", path: "link", target: "/some/where" },
  { kind: "file", path: LONG, bytes: new Uint8Array(1_000), isProgram: true },
  { kind: "folder", path: "tmp", isOpen: true },
];

Deno.test("readTar() reads what writeTar() wrote: files, links, folders, long names", async () => {
  const read = await readTar(await writeTar("try", ENTRIES), { act: "try" });
  const kept = read.filter(({ kind, path }) => kind !== "folder" || path === "tmp/");
  deepStrictEqual(kept.map(({ path }) => path), ["empty", LONG, "link", "tmp/"]);
  deepStrictEqual(kept.find(({ path }) => path === LONG), ENTRIES[2]);
});

Deno.test("writeTar() writes the same bytes, in whatever order things come", async () => {
  deepStrictEqual(await writeTar("try", ENTRIES), await writeTar("try", [...ENTRIES].reverse()));
});

Deno.test("readTar() reads a hard link as a file, and refuses one to nothing, devices and pipes", async () => {
  const linked = await packTar([
    { header: { name: "./a", size: 2, type: "file", mode: 0o755 }, body: "hi" },
    { header: { name: "./b", size: 0, type: "link", linkname: "./a" } },
  ]);
  const [, second] = await readTar(linked, { act: "try" });
  deepStrictEqual(second, { kind: "file", path: "b", bytes: new TextEncoder().encode("hi"), isProgram: true });
  for (
    const [type, state] of [["link", /a link to gone/], ["character-device", /a character-device/], [
      "fifo",
      /a fifo/,
    ]] as const
  ) {
    const odd = await packTar([{ header: { name: "odd", size: 0, type, linkname: "gone" } }]);
    await rejects(readTar(odd, { act: "try" }), { name: "ImageError", message: state });
  }
});

Deno.test("readTar() refuses what is broken or cut off, wherever that is", async () => {
  const whole = await writeTar("try", ENTRIES);
  for (const length of [100, 512, 700, whole.length - 1_024, whole.length - 1_536]) {
    await rejects(readTar(whole.slice(0, length), { act: "try" }), {
      name: "ImageError",
      message: /broken, or cut off/,
    }, `${length}`);
  }
  const other = whole.slice();
  other[5]! ^= 1;
  await rejects(readTar(other, { act: "try" }), { name: "ImageError" });
  await rejects(readTar(new Uint8Array(2_048).fill(7), { act: "try" }), { name: "ImageError" });
});

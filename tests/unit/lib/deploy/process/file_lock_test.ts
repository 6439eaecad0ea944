import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { holdFile, ownerOf } from "../../../../../lib/deploy/process/file_lock.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

Deno.test("holdFile() holds a file until it is let go of; ownerOf() tells who does", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "below", "lock");
  strictEqual(await ownerOf(path), undefined);
  const held = await holdFile(path);
  ok(held);
  deepStrictEqual(await ownerOf(path), { pid: Deno.pid });
  strictEqual(await holdFile(path), undefined);
  held[Symbol.dispose]();
  strictEqual(await ownerOf(path), undefined);
});

Deno.test("holdFile() does not hold a file that its owner removed before letting go of it", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "lock");
  for (let round = 0; round < 300; round++) {
    const first = await holdFile(path);
    strictEqual(await first!.isInPlace(), true);
    const waiting = holdFile(path); // it has opened the file, or not yet
    for (let looks = 0; looks < round % 6; looks++) await Promise.resolve();
    Deno.removeSync(path);
    if (round === 0) strictEqual(await first!.isInPlace(), false);
    first![Symbol.dispose]();
    using second = await waiting;
    strictEqual(await second!.isInPlace(), true);
  }
});

Deno.test("holdFile() gets a file of which others only ask who holds it", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "lock");
  await Deno.writeTextFile(path, "");
  using asking = await Deno.open(path);
  await asking.lock(false);
  setTimeout(() => asking.unlockSync(), 30);
  using held = await holdFile(path);
  ok(held);
});

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import {
  FileTickKeeper,
  type KeptTicks,
  MemoryTickKeeper,
  readTicks,
  type TickKeeper,
} from "../../../../lib/triggers/tick_keeper.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

const PLACE = { group: "shop", name: "nightly" };
const counted = (fired: number): KeptTicks => ({
  last: new Date(fired).toISOString(),
  next: new Date(fired + 9).toISOString(),
  fired,
  skipped: 0,
  missed: 0,
});

/** What every keeper does; `others` are those of other processes. */
async function testKeeper(keeper: TickKeeper, others: readonly TickKeeper[]): Promise<void> {
  const all = [keeper, ...others];
  let inside = 0;
  const seen: number[] = [];
  await Promise.all(Array.from({ length: 20 }, (_, index) =>
    all[index % all.length]!.change(PLACE, async (kept) => {
      strictEqual(++inside, 1);
      await Promise.resolve();
      inside--;
      seen.push(kept?.fired ?? 0);
      return counted((kept?.fired ?? 0) + 1);
    })));
  deepStrictEqual(seen, Array.from({ length: 20 }, (_, index) => index));
  await rejects(keeper.change(PLACE, () => Promise.reject(new Error("no broker"))), /no broker/);
  await keeper.change(PLACE, () => Promise.resolve(undefined));
  for (const one of all) {
    await one.change(PLACE, (kept) => {
      deepStrictEqual(kept, counted(20));
      return Promise.resolve(undefined);
    });
  }
}

Deno.test("MemoryTickKeeper.change() is one at a time, and what fails changes nothing", async () => {
  await testKeeper(new MemoryTickKeeper(), []);
});

Deno.test("FileTickKeeper.change() is one at a time for all that have the folder, and what fails changes nothing", async () => {
  await using folder = await temporaryFolder();
  await testKeeper(new FileTickKeeper(folder.path), [new FileTickKeeper(folder.path), new FileTickKeeper(folder.path)]);
  deepStrictEqual(await readTicks(folder.path, PLACE), counted(20));
});

Deno.test("FileTickKeeper.change() begins anew where the file is not what was written", async () => {
  await using folder = await temporaryFolder();
  const keeper = new FileTickKeeper(folder.path);
  await keeper.change(PLACE, () => Promise.resolve(counted(1)));
  await Deno.writeTextFile(join(folder.path, "shop", "nightly.json"), '{"last":"2026-');
  strictEqual(await readTicks(folder.path, PLACE), undefined);
  await keeper.change(PLACE, (kept) => {
    strictEqual(kept, undefined);
    return Promise.resolve(counted(2));
  });
  deepStrictEqual(await readTicks(folder.path, PLACE), counted(2));
});

Deno.test("readTicks() knows nothing of a schedule that has not run", async () => {
  await using folder = await temporaryFolder();
  strictEqual(await readTicks(folder.path, PLACE), undefined);
});

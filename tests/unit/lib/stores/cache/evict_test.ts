import { deepStrictEqual } from "node:assert/strict";
import { evict } from "../../../../../lib/stores/cache/evict.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const DAY_MS = 86_400_000;

async function write(path: string, bytes: number, ageMs: number): Promise<void> {
  await Deno.mkdir(path.replace(/\/[^/]*$/, ""), { recursive: true });
  await Deno.writeFile(path, new Uint8Array(bytes));
  const time = new Date(Date.now() - ageMs);
  await Deno.utime(path, time, time);
  await Deno.utime(path.replace(/\/[^/]*$/, ""), time, time);
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

Deno.test("evict() removes what was used longest ago until the rest fits, and nothing of the last hour", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  await write(`${path}/content/oldest/deep/file`, 100, 5 * DAY_MS);
  await Deno.utime(`${path}/content/oldest`, new Date(0), new Date(0));
  await write(`${path}/unpacked/older/file`, 100, 4 * DAY_MS);
  await write(`${path}/content/old/file`, 100, 3 * DAY_MS);
  await write(`${path}/content/fresh/file`, 500, 60_000);
  const rooms = {
    kept: [`${path}/content`, `${path}/unpacked`, `${path}/gathered`],
    halves: `${path}/halves`,
    index: `${path}/index`,
  };
  await evict(rooms, 650);
  deepStrictEqual([await namesIn(`${path}/content`), await namesIn(`${path}/unpacked`)], [["fresh", "old"], []]);
  await evict(rooms, 10);
  deepStrictEqual(await namesIn(`${path}/content`), ["fresh"]);
});

Deno.test("evict() removes halves of a day, and notes of a month", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  for (
    const [name, age] of [["halves/now", 0], ["halves/old", 2 * DAY_MS], ["index/week.json", 7 * DAY_MS], [
      "index/month.json",
      31 * DAY_MS,
    ]] as const
  ) {
    await write(`${path}/${name}`, 10, age);
  }
  await evict({ kept: [], halves: `${path}/halves`, index: `${path}/index` }, 0);
  deepStrictEqual([await namesIn(`${path}/halves`), await namesIn(`${path}/index`)], [["now"], ["week.json"]]);
});

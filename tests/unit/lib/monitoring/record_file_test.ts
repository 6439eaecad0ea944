import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { RecordFile } from "../../../../lib/monitoring/record_file.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

function records(...texts: string[]) {
  return texts.map((text) => ({ endpoint: "e", text }));
}

async function filesIn(folder: string): Promise<Record<string, string>> {
  const files: [string, string][] = [];
  for await (const { name } of Deno.readDir(folder)) files.push([name, await Deno.readTextFile(`${folder}/${name}`)]);
  return Object.fromEntries(files.sort());
}

Deno.test("RecordFile.write() appends a line a record, also to what was there", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/deep/records.jsonl`;
  await new RecordFile(path, { maxFileBytes: 1_000, keptFiles: 1 }).write(records("1", "2"));
  await new RecordFile(`file://${path}`, { maxFileBytes: 1_000, keptFiles: 1 }).write(records("3"));
  strictEqual(await Deno.readTextFile(path), "1\n2\n3\n");
});

Deno.test("RecordFile.write() puts full files aside and keeps so many of them", async () => {
  await using folder = await temporaryFolder();
  const write = async (name: string, keptFiles: number) => {
    const file = new RecordFile(`${folder.path}/${name}`, { maxFileBytes: 4, keptFiles });
    for (const record of ["aaa", "bbb", "ccc", "ddd"]) await file.write(records(record));
  };
  await write("two", 2);
  await write("none", 0);
  deepStrictEqual(await filesIn(folder.path), { "none": "ddd\n", "two": "ddd\n", "two.1": "ccc\n", "two.2": "bbb\n" });
});

Deno.test("RecordFile refuses what is on no disk here, and fails where it cannot write", async () => {
  await using folder = await temporaryFolder();
  throws(() => new RecordFile("https://elsewhere/records", { maxFileBytes: 4, keptFiles: 1 }), TypeError);
  await rejects(
    new RecordFile(folder.path, { maxFileBytes: 1e9, keptFiles: 1 }).write(records("1")),
    /Cannot append to/,
  );
});

Deno.test("RecordFile.write() loses nothing where several processes write and put aside at the same time", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/shared`;
  const writers = Array.from({ length: 8 }, () => new RecordFile(path, { maxFileBytes: 200, keptFiles: 1_000 }));
  await Promise.all(writers.map(async (file, writer) => {
    for (let n = 0; n < 20; n++) await file.write(records(`${writer}-${n}`));
  }));
  const lines = Object.values(await filesIn(folder.path)).join("").trim().split("\n");
  strictEqual(new Set(lines).size, 160);
  strictEqual(lines.length, 160);
});

Deno.test("RecordFile.write() waits for whoever puts the file aside, and does not do it once more", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/shared`;
  await Deno.writeTextFile(path, "full\n");
  const other = await Deno.open(path, { read: true });
  await other.lock(true); // as another process does
  const writing = new RecordFile(path, { maxFileBytes: 4, keptFiles: 3 }).write(records("mine"));
  for (let look = 0; look < 100; look++) await Deno.stat(folder.path); // time for a writer that does not wait
  await Deno.rename(path, `${path}.1`);
  await Deno.writeTextFile(path, "abc\n");
  other.close();
  await writing;
  deepStrictEqual(await filesIn(folder.path), { "shared": "abc\nmine\n", "shared.1": "full\n" });
});

Deno.test("RecordFile.open() makes a file that only its owner may read, and fails where it may not write", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/records.jsonl`;
  const file = new RecordFile(path, { maxFileBytes: 4, keptFiles: 1 });
  await file.open();
  strictEqual(await Deno.readTextFile(path), "");
  await file.write(records("aaaa"));
  await file.write(records("b"));
  for (const name of [path, `${path}.1`]) strictEqual((await Deno.stat(name)).mode! & 0o777, 0o600, name);
  await rejects(new RecordFile(folder.path, { maxFileBytes: 4, keptFiles: 1 }).open(), /Cannot append to/);
});

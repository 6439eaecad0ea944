import { deepStrictEqual, rejects } from "node:assert/strict";
import { openDatabase } from "../../../../lib/stores/database.ts";
import { temporaryFolder } from "../../../support/temporary_folder.ts";

async function count(path: string): Promise<unknown> {
  await using database = await openDatabase(path);
  return (await (await database.connect()).runAndReadAll("SELECT count(*) FROM t")).getRows()[0]![0];
}

async function withTable(folder: string): Promise<string> {
  const path = `${folder}/new/t.duckdb`;
  await using database = await openDatabase(path, "write");
  await (await database.connect()).run("CREATE TABLE t AS SELECT range AS n FROM range(100000)");
  return path;
}

Deno.test("openDatabase() makes a file and its folder to write, and opens it again to read", async () => {
  await using folder = await temporaryFolder();
  deepStrictEqual(await count(await withTable(folder.path)), 100000n);
});

Deno.test("openDatabase() shares a file within the program, whatever its name, and closes it with the last user", async () => {
  await using folder = await temporaryFolder();
  const path = await withTable(folder.path);
  await Deno.symlink(path, `${folder.path}/link`);
  const writer = await openDatabase(path, "write");
  await (await writer.connect()).run("INSERT INTO t VALUES (1)");
  deepStrictEqual(await count(`${folder.path}/link`), 100001n);
  await writer.close();
  await writer.close();
  const reader = await openDatabase(path); // to read only: it was closed in between
  await rejects((await reader.connect()).run("INSERT INTO t VALUES (1)"), /read-only/);
  await rejects(openDatabase(path, "write"), { name: "DataError", message: /this program is reading it/ });
  await reader.close();
});

Deno.test("openDatabase() closes while a query has rows left", async () => {
  await using folder = await temporaryFolder();
  const path = await withTable(folder.path);
  const reader = await openDatabase(path);
  await (await (await reader.connect()).stream("SELECT * FROM t")).fetchChunk();
  await reader.close();
  await using writer = await openDatabase(path, "write");
  await (await writer.connect()).run("DROP TABLE t");
});

Deno.test("openDatabase() says what is in the way, and can be asked again", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/t.duckdb`;
  await rejects(openDatabase(path), {
    name: "DataError",
    message: `Cannot open database "${path}" to read: there is no such file`,
  });
  await rejects(openDatabase(folder.path), /it is a directory/);
  await Deno.writeTextFile(path, "this is no database, whatever its name says".repeat(100));
  for (let time = 0; time < 2; time++) {
    await rejects(openDatabase(path, "write"), {
      name: "DataError",
      message: /Cannot open database ".*not a valid DuckDB/,
    });
  }
  await Deno.remove(path);
  await (await openDatabase(path, "write")).close();
  await Deno.writeTextFile(`${folder.path}/file`, "");
  await rejects(openDatabase(`${folder.path}/file/t.duckdb`, "write"), { name: "DataError" });
});

Deno.test("Database.alone() does one piece of work after another, also after one that fails", async () => {
  await using database = await openDatabase();
  const told: string[] = [];
  const work = (name: string, fails: boolean) => async () => {
    told.push(`${name} begins`);
    await Promise.resolve();
    told.push(`${name} ends`);
    if (fails) throw new Error(name);
  };
  const done = await Promise.allSettled([database.alone(work("a", true)), database.alone(work("b", false))]);
  deepStrictEqual(told, ["a begins", "a ends", "b begins", "b ends"]);
  deepStrictEqual(done.map(({ status }) => status), ["rejected", "fulfilled"]);
});

import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../../../../../lib/streams/local/local_database.ts";
import { readLocalPath } from "../../../../../lib/streams/local/local_path.ts";
import { DrivenStream } from "../../../../../lib/streams/driven_stream.ts";
import { LocalDriver } from "../../../../../lib/streams/local/local_driver.ts";
import { openLocal } from "../../../../../lib/streams/local/open_local.ts";
import { MACHINE_CLOCK } from "../../../../../lib/streams/stream_clock.ts";

/** Runs with a folder of its own. */
async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "levada_streams_" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("openLocal() makes a file a stream, below the folder whatever its name says", () =>
  inFolder(async (folder) => {
    for (const name of ["orders", "shop/orders", "../out", "a/../../b", "ä b*?", ".hidden", "con:c|d"]) {
      const path = `local://${name.replace("?", "%3F")}`;
      await using stream = await openLocal(path, { folder });
      await stream.publish([{ body: name }]);
      strictEqual(await stream.lag("g"), 1);
    }
    const files: string[] = [];
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      if (isDirectory) files.push(...[...Deno.readDirSync(`${folder}/${name}`)].map((file) => `${name}/${file.name}`));
      else files.push(name);
    }
    deepStrictEqual(
      files.sort(),
      [
        "%2E./out.db",
        "%2Ehidden.db",
        "a/%2E.",
        "con%3Ac%7Cd.db",
        "orders.db",
        "shop/orders.db",
        "%C3%A4%20b%2A%253F.db",
      ].sort(),
    );
  }));

Deno.test("openLocal() refuses a path that says what there is not", () =>
  inFolder(async (folder) => {
    const wrong: [string, RegExp][] = [
      ["local://", /it names no stream/],
      ["local:///a", /a part of its name is empty/],
      ["local://a/", /a part of its name is empty/],
      [`local://${"a".repeat(200)}`, /a part of its name is longer than 120 characters/],
      [`local://${"漢".repeat(28)}`, /a part of its name has more than 244 bytes as a file's name/],
      ["local://\ud800", /its name is no whole text/],
      ["local://a?partitions=0", /partitions is 0; give a whole number, 1 to 1024/],
      ["local://a?partitions=many", /partitions is NaN/],
      ["local://a?capacity=1.5", /capacity is 1.5/],
      ["local://a?retention=7", /retention is "7"; give a time as in 90s, 30m, 12h or 7d/],
      ["local://a?create=no", /create is "no"; give true or false/],
      ["local://a?partition=4", /there is no "partition", only "partitions", "capacity", "retention" and "create"/],
      ["local://a?create=false", /there is none, and create is false/],
    ];
    for (const [path, message] of wrong) await rejects(openLocal(path, { folder }), { name: "StreamError", message });
    await rejects(openLocal("local://a", { folder, capacityRecords: 0 }), {
      name: "StreamError",
      message: /capacity is 0/,
    });
    deepStrictEqual([...Deno.readDirSync(folder)], [], "nothing is made for a wrong path");
  }));

Deno.test("openLocal() keeps partitions, and takes another capacity", () =>
  inFolder(async (folder) => {
    await using _first = await openLocal("local://a?partitions=3", { folder });
    await using _same = await openLocal("local://a?partitions=3&capacity=7", { folder });
    await rejects(openLocal("local://a?partitions=4", { folder }), {
      name: "StreamError",
      message: "Cannot open local://a: the stream has 3 partitions already, and keys would move",
    });
    using database = new DatabaseSync(`${folder}/a.db`);
    deepStrictEqual({ ...database.prepare("SELECT * FROM stream").get() }, { capacity: 7, retention_ms: null });
  }));

Deno.test("openLocal() says what is wrong with a file, and leaves it as it is", () =>
  inFolder(async (folder) => {
    const file = `${folder}/a.db`;
    const makers: [(database: DatabaseSync) => void, RegExp][] = [
      [
        (database) => database.exec("PRAGMA user_version = 2"),
        /has schema 2, written by a newer Levada; this one reads 1/,
      ],
      [
        (database) => database.exec("PRAGMA user_version = 0; PRAGMA application_id = 0"),
        /a\.db is a database of something else/,
      ],
      [(database) => database.exec("PRAGMA application_id = 5"), /a\.db is a database of something else/],
    ];
    for (const [spoil, message] of makers) {
      await (await openLocal("local://a", { folder })).close();
      const database = new DatabaseSync(file);
      spoil(database);
      database.close();
      const before = await Deno.readFile(file);
      await rejects(openLocal("local://a", { folder }), { name: "StreamError", message });
      deepStrictEqual(await Deno.readFile(file), before);
      await Deno.remove(file);
    }
    await Deno.writeTextFile(file, "this is no database ".repeat(1_000));
    await rejects(openLocal("local://a", { folder }), {
      name: "StreamError",
      message:
        `Cannot open local://a: it is no database, or damaged. End what uses it, then move the file away, with -wal and -shm beside it, to begin anew (${file})`,
    });
    await rejects(openLocal("local://a/b", { folder: file }), {
      name: "StreamError",
      message: /the folder .* cannot be made: /,
    });
    await Deno.mkdir(`${folder}/b.db`);
    await rejects(openLocal("local://b", { folder }), {
      name: "StreamError",
      message: /it cannot be opened: look at the folder and its rights/,
    });
  }));

Deno.test("Stream.subscribe() reads what is whole of a file that is damaged further on, then says so", () =>
  inFolder(async (folder) => {
    const path = "local://a?partitions=1";
    const stream = await openLocal(path, { folder });
    for (let n = 0; n < 40; n++) {
      await stream.publish(Array.from({ length: 50 }, () => ({ body: new Uint8Array(1_000).fill(7) })));
    }
    await stream.close();
    const file = await Deno.open(`${folder}/a.db`, { write: true });
    const { size } = await file.stat();
    await file.seek(Math.floor(size / 2 / 4_096) * 4_096, Deno.SeekMode.Start);
    await file.write(new Uint8Array(40_960).fill(0xff));
    file.close();
    await using damaged = await openLocal(path, { folder });
    const subscription = await damaged.subscribe({ group: "g" });
    let read = 0;
    await rejects(async () => {
      for await (const { records: { length } } of subscription) read += length;
    }, { name: "StreamError", message: /Cannot read local:\/\/a: it is damaged/ });
    ok(read > 0 && read < 2_000, `${read} records were read`);
  }));

Deno.test("openLocal() says that it may not write where Deno or the system does not let it", () =>
  inFolder(async (folder) => {
    await (await openLocal("local://made", { folder })).close();
    const script = `
      import { openLocal } from ${
      JSON.stringify(new URL("../../../../../lib/streams/local/open_local.ts", import.meta.url).href)
    };
      for (const [path, folder] of ${
      JSON.stringify([["local://made", folder], ["local://new", `${folder}/new`], ["local://any"]])
    }) {
        await openLocal(path, { folder }).catch(({ name, message }) => console.log(name + ": " + message));
      }`;
    const args = [
      "run",
      "--no-config",
      "--quiet",
      "--allow-read",
      `data:text/typescript,${encodeURIComponent(script)}`,
    ];
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    const lines = new TextDecoder().decode(stdout).trim().split("\n");
    strictEqual(lines.length, 3, new TextDecoder().decode(stderr));
    ok(/^StreamError: Cannot open local:\/\/made: .*write access/.test(lines[0]!), lines[0]);
    ok(
      /^StreamError: Cannot open local:\/\/new: the folder .* cannot be made: .*write access/.test(lines[1]!),
      lines[1],
    );
    ok(/^StreamError: Cannot open local:\/\/any: LEVADA_STATE may not be read: /.test(lines[2]!), lines[2]);
    if (Deno.uid() === 0) return; // rights do not bind root
    await Deno.chmod(`${folder}/made.db`, 0o444);
    await Deno.chmod(folder, 0o555);
    try {
      for (const name of ["made", "new"]) {
        await rejects(openLocal(`local://${name}`, { folder }), {
          name: "StreamError",
          message: /rights|may not be written/,
        });
      }
    } finally {
      await Deno.chmod(folder, 0o755);
    }
  }));

Deno.test("LocalDatabase.read() waits for another process that keeps readers out, once, and passes other errors on", () =>
  inFolder(async (folder) => {
    const database = await openDatabase(readLocalPath("local://a", { folder }));
    const timeout = () => (database.prepare("PRAGMA busy_timeout").get() as { timeout: number }).timeout;
    const before = timeout();
    const seen: number[] = [];
    const busy = () => {
      seen.push(timeout());
      throw Object.assign(new Error("database is locked"), { errcode: 5 });
    };
    throws(() => database.read(busy), /database is locked/);
    deepStrictEqual(seen, [before, 2_000]);
    let times = 0;
    strictEqual(database.read(() => times++ === 0 ? busy() : "read"), "read");
    throws(() => database.read(() => database.prepare("SELECT * FROM nowhere")), /no such table/);
    strictEqual(timeout(), before);
    database.close();
  }));

Deno.test("Stream.publish() into a file that may not grow rejects, and keeps nothing of it; what was kept goes on", () =>
  inFolder(async (folder) => {
    const database = await openDatabase(readLocalPath("local://a?partitions=1", { folder }));
    const clock = MACHINE_CLOCK;
    await using stream = new DrivenStream<Uint8Array | string>({
      path: "local://a",
      name: database.name,
      clock,
      openLetters: () => Promise.reject(new Error("nothing is buried here")),
      driver: new LocalDriver({ database, clock, sessionMs: 5_000 }),
    });
    database.connection.exec("PRAGMA max_page_count = 60"); // as a full disk: SQLite gets the same answer
    const subscription = await stream.subscribe({ group: "g" });
    await stream.publish([{ body: "kept" }]);
    const large = Array.from({ length: 300 }, () => ({ body: new Uint8Array(1_000) }));
    await rejects(stream.publish(large), {
      name: "StreamError",
      message: `Cannot publish to local://a: the disk is full (${folder}/a.db); none of the records is kept`,
    });
    strictEqual(await stream.lag("g"), 1);
    await stream.publish([{ body: "small" }]);
    const { value } = await subscription.next();
    deepStrictEqual(value!.records.map(({ body }) => body), ["kept", "small"]);
    await value!.ack();
    strictEqual(await stream.lag("g"), 0);
  }));

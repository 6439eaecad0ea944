import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { openDatabase } from "../../../../../lib/streams/local/local_database.ts";
import { readLocalPath } from "../../../../../lib/streams/local/local_path.ts";
import { openLocal } from "../../../../../lib/streams/local/open_local.ts";
import type { Subscription } from "../../../../../lib/streams/stream.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const LONG_MS = 20_000; // the file is looked at ten times a second
const GONE =
  "the file was moved away, deleted or emptied while it was open: who subscribes again reads the one in its place";

const WAYS: Readonly<Record<string, (file: string) => Promise<void>>> = {
  "moved away": (file) => Deno.rename(file, `${file}.away`),
  "deleted": (file) => Deno.remove(file),
  "cut to nothing": (file) => Deno.truncate(file, 0),
  "another's": async (file) => {
    await Deno.rename(file, `${file}.away`);
    await Deno.copyFile(`${file}.away`, file);
  },
};

for (const [title, spoil] of Object.entries(WAYS)) {
  Deno.test(`a file that is ${title} while streams have it open is told to who waits; they go on in the next`, async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/s.db`;
    await using reader = await openLocal<number>("local://s?partitions=1", { folder: folder.path, sessionMs: 100 });
    await using writer = await openLocal<number>("local://s?partitions=1", { folder: folder.path });
    const subscription = await reader.subscribe({ group: "g" });
    await writer.publish([{ body: 1 }]);
    await (await subscription.next()).value!.ack();
    const waiting = within(subscription.next());
    await spoil(file);
    await rejects(waiting, { name: "StreamError", message: `Cannot read local://s: ${GONE} (${file})` });
    await rejects(within(subscription.next()), { name: "StreamError", message: /^Cannot read local:/ });
    const [again] = await Promise.all([within(reader.subscribe({ group: "g" })), writer.publish([{ body: 2 }])]);
    await readUntil(again, 2);
    await rejects(subscription.next(), { name: "StreamError", message: /it is opened anew. Subscribe again$/ });
    strictEqual(await writer.lag("g"), 0);
  });
}

for (const [title, spoil] of Object.entries(WAYS)) {
  Deno.test(`what is published from the moment on in which the file is ${title} is found by who comes later`, async () => {
    await using folder = await temporaryFolder();
    await using stream = await openLocal<number>("local://s", { folder: folder.path });
    await stream.publish([{ body: 1 }]); // looked at just now
    await spoil(`${folder.path}/s.db`);
    await Promise.all([2, 3].map((body) => stream.publish([{ body }])));
    await using other = await openLocal<number>("local://s", { folder: folder.path });
    const found = await Array.fromAsync(other.look("g"), ({ body }) => body);
    deepStrictEqual(new Set(found.filter((body) => body !== 1)), new Set([2, 3])); // twice where the log beside the file was kept
  });
}

Deno.test("while another keeps an emptied file open there is no stream; it is opened when that has ended", async () => {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/s.db`;
  await using stream = await openLocal<number>("local://s", { folder: folder.path });
  const other = await openDatabase(readLocalPath("local://s", { folder: folder.path }));
  await stream.publish([{ body: 1 }]);
  await Deno.truncate(file, 0);
  await rejects(stream.publish([{ body: 2 }]), {
    name: "StreamError",
    message: `Cannot open local://s: another process keeps it locked (${file})`,
  });
  other.close();
  await stream.publish([{ body: 3 }]);
  strictEqual((await Array.fromAsync(stream.look("g"), ({ body }) => body)).at(-1), 3);
});

Deno.test("a file that comes back is gone on with", async () => {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/s.db`;
  await using stream = await openLocal<number>("local://s", { folder: folder.path, sessionMs: 100 });
  await stream.publish([{ body: 1 }]);
  const subscription = await stream.subscribe({ group: "g", from: "end" });
  const waiting = within(subscription.next());
  await Deno.rename(file, `${file}.away`);
  await rejects(waiting, /moved away/);
  await Deno.rename(`${file}.away`, file);
  await stream.publish([{ body: 2 }]);
  strictEqual(await stream.lag("g"), 1);
  await readUntil(await stream.subscribe({ group: "g" }), 2);
});

async function readUntil(subscription: Subscription<number>, body: number): Promise<void> {
  for (let isFound = false; !isFound;) {
    const delivery = (await within(subscription.next())).value!;
    isFound = delivery.records.some((record) => record.body === body);
    await delivery.ack();
  }
}

/** What never comes is told in words. */
async function within<Value>(promise: Promise<Value>): Promise<Value> {
  const stopping = new AbortController();
  const late = pause(LONG_MS, undefined, stopping).then(() => Promise.reject(new Error("nothing came")), () => promise);
  try {
    return await Promise.race([promise, late]);
  } finally {
    stopping.abort();
  }
}

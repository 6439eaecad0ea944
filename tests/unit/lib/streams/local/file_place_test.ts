import { ok, rejects, strictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { openLocal } from "../../../../../lib/streams/local/open_local.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const LONG_MS = 20_000; // the file is looked at ten times a second
const GONE = "the file was moved away, deleted or emptied while it was open. Open the stream anew";

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
  Deno.test(`a file that is ${title} while a stream has it open is told to who waits, publishes, and asks`, async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/s.db`;
    const reader = await openLocal<number>("local://s", { folder: folder.path });
    const writer = await openLocal<number>("local://s", { folder: folder.path });
    const subscription = await reader.subscribe({ group: "g" });
    await writer.publish([{ body: 1 }]);
    await (await subscription.next()).value!.ack();
    const waiting = within(subscription.next());
    await spoil(file);
    await rejects(waiting, { name: "StreamError", message: `Cannot read local://s: ${GONE} (${file})` });
    await rejects(async () => {
      for (let waited = 0; waited < LONG_MS; waited += 20) {
        await writer.publish([{ body: 2 }]);
        await pause(20);
      }
    }, {
      name: "StreamError",
      message: `Cannot publish to local://s: ${GONE} (${file}); none of the records is kept`,
    });
    await rejects(within(subscription.next()), { name: "StreamError", message: /^Cannot read local:/ });
    await rejects(writer.lag("g"), { name: "StreamError", message: /^Cannot ask for the lag of local:/ });
    await Promise.all([reader.abandon(), writer.close()]);
  });
}

for (const [title, spoil] of Object.entries(WAYS)) {
  Deno.test(`what is published into a file that is ${title} is refused from that moment on`, async () => {
    await using folder = await temporaryFolder();
    await using stream = await openLocal<number>("local://s", { folder: folder.path });
    await stream.publish([{ body: 1 }]); // looked at just now
    await spoil(`${folder.path}/s.db`);
    await rejects(stream.publish([{ body: 2 }]), { name: "StreamError", message: /none of the records is kept$/ });
  });
}

Deno.test("a file that comes back is gone on with", async () => {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/s.db`;
  await using stream = await openLocal<number>("local://s", { folder: folder.path });
  const subscription = await stream.subscribe({ group: "g" });
  const waiting = within(subscription.next());
  await Deno.rename(file, `${file}.away`);
  await rejects(waiting, /moved away/);
  await Deno.rename(`${file}.away`, file);
  for (let waited = 0; waited < LONG_MS; waited += 20) {
    if (await stream.publish([{ body: 1 }]).then(() => true, () => false)) break;
    await pause(20);
  }
  strictEqual(await stream.lag("g"), 1);
  const { value } = await within(subscription.next());
  ok(value!.records.length === 1);
});

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

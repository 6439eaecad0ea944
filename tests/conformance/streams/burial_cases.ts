/** What can be read can be buried, at a real broker. */

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { deadLetterPath } from "../../../lib/streams/dead_letter_path.ts";
import { deadLetters } from "../../../lib/streams/dead_letters.ts";
import { openStream } from "../../../lib/streams/open_stream.ts";
import type { Stream } from "../../../lib/streams/stream.ts";

/** The cases; `streams` is where streams are, with `{name}` in it. */
export function burialCases(streams: string): { readonly title: string; readonly run: () => Promise<void> }[] {
  const newPath = () => streams.replace("{name}", `bury-${crypto.randomUUID()}`);
  return [{
    title: "a poison record as large as the broker takes, with an error as long as you like, is a dead letter",
    async run() {
      const path = newPath();
      await using stream = await openStream<Uint8Array | number>(path);
      const size = await largest(stream);
      const errors = ["no number", "x".repeat(5_000), "漢".repeat(10_000)];
      for (const [body, message] of errors.flatMap((error) => [[new Uint8Array(9), error], [size, error]] as const)) {
        const poison = body instanceof Uint8Array ? body : new Uint8Array(size).fill(1);
        const subscription = await stream.subscribe({ group: "g", from: "end", maxTries: 1, maxRecords: 1 });
        const id = crypto.randomUUID();
        await stream.publish([{ key: "k", id, body: poison }, { key: "k", body: 2 }]);
        await (await next(subscription)).nack(new Error(message));
        const behind = await next(subscription);
        strictEqual(behind.records[0]?.body, 2, "what is behind it comes");
        await behind.ack();
        await subscription.close();
        const letter = await deadLetters<Uint8Array>(path).show(id);
        strictEqual(letter.error?.message[0], message[0]);
        ok(letter.body.length >= poison.length - 4_000, `${letter.body.length} of ${poison.length} bytes are kept`);
        if (letter.body.length < poison.length) match(letter.burial!.cut!, /of \d+ bytes of the body$/);
        deepStrictEqual(letter.body, poison.slice(0, letter.body.length));
      }
    },
  }, {
    title: "the dead letters of who subscribes have their place before a record comes, or it is refused at once",
    async run() {
      const path = newPath();
      await (await openStream(path)).close();
      {
        await using stream = await openStream<number>(`${path}?partitions=4`);
        await stream.publish([{ body: 1 }]);
        await rejects(
          openStream(`${deadLetterPath(path)}?create=false`),
          { name: "StreamError" },
          "who publishes has none",
        );
      }
      {
        await using _ = await openStream(`${deadLetterPath(path)}?partitions=2`);
        await using stream = await openStream<number>(`${path}?partitions=4&create=false`);
        const subscription = await stream.subscribe({ group: "g", maxTries: 1 });
        await (await next(subscription)).nack(new Error("in the letters that are there"));
      }
      strictEqual((await deadLetters(path).list()).length, 1);
      const other = newPath();
      await (await openStream(other)).close();
      {
        await using stream = await openStream<number>(`${other}?create=false`);
        await (await stream.subscribe({ group: "g" })).close();
      }
      await using letters = await openStream(`${deadLetterPath(other)}?create=false`);
      await (await letters.subscribe({ group: "g" })).close();
      await rejects(openStream(`${deadLetterPath(letters.path)}?create=false`), "letters have none until one comes");
      const long = streams.replace(
        "{name}",
        `bury-${crypto.randomUUID()}-${"x".repeat(AT_KAFKA.test(streams) ? 200 : 150)}`,
      );
      await using stream = await openStream<number>(long);
      await rejects(stream.subscribe({ group: "g" }), {
        name: "StreamError",
        message:
          /^Cannot subscribe to .*: its dead letters would have no place\. Cannot open .*-dead-letters: .* at most|200/,
      });
      strictEqual(await stream.lag("g"), 0, "it goes on publishing");
    },
  }];
}

const AT_KAFKA = /^kafka:/; // whose names may have 249 letters; those of others 200

async function next<Item>(items: AsyncIterator<Item>): Promise<Item> {
  return (await items.next()).value;
}

/** The largest body that is taken; 1 MB where 17 are. */
async function largest(stream: Stream<Uint8Array | number>): Promise<number> {
  const isTaken = (size: number) =>
    stream.publish([{ key: "k", id: crypto.randomUUID(), body: new Uint8Array(size) }]).then(() => true, () => false);
  let [taken, refused] = [1_000_000, 17_000_000];
  if (await isTaken(refused)) return taken;
  while (refused - taken > 1) {
    const size = (taken + refused) >> 1;
    if (await isTaken(size)) taken = size;
    else refused = size;
  }
  return taken;
}

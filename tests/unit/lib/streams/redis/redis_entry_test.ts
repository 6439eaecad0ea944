import { Buffer } from "node:buffer";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Answer } from "../../../../../lib/streams/redis/redis_client.ts";
import { readEntry } from "../../../../../lib/streams/redis/redis_entry.ts";

/** An entry as the client gives it: every word a piece of what came over the wire. */
function entryOf(id: string, words: readonly (string | Uint8Array)[]): Answer {
  const wire = Buffer.concat([Buffer.from("wire"), ...words.map((word) => Buffer.from(word as string))]);
  let at = 4;
  const pieces = words.map((word) => wire.subarray(at, at += Buffer.from(word as string).length));
  return [Buffer.from(id), pieces];
}

Deno.test("readEntry() reads each entry for itself, however alike the ones before were", () => {
  const entries: [string, ...string[]][] = [
    [
      "1-0",
      "body",
      "one",
      "key",
      "a",
      "header:x-kind",
      "red",
      "header:levada-id",
      "7d1e3a2c-0000-4000-8000-000000000001",
    ],
    [
      "1-1",
      "body",
      "two",
      "key",
      "b",
      "header:x-kind",
      "rod",
      "header:levada-id",
      "7d1e3a2c-0000-4000-8000-000000000002",
    ],
    [
      "1-2",
      "body",
      "two",
      "key",
      "b",
      "header:x-kind",
      "bod",
      "header:levada-id",
      "7d1e3a2c-0000-4000-8000-000000000002",
    ],
    ["2-0", "body", "", "key", "", "header:x-kind", "", "header:levada-id", ""],
    ["2-1", "key", "body", "body", "key", "header:X-Kind", "red", "header:x-kinds", "red"],
    ["2-2", "body", "one", "header:x-kind", "ré", "header:x-kinds", "\ud83d\udc4d", "key", "c"],
    ["2-3", "body", "one", "header:x-kind", "r", "header:x-kind", "re"],
  ];
  for (const turn of [entries, entries.toReversed()]) {
    for (const [id, ...words] of turn) {
      const fields = words.flatMap((_, at) => at % 2 === 0 ? [[words[at]!, words[at + 1]!]] : []);
      const { bytes, ...rest } = readEntry(entryOf(id, words), 9);
      deepStrictEqual(rest, {
        offset: 9,
        place: id,
        publishedAt: Number(id[0]),
        key: fields.find(([name]) => name === "key")?.[1],
        headers: Object.fromEntries(
          fields.flatMap(([name, value]) => name!.startsWith("header:") ? [[name!.slice(7).toLowerCase(), value]] : []),
        ),
      });
      strictEqual(Buffer.from(bytes).toString(), fields.find(([name]) => name === "body")![1]);
    }
  }
});

Deno.test("readEntry() keeps nothing of what came over the wire but the body", () => {
  const entry = entryOf("1-0", ["header:x-a", "red", "body", "b"]) as [Buffer, Buffer[]];
  deepStrictEqual(readEntry(entry, 0).headers, { "x-a": "red" });
  for (const word of entry[1]) word.fill("z");
  deepStrictEqual(readEntry(entryOf("1-2", ["zzzzzzzzzz", "zzz", "body", "b"]), 2).headers, {});
  deepStrictEqual(readEntry(entryOf("1-1", ["header:x-a", "red", "body", "b"]), 1).headers, { "x-a": "red" });
});

Deno.test("readEntry() gives a body of plain bytes, at the time of its id", () => {
  const { bytes, publishedAt } = readEntry(entryOf("1795688203744-18446744073709551615", ["body", "b"]), 0);
  ok(!Buffer.isBuffer(bytes)); // whose slice() would be no copy
  strictEqual(publishedAt, 1_795_688_203_744);
});

Deno.test("readEntry() gives what another hand wrote without a body as an object of its fields", () => {
  const { bytes, headers, key } = readEntry(
    entryOf("1-0", ["sensor", "a", "value", "21", "key", "k", "header:X-A", "1"]),
    0,
  );
  deepStrictEqual(JSON.parse(new TextDecoder().decode(bytes)), { sensor: "a", value: "21" });
  deepStrictEqual([headers, key], [{ "x-a": "1" }, "k"]);
});

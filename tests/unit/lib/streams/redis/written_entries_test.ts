import { Buffer } from "node:buffer";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { WireRecord } from "../../../../../lib/streams/record.ts";
import { readEntry } from "../../../../../lib/streams/redis/redis_entry.ts";
import { writeEntries } from "../../../../../lib/streams/redis/written_entries.ts";
import { randomBelow } from "../../../../support/random.ts";

type Word = string | Uint8Array;

/** What the script makes of the words: for each record where it goes, and its fields. */
function entriesOf(words: readonly Word[]): { place: string; fields: Word[] }[] {
  let at = 0;
  const next = () => words[at++]!;
  const shapes = Array.from(
    { length: Number(next()) },
    () => Array.from({ length: Number(next()) }, () => `${next()}`),
  );
  const entries = [];
  const bodies = words.at(-1) as Uint8Array;
  let body = 0;
  while (at < words.length - 1) {
    const place = String(next());
    const shape = shapes[Number(next()) - 1]!;
    const bytes = bodies.subarray(body, body += Number(next()));
    entries.push({ place, fields: ["body", bytes, ...shape.map((word) => word === "?" ? next() : word.slice(1))] });
  }
  strictEqual(body, bodies.length);
  return entries;
}

function recordOf(headers: Record<string, string>, key?: string, text = "b"): WireRecord {
  return { key, bytes: new TextEncoder().encode(text), headers };
}

function readAll(records: readonly WireRecord[]): WireRecord[] {
  return entriesOf(writeEntries(records, () => "2")).map(({ fields }) => {
    const { key, bytes, headers } = readEntry(
      [Buffer.from("1-0"), fields.map((word) => Buffer.from(word as string))],
      0,
    );
    return { key, bytes, headers };
  });
}

Deno.test("writeEntries() writes each record as it is, whatever the others are", () => {
  const below = randomBelow(7);
  const names = ["content-type", "levada-id", "x-a", "x-b"];
  const values = ["", "?", "=", "=a", "a", "b", "\ud83d\udc4d"];
  for (let times = 0; times < 300; times++) {
    const records = Array.from({ length: below(12) }, () => {
      const headers: Record<string, string> = {};
      for (const name of names) if (below(4) > 0) headers[name] = values[below(values.length)]!;
      const key = below(3) > 0 ? values[below(values.length)] : undefined;
      return recordOf(headers, key, values[below(values.length)]);
    });
    deepStrictEqual(readAll(records), records);
  }
});

Deno.test("writeEntries() says once what many records share", () => {
  const records = Array.from(
    { length: 100 },
    (_, n) => recordOf({ "content-type": "text/plain", "levada-id": `id ${n}` }, `k${n}`),
  );
  const words = writeEntries(records, ({ key }) => key!.slice(1));
  strictEqual(words.length, 1 + 1 + 6 + 100 * 5 + 1); // place, shape, length, key, id; the bodies
  deepStrictEqual(entriesOf(words).map(({ place }) => place), records.map((_, n) => String(n)));
});

Deno.test("writeEntries() writes none, and one", () => {
  deepStrictEqual(writeEntries([], () => "2"), ["0", new Uint8Array()]);
  ok(!writeEntries([recordOf({ "x-a": "1" }, undefined)], () => "2").includes("=key"));
});

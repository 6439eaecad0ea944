import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { openStream } from "../../../../lib/streams/open_stream.ts";
import { openRecord, sealRecord, sealRecords } from "../../../../lib/streams/record.ts";
import { sealDeadLetter } from "../../../../lib/streams/seal_dead_letter.ts";
import type { NewRecord } from "../../../../lib/streams/stream.ts";
import envelopes from "./envelopes.json" with { type: "json" };

const PLACE = { partition: "1", offset: "7", tries: 1, publishedAt: 1_000 };
const bytes = (text: string) => new TextEncoder().encode(text);
const foreign = (text: string, headers: Record<string, string> = {}, key?: string) =>
  openRecord({ key, bytes: bytes(text), headers }, PLACE);

Deno.test("sealRecord() leaves the body readable to others, and puts everything else into headers of one line", () => {
  const wire = sealRecord({
    body: { n: 1 },
    id: "a\nb 100%",
    key: "k",
    path: "/ü",
    time: new Date(5),
    headers: { "X-A": "1" },
  }, 9);
  deepStrictEqual(new TextDecoder().decode(wire.bytes), '{"n":1}');
  deepStrictEqual(wire.headers, {
    "x-a": "1",
    "content-type": "application/json",
    "levada-envelope": "1",
    "levada-id": "a%0Ab%20100%25",
    "levada-time": "1970-01-01T00:00:00.005Z",
    "levada-path": "/%C3%BC",
  });
});

Deno.test("sealRecord() shares nothing with its caller", () => {
  const body = new Uint8Array([1]);
  const wire = sealRecord({ body }, 0);
  body[0] = 2;
  deepStrictEqual(wire.bytes, new Uint8Array([1]));
});

Deno.test("openRecord() reads records of another hand as far as they go", () => {
  const { id, key, body, time, headers } = foreign('{"n":1}', {}, "k");
  deepStrictEqual({ id, key, body, time, headers: [...headers] }, {
    id: "1-7",
    key: "k",
    body: { n: 1 },
    time: new Date(1_000),
    headers: [],
  });
  strictEqual(foreign("plain text").body, "plain text");
  deepStrictEqual(foreign("4", { "content-type": "text/plain" }).body, "4");
  deepStrictEqual(
    openRecord({ key: undefined, bytes: new Uint8Array([0xff]), headers: {} }, PLACE).body,
    new Uint8Array([0xff]),
  );
  const hostile = foreign("1", {
    "bad name": "x",
    "x-a": "line\nbreak ü\ud800",
    "levada-time": "never",
    "levada-id": "%E0%A4%A",
  });
  deepStrictEqual([...hostile.headers], [["x-a", "line%0Abreak%20%C3%BC%EF%BF%BD"]]);
  deepStrictEqual([hostile.id, hostile.time], ["%E0%A4%A", new Date(1_000)]);
});

Deno.test("openRecord() says why a body is not what its content type says, and gives the bytes", () => {
  const { body, unreadable } = foreign('{"n":', { "content-type": "application/json; charset=utf-8" });
  deepStrictEqual(body, bytes('{"n":'));
  strictEqual(unreadable?.startsWith("not application/json; charset=utf-8: "), true);
  strictEqual(foreign("{}", { "content-type": "application/cloudevents+json" }).unreadable, undefined);
});

Deno.test("openRecord() takes off MLRun's wrapper, but not what only looks like it", () => {
  const { id, key, body } = foreign('{"full_event_wrapper": true, "body": ["x"], "key": 5, "id": "orig"}', {}, "other");
  deepStrictEqual({ id, key, body }, { id: "orig", key: "5", body: ["x"] });
  const bare = foreign('{"full_event_wrapper": true, "body": 0, "key": null}', {}, "k");
  deepStrictEqual([bare.id, bare.key, bare.body], ["1-7", "k", 0]);
  deepStrictEqual(foreign('{"full_event_wrapper": false, "body": 1}').body, { full_event_wrapper: false, body: 1 });
  const own = openRecord(sealRecord({ body: { full_event_wrapper: true, body: 1 }, id: "a" }, 0), PLACE);
  deepStrictEqual([own.id, own.body], ["a", { full_event_wrapper: true, body: 1 }], "a record of ours is as it was");
});

Deno.test("sealRecords() refuses what is no list of records, by index", () => {
  const refused = (records: unknown) => {
    try {
      return sealRecords(records as never, () => 0).length;
    } catch (error) {
      return (error as Error).message;
    }
  };
  deepStrictEqual([undefined, null, "x", { body: 1 }].map(refused), [
    "Cannot publish records: a list is needed, not undefined. Say publish([{ body }])",
    "Cannot publish records: a list is needed, not null. Say publish([{ body }])",
    "Cannot publish records: a list is needed, not string. Say publish([{ body }])",
    "Cannot publish records: a list is needed, not object. Say publish([{ body }])",
  ]);
  deepStrictEqual([[{ body: 1 }, null], [[1]], [{ body: 1, time: "today" }]].map(refused), [
    "Cannot publish the records: the one at index 1 is null, not an object. Say publish([{ body }])",
    "Cannot publish the records: the one at index 0 is a list, not an object. Say publish([{ body }])",
    "Cannot publish the record: its time is no date",
  ]);
  deepStrictEqual(sealRecords([], () => 0), []);
});

Deno.test("Stream.publish() refuses what is no list of records, in every stream of this process", async () => {
  for (const path of ["memory://refuses", "dummy://"]) {
    await using stream = await openStream(path);
    await rejects(stream.publish([null as never]), { name: "StreamError", message: /index 0 is null, not an object/ });
    await rejects(stream.publish("x" as never), { name: "StreamError", message: /a list is needed, not string/ });
  }
});

interface Recorded {
  readonly title: string;
  readonly key?: string;
  readonly headers: Record<string, string>;
  readonly bytes: string;
}

const time = new Date(0);

/** What was published when the envelopes were recorded: before `levada-envelope` was there, and its version 1. */
const PUBLISHED: Readonly<Record<string, NewRecord & { id: string }>> = {
  "plain JSON": {
    id: "näme\n1",
    key: "schlüssel 🗝 100%",
    path: "/v2/models/a b?x=ü",
    time: new Date(1_234_567_890_123),
    headers: { "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "x-mine": "1, 2" },
    body: { text: "línea\nnueva \u2028 🎈", list: [1, null, true, 0.1], $date: 5, deep: { empty: {} } },
  },
  "what looks like a word": { id: "2", time, body: { $date: "2026-01-01T00:00:00.000Z" } },
  "bytes": { id: "3", time, body: new Uint8Array([0, 255, 1]) },
  "an image": { id: "4", time, headers: { "content-type": "image/png" }, body: new Uint8Array([137, 80, 78, 71]) },
  "text": { id: "5", time, headers: { "content-type": "text/plain; charset=utf-8" }, body: "línea" },
  "a type of one's own": { id: "6", time, headers: { "content-type": "application/cloudevents+json" }, body: { a: 1 } },
  "null": { id: "7", time, body: null },
  "what JSON has no word for": {
    id: "8",
    time,
    body: {
      at: new Date(5),
      n: 2n ** 64n,
      map: new Map([["a", new Set([NaN, undefined])]]),
      data: new Float32Array([0.5]),
      like: { $date: 5 },
    },
  },
  "a dead letter": { id: "9", key: "", time, body: [1] },
};
const ERROR = { name: "TypeError", message: "nön\nsense", step: "wörk" };

Deno.test("openRecord() reads the envelopes of every version, as they were recorded", () => {
  for (const [version, records] of Object.entries(envelopes as Record<string, Recorded[]>)) {
    const known = Object.keys(PUBLISHED).filter((title) =>
      version !== "before" || title !== "what JSON has no word for"
    );
    deepStrictEqual(records.map(({ title }) => title), known);
    for (const { title, key, headers, bytes } of records) {
      const got = openRecord({ key, headers, bytes: Uint8Array.fromBase64(bytes) }, PLACE);
      const { id, path, time, body, headers: sent } = PUBLISHED[title]!;
      const { headers: _, burial, replay, ...read } = got;
      const { "content-type": type, ...rest } = Object.fromEntries(got.headers);
      deepStrictEqual([burial?.group, replay], [title === "a dead letter" ? "g" : undefined, undefined]);
      deepStrictEqual(read, {
        id,
        key,
        path,
        time,
        body,
        ...{ partition: "1", offset: "7", tries: 1 },
        unreadable: undefined,
        error: title === "a dead letter" ? ERROR : undefined,
      }, `${title}, ${version}`);
      deepStrictEqual({ "content-type": type, ...rest }, { "content-type": type, ...sent as Record<string, string> });
    }
  }
});

Deno.test("sealRecord() writes version 1 as it was recorded, which those before it read: one header more, and its bytes", () => {
  const { before, 1: one } = envelopes as { before: Recorded[]; 1: Recorded[] };
  for (const { title, headers, bytes, key } of one) {
    const wire = sealRecord(PUBLISHED[title]!, 0);
    const sealed = title === "a dead letter" ? sealDeadLetter(wire, ERROR, "g") : wire;
    deepStrictEqual([sealed.key, sealed.headers, sealed.bytes.toBase64()], [key, headers, bytes], title);
    const old = before.find((record) => record.title === title);
    const { "levada-envelope": version, ...rest } = headers;
    if (old !== undefined) deepStrictEqual([version, rest, bytes], ["1", old.headers, old.bytes], title);
  }
});

Deno.test("openRecord() sets aside what a newer Levada wrote, with what it can tell of it; nothing of it is lost", () => {
  const wire = sealRecord(PUBLISHED["plain JSON"]!, 0);
  for (const version of ["3", "10", "1.5", "x"]) {
    const newer = { ...wire, headers: { ...wire.headers, "levada-envelope": version, "levada-shape": "new" } };
    const { id, path, key, body, unreadable } = openRecord(newer, PLACE);
    deepStrictEqual({ id, path, key, body }, {
      id: "näme\n1",
      path: "/v2/models/a b?x=ü",
      key: "schlüssel 🗝 100%",
      body: wire.bytes,
    });
    strictEqual(
      unreadable,
      `in an envelope of version ${version}, and this Levada knows versions up to 2: read it with a newer one`,
    );
    const letter = sealDeadLetter(newer, ERROR, "g");
    deepStrictEqual([letter.bytes, letter.headers["levada-envelope"], letter.headers["levada-shape"]], [
      wire.bytes,
      version,
      "new",
    ]);
  }
  const words = foreign('{"at":{"$hour":5}}', {
    "content-type": "application/vnd.levada+json",
    "levada-envelope": "1",
  });
  deepStrictEqual([words.body, words.unreadable], [
    bytes('{"at":{"$hour":5}}'),
    "not application/vnd.levada+json: it has \"$hour\", which is none of Levada's words, or a newer one's",
  ]);
});

Deno.test("sealRecord() refuses text with half a character, which bytes do not hold; JSON keeps it", () => {
  const headers = { "content-type": "text/plain" };
  throws(() => sealRecord({ body: "x\ud83d", headers }, 0), { name: "StreamError", message: /half a character/ });
  strictEqual(new TextDecoder().decode(sealRecord({ body: "x\ud83d" }, 0).bytes), String.raw`"x\ud83d"`);
});

Deno.test("sealRecord() says version 2 of a text whose type is another's alone: who knows only version 1 would give bytes", () => {
  const headers = { "content-type": "application/xml" };
  const wire = sealRecord({ body: "<å/>", id: "1", headers, time }, 0);
  deepStrictEqual(wire.bytes, bytes("<å/>"));
  deepStrictEqual(wire.headers, {
    ...headers,
    "levada-envelope": "2",
    "levada-id": "1",
    "levada-time": "1970-01-01T00:00:00.000Z",
    "levada-body": "text",
  });
  deepStrictEqual([openRecord(wire, PLACE).body, foreign("<å/>", headers).body], ["<å/>", bytes("<å/>")]);
  const broken = openRecord({ ...wire, bytes: new Uint8Array([255]) }, PLACE);
  strictEqual(broken.unreadable?.startsWith("not application/xml: "), true);
  const plain = sealRecord({ body: "a", headers: { "content-type": "text/csv" } }, 0);
  deepStrictEqual([plain.headers["levada-envelope"], plain.headers["levada-body"]], ["1", undefined]);
});

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { openStream } from "../../../../lib/streams/open_stream.ts";
import { openRecord, sealDeadLetter, sealRecord, sealRecords } from "../../../../lib/streams/record.ts";

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
    headers: { "x-a": "1", "levada-id": "not mine" },
  }, 9);
  deepStrictEqual(new TextDecoder().decode(wire.bytes), '{"n":1}');
  deepStrictEqual(wire.headers, {
    "x-a": "1",
    "content-type": "application/json",
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

Deno.test("sealDeadLetter() keeps the record and adds what went wrong, however long", () => {
  const wire = sealRecord({ body: 1, key: "k", id: "a" }, 0);
  const error = { name: "Error", message: "ü".repeat(50_000), step: "s\ud800" };
  const letter = openRecord(sealDeadLetter(wire, error, "g"), PLACE);
  deepStrictEqual([letter.id, letter.key, letter.body, letter.error?.step], ["a", "k", 1, "s\ufffd"]);
  strictEqual(letter.error?.message.length, 10_000);
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
    "Cannot publish records: they are undefined, not a list. Say publish([{ body }])",
    "Cannot publish records: they are null, not a list. Say publish([{ body }])",
    "Cannot publish records: they are string, not a list. Say publish([{ body }])",
    "Cannot publish records: they are object, not a list. Say publish([{ body }])",
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
    await rejects(stream.publish("x" as never), { name: "StreamError", message: /they are string, not a list/ });
  }
});

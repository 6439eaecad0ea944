/** What travels beside the body is what was sent, or is refused: cases of the contract of streams. */

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { DeadLetters } from "../../../lib/streams/dead_letters.ts";
import type { Delivery } from "../../../lib/streams/delivery.ts";
import { MOST_HEADERS } from "../../../lib/streams/record_headers.ts";
import type { NewRecord, Stream } from "../../../lib/streams/stream.ts";
import type { StreamCase, StreamLab } from "./contract.ts";

const FOREIGN_HEADERS = 3_000; // at which Headers hold a process up for seconds

/** Names that mean something to a broker, to the language or to HTTP. */
const NAMES: Readonly<Record<string, string>> = {
  ["__proto__"]: "p",
  body: "b",
  constructor: "c",
  key: "k",
  "nats-expected-last-sequence": "99999",
  "nats-msg-id": "m",
  "set-cookie": "a=1",
  "x-empty": "",
  "x-latin": "é",
  "x-list": "a, b",
};

/** Bodies, each with a content type of its own. */
const TYPED: readonly [contentType: string, body: unknown][] = [
  ["application/xml", '<?xml version="1.0"?><å/>'],
  ["application/yaml; charset=utf-8", "\ufeffa: 1\r\n"],
  ["application/octet-stream", ""],
  ["image/svg+xml", "<svg/>"],
  ["x", "1"],
  ["text/csv", "a;b"],
  ["application/json", "1"],
  ["application/problem+json", { title: "x" }],
  ["image/png", new Uint8Array([137, 80])],
  ["application/xml", new Uint8Array([60, 255])],
];

const many = (count: number) => Array.from({ length: count }, (_, n): [string, string] => [`h${n}`, "x"]);
const REFUSED: readonly [record: NewRecord, said: RegExp][] = [
  [{ body: 1, headers: { "Levada-Mine": "m" } }, /its header levada-mine has a name of the envelope \(levada-…\)/],
  [{ body: 1, headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] }, /it has more than one set-cookie/],
  [
    { body: 1, headers: many(129) },
    /it has (129|more than 128) headers, and a record may have 128\. Put what they say/,
  ],
  [{ body: 1, headers: Object.fromEntries(many(5_000)) }, /it has 5000 headers, and a record may have 128/],
  [{ body: 1, headers: new Headers(many(130)) }, /it has more than 128 headers/],
  [
    { body: { a: 1 }, headers: { "content-type": "application/xml" } },
    /it is an object, and its content type is appli/,
  ],
  [{ body: null, headers: { "content-type": "text/plain" } }, /it is null, and its content type is text\/plain\. Publ/],
  [{ body: "\ud800", headers: { "content-type": "application/xml" } }, /half a character/],
  [{ body: new (class Image extends Uint8Array {})(1) }, /\$ is an Image, which would not come out the same/],
  [{ body: Object.assign(new Uint8Array(99), { width: 9 }) }, /\$ is a Uint8Array with names of its own/],
];

/** The cases, for every kind of stream. */
export const HEADER_CASES: readonly StreamCase[] = [
  {
    title: "publish() carries headers of whatever names, as many as there may be",
    async run(open) {
      await using lab = await open();
      await using stream = await lab.open();
      const most = [...many(MOST_HEADERS), ["content-type", "text/plain"], ["traceparent", "t"]] as [string, string][];
      await stream.publish([{ key: "k", body: 1, headers: Object.entries(NAMES) }, {
        key: "k",
        body: "",
        headers: most,
      }]);
      const [one, two] = await read(stream, 2);
      deepStrictEqual(
        [...one!.records[0]!.headers].filter(([name]) => name !== "content-type"),
        Object.entries(NAMES).sort(),
      );
      const { headers, unreadable } = two!.records[0]!;
      deepStrictEqual([[...headers], unreadable], [most.toSorted(([a], [b]) => a < b ? -1 : 1), undefined]);
    },
  },
  {
    title: "publish() keeps the content type of texts and bytes, as a dead letter that is sent again too",
    async run(open) {
      await using lab = await open();
      await using stream = await lab.open();
      const records = TYPED.map(([type, body], n) => ({
        key: "k",
        id: `n${n}`,
        body,
        headers: { "content-type": type },
      }));
      await stream.publish(records);
      const subscription = await stream.subscribe({ group: "g", maxTries: 1, maxRecords: 1 });
      for (const expected of [...records, ...records]) {
        const delivery = (await subscription.next()).value!;
        const [{ id, body, headers, unreadable, replay }] = delivery.records as [typeof delivery.records[0]];
        deepStrictEqual([id, body, headers.get("content-type"), unreadable], [
          expected.id,
          expected.body,
          expected.headers["content-type"],
          undefined,
        ]);
        if (replay !== undefined) await delivery.ack();
        else await delivery.nack(new Error("not yet"));
        if (replay === undefined && id === records.at(-1)!.id) {
          const letters = lettersOf(lab);
          match((await letters.show("n0")).text, /\n\n<\?xml version="1\.0"\?><å\/>$/);
          strictEqual(await letters.replay("all"), records.length);
        }
      }
    },
  },
  {
    title: "publish() refuses headers that would be lost, and what is not of its content type; nothing of it is there",
    async run(open) {
      await using lab = await open();
      await using stream = await lab.open();
      for (const [record, message] of REFUSED) {
        await rejects(stream.publish([{ body: "fine" }, record]), { name: "StreamError", message });
      }
      strictEqual(await stream.lag("g"), 0);
    },
  },
  {
    title: "a record of another hand with thousands of headers is unreadable, and a dead letter without them",
    async run(open) {
      await using lab = await open();
      if (lab.publishForeign === undefined) return;
      await using stream = await lab.open();
      const headers = Object.fromEntries([...many(FOREIGN_HEADERS), ["content-type", "application/json"]]);
      await lab.publishForeign({ body: '{"n":1}', headers });
      await lab.publishForeign({ body: '{"n":2}', headers: { "x-few": "1" } });
      const said = `of a record with ${FOREIGN_HEADERS} headers, of ${MOST_HEADERS} at most`;
      const subscription = await stream.subscribe({ group: "g", maxTries: 1, maxRecords: 1 });
      const bytes = new TextEncoder().encode('{"n":1}');
      const seen: unknown[] = [];
      while (seen.length < 2) {
        const delivery = (await subscription.next()).value!;
        const [{ body, unreadable, headers }] = delivery.records as [typeof delivery.records[0]];
        if (unreadable === undefined) deepStrictEqual([body, headers.get("x-few")], [{ n: 2 }, "1"]);
        else deepStrictEqual([body, unreadable, [...headers]], [bytes, said, [["content-type", "application/json"]]]);
        seen.push(unreadable);
        await (unreadable === undefined ? delivery.ack() : delivery.bury(new TypeError(`The body is ${unreadable}`)));
      }
      deepStrictEqual(seen.filter((one) => one !== undefined), [said]);
      for await (const { headers } of stream.look("other")) ok([...headers].length <= 1);
      const letters = lettersOf(lab);
      const id = (await letters.list())[0]!.id;
      const { error, burial, headers: kept, text } = await letters.show(id);
      strictEqual(error?.message, `The body is ${said}`);
      match(burial!.cut!, new RegExp(`^${FOREIGN_HEADERS} headers of \\d+ letters$`));
      deepStrictEqual([...kept], [["content-type", "application/json"]]);
      match(text, new RegExp(`^cut off +${FOREIGN_HEADERS} headers of`, "m"));
      await rejects(letters.replay("all"), { message: /is not whole: cut off were 3000 headers of/ });
      strictEqual(await letters.mend(id, (body) => ({ mended: body })), 1);
      const { value: again } = await subscription.next();
      deepStrictEqual(again!.records[0]!.body, { mended: { n: 1 } });
    },
  },
];

async function read(stream: Stream, count: number): Promise<Delivery[]> {
  const subscription = await stream.subscribe({ group: "g", maxRecords: 1 });
  const deliveries: Delivery[] = [];
  while (deliveries.length < count) deliveries.push((await subscription.next()).value!);
  return deliveries;
}

function lettersOf(lab: StreamLab): DeadLetters {
  const open = (path: string) => path.includes("-dead-letters") ? lab.openDeadLetters() : lab.open();
  return new DeadLetters("memory://lab", open as never);
}

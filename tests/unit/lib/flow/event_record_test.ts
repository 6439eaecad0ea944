import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { eventOf, recordOf } from "../../../../lib/flow/event_record.ts";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { openRecord, sealRecord } from "../../../../lib/streams/record.ts";

const PLACE = { partition: "2", offset: "7", tries: 1, publishedAt: 0 };

Deno.test("recordOf() and eventOf() carry an event through a stream", () => {
  const event = new FlowEvent({ n: 1 }, { id: "e", key: "k", path: "/a", time: new Date(5), headers: { "x-a": "1" } });
  event.key = "later";
  const again = eventOf(openRecord(sealRecord(recordOf(event), 0), PLACE), "memory://q");
  const { id, key, path, time, body, trigger, partition, lane, error } = again;
  deepStrictEqual({ id, key, path, time, body, trigger, partition, lane, error }, {
    id: "e",
    key: "later",
    path: "/a",
    time: new Date(5),
    body: { n: 1 },
    trigger: "memory://q",
    partition: "2",
    lane: "memory://q 2",
    error: undefined,
  });
  strictEqual(again.headers.get("x-a"), "1");
});

Deno.test("recordOf() leaves behind what belongs to a connection or a caller", () => {
  const headers = {
    Authorization: "x",
    "X-Levada-Authorization": "x",
    Cookie: "x",
    Host: "x",
    "Content-Length": "5",
    "Content-Type": "text/csv",
    Te: "x",
  };
  deepStrictEqual(recordOf(new FlowEvent(undefined, { headers: { ...headers, traceparent: "t" } })).headers, [
    ["traceparent", "t"],
  ]);
  strictEqual(recordOf(new FlowEvent(undefined)).body, undefined);
});

Deno.test("eventOf() takes the error of a dead letter along", () => {
  const error = { name: "RangeError", message: "no", step: "s" };
  const record = { ...openRecord({ key: undefined, bytes: new Uint8Array([49]), headers: {} }, PLACE), error };
  deepStrictEqual(eventOf(record, "t").error, error);
});

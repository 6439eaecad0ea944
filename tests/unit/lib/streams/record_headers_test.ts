import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { recordOf } from "../../../../lib/flow/event_record.ts";
import { countExcess, MOST_HEADERS, writeHeaders } from "../../../../lib/streams/record_headers.ts";

const named = (count: number, prefix: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, "x"]));

Deno.test("countExcess() counts neither the envelope nor the content type", () => {
  const most = { ...named(MOST_HEADERS, "h"), ...named(50, "levada-"), "content-type": "text/plain", traceparent: "t" };
  strictEqual(countExcess(most), 0);
  strictEqual(countExcess({ ...most, another: "x" }), MOST_HEADERS + 1);
});

Deno.test("an event's headers that the envelope owns stay behind, since a caller may send any", () => {
  const event = new FlowEvent(1, { headers: { "levada-id": "not mine", "x-a": "1" } });
  deepStrictEqual(writeHeaders(recordOf(event).headers), { "x-a": "1" });
});

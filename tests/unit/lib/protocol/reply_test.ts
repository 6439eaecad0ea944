import { strictEqual, throws } from "node:assert/strict";
import { encodeTimestamp, readyReply } from "../../../../lib/protocol/reply.ts";

Deno.test("encodeTimestamp() writes six digits behind the seconds, in UTC", () => {
  strictEqual(encodeTimestamp(new Date(Date.UTC(2026, 0, 31, 9, 30, 0, 125))), "2026-01-31 09:30:00.125000+00:00");
});

Deno.test("readyReply() is plain text", async () => {
  const reply = readyReply("m:v1", "ev1");
  strictEqual(reply.status, 200);
  strictEqual(reply.headers.get("content-type"), "text/plain");
  strictEqual(await reply.text(), "Model m:v1 is ready (event_id = ev1)");
});

Deno.test("encodeTimestamp() writes what Date does, whatever was written before", () => {
  const begin = Date.UTC(1969, 11, 31, 23, 59, 58, 900);
  for (let ms = begin; ms < begin + 2_500; ms += 7) {
    const time = new Date(ms);
    strictEqual(encodeTimestamp(time), time.toISOString().replace("T", " ").replace("Z", "000+00:00"));
  }
  strictEqual(encodeTimestamp(new Date(8.64e15)), "+275760-09-13 00:00:00.000000+00:00");
  throws(() => encodeTimestamp(new Date(NaN)), RangeError);
});

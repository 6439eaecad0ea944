import { strictEqual } from "node:assert/strict";
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

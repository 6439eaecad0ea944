import { strictEqual, throws } from "node:assert/strict";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { addressKey, askedOperation, isRead } from "../../../../lib/routers/request.ts";

Deno.test("askedOperation() is the body's, else the path's", () => {
  strictEqual(askedOperation({ operation: "explain" }, "infer"), "explain");
  strictEqual(askedOperation({}, "infer"), "infer");
  strictEqual(askedOperation(null), "");
  throws(() => askedOperation({ operation: ["infer"] }), { name: "StatusError", status: 400 });
});

Deno.test("addressKey() joins name and version", () => {
  strictEqual(addressKey({ kind: "model", name: "m", version: "v1", operation: "" }), "m:v1");
  strictEqual(addressKey({ kind: "model", name: "m", operation: "" }), "m");
});

Deno.test("isRead() is true for GET and HEAD", () => {
  for (const [method, expected] of [["GET", true], ["HEAD", true], ["POST", false], ["DELETE", false]] as const) {
    strictEqual(isRead(new FlowEvent(null, { method })), expected);
  }
});

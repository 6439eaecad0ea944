import { equal, throws } from "node:assert/strict";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { addressKey, askedOperation, isRead } from "../../../../lib/routers/request.ts";

Deno.test("askedOperation() is the body's, else the path's", () => {
  equal(askedOperation({ operation: "explain" }, "infer"), "explain");
  equal(askedOperation({}, "infer"), "infer");
  equal(askedOperation(null), "");
  throws(() => askedOperation({ operation: ["infer"] }), { name: "StatusError", status: 400 });
});

Deno.test("addressKey() joins name and version", () => {
  equal(addressKey({ kind: "model", name: "m", version: "v1", operation: "" }), "m:v1");
  equal(addressKey({ kind: "model", name: "m", operation: "" }), "m");
});

Deno.test("isRead() is true for GET and HEAD", () => {
  for (const [method, expected] of [["GET", true], ["HEAD", true], ["POST", false], ["DELETE", false]] as const) {
    equal(isRead(new FlowEvent(null, { method })), expected);
  }
});

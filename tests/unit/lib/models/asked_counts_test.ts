import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { AskedCounts } from "../../../../lib/models/asked_counts.ts";

const ASK = { operation: "infer", event: new FlowEvent(null) };

Deno.test("AskedCounts.count() counts what was answered and what failed, now and later", async () => {
  const counts = new AskedCounts();
  strictEqual(counts.lastTime, undefined);
  strictEqual(counts.count(ASK, () => 1), 1);
  strictEqual(await counts.count(ASK, () => Promise.resolve(2)), 2);
  throws(() =>
    counts.count(ASK, () => {
      throw new Error("no");
    }), /no/);
  await rejects(counts.count(ASK, () => Promise.reject(new Error("later"))) as Promise<unknown>, /later/);
  deepStrictEqual([counts.succeeded, counts.failed], [2, 2]);
  strictEqual(counts.succeededMs > 0 && counts.failedMs > 0 && counts.lastTime! > 1.7e12, true);
});

Deno.test("AskedCounts.count() counts questions for predictions only", () => {
  const counts = new AskedCounts();
  counts.count({ operation: "ready", event: new FlowEvent(null, { method: "GET" }) }, () => 1);
  counts.count({ operation: "my_op", event: new FlowEvent(null) }, () => 1);
  counts.count({ operation: "", event: new FlowEvent(null, { method: "GET" }) }, () => 1);
  deepStrictEqual([counts.succeeded, counts.failed, counts.succeededMs], [0, 0, 0]);
});

Deno.test("AskedCounts times requests also when there are many", () => {
  const counts = new AskedCounts();
  for (let n = 0; n < 1_000; n++) counts.count(ASK, () => n);
  const before = counts.succeededMs;
  for (let n = 0; n < 1_000; n++) counts.count(ASK, () => n);
  strictEqual(counts.succeeded, 2_000);
  strictEqual(counts.succeededMs !== before, true);
});

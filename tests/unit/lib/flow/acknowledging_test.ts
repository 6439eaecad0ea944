import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { Acknowledging } from "../../../../lib/flow/acknowledging.ts";
import { Delivery, type Settler } from "../../../../lib/streams/delivery.ts";
import type { StreamRecord } from "../../../../lib/streams/stream.ts";

function delivery(commit: Settler["commit"]): Delivery {
  const records = ["0", "1", "2"].map((id) => ({ id, tries: 1 }) as StreamRecord);
  const never = () => Promise.reject(new Error("nobody asks for this"));
  return new Delivery(records, { commit, deliverAgain: never, putBack: never, bury: never }, {
    maxTries: 5,
    backoffMs: 100,
  });
}

Deno.test("Acknowledging.ack() tells together what is done at the same moment, and what comes later apart", async () => {
  const told: string[][] = [];
  const settled: string[][] = [];
  const given = delivery((indexes) => Promise.resolve(void told.push(indexes.map(String))));
  const acknowledging = new Acknowledging((records, failure) => {
    strictEqual(failure, undefined);
    settled.push(records.map(({ id }) => id));
  });
  const [first, second, third] = given.records as [StreamRecord, StreamRecord, StreamRecord];
  acknowledging.ack(first, given);
  acknowledging.ack(second, given);
  await turn();
  acknowledging.ack(third, given);
  await turn();
  deepStrictEqual([told, settled], [[["0", "1"], ["2"]], [["0", "1"], ["2"]]]);
});

Deno.test("Acknowledging.ack() tells once where some cannot be acknowledged", async () => {
  const given = delivery(() => Promise.reject(new Error("others have them")));
  const told: unknown[] = [];
  const acknowledging = new Acknowledging((records, failure) => told.push([records.length, String(failure?.error)]));
  for (const record of given.records) acknowledging.ack(record, given);
  await turn();
  deepStrictEqual(told, [[3, "Error: others have them"]]);
});

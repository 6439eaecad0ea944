import { deepStrictEqual, rejects } from "node:assert/strict";
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
  const given = delivery((records) => Promise.resolve(void told.push(records.map(({ id }) => id))));
  const acknowledging = new Acknowledging();
  const [first, second, third] = given.records as [StreamRecord, StreamRecord, StreamRecord];
  await Promise.all([acknowledging.ack(first, given), acknowledging.ack(second, given)]);
  await acknowledging.ack(third, given);
  deepStrictEqual(told, [["0", "1"], ["2"]]);
});

Deno.test("Acknowledging.ack() rejects once where some cannot be acknowledged", async () => {
  const given = delivery(() => Promise.reject(new Error("others have them")));
  const acknowledging = new Acknowledging();
  const [first, ...others] = given.records.map((record) => acknowledging.ack(record, given));
  await rejects(first!, { message: "others have them" });
  await Promise.all(others);
});

import { strictEqual } from "node:assert/strict";
import { Distance } from "../../../../lib/streams/distance.ts";

Deno.test("Distance tells who is far by the shortest of the last 16 answers", () => {
  const distance = new Distance(5);
  strictEqual(distance.isFar, false, "nobody knows yet");
  distance.answered(6);
  strictEqual(distance.isFar, true);
  distance.answered(5);
  for (let answers = 0; answers < 15; answers++) distance.answered(100);
  strictEqual(distance.isFar, false, "one came soon: what others waited for were others");
  distance.answered(100);
  strictEqual(distance.isFar, true);
});

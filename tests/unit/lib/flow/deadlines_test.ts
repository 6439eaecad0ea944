import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Deadlines } from "../../../../lib/flow/deadlines.ts";
import { testClock } from "../../../../lib/testing/test_clock.ts";

Deno.test("Deadlines calls back for each item when its own time is over, by one timer", async () => {
  const clock = testClock();
  const over: string[] = [];
  const deadlines = new Deadlines<string>(clock, 100, (item) => over.push(`${item} ${clock.now()}`));
  deadlines.add("a");
  await clock.advance(40);
  deadlines.add("b");
  const done = deadlines.add("done");
  deadlines.delete(done);
  deadlines.delete(done);
  await clock.advance(200);
  deepStrictEqual(over, ["a 100", "b 140"]);
  deadlines.close();
});

Deno.test("Deadlines takes an item that is added while another's time is over, and leaves no timer behind", async () => {
  const clock = testClock();
  const over: string[] = [];
  const deadlines = new Deadlines<string>(clock, 100, (item) => {
    over.push(`${item} ${clock.now()}`);
    if (item === "a") deadlines.add("again");
  });
  deadlines.add("a");
  await clock.advance(30);
  deadlines.add("b");
  await clock.advance(500);
  deepStrictEqual(over, ["a 100", "b 130", "again 200"]);
  deadlines.add("last");
  deadlines.close();
  strictEqual(clock.nextMs, undefined, "closing takes the timer back");
});

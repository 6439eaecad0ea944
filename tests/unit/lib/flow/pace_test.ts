import { ok, strictEqual } from "node:assert/strict";
import { Pace } from "../../../../lib/flow/pace.ts";

Deno.test("Pace lets the event loop turn after 64 things, and after each that took long", async () => {
  const pace = new Pace();
  const dueAt: number[] = [];
  let turns = 0;
  const counting = setInterval(() => turns++, 0);
  for (let n = 0; n < 200; n++) {
    if (!pace.isDue()) continue;
    dueAt.push(n);
    await pace.rest();
  }
  const gaps = dueAt.map((at, index) => at - (dueAt[index - 1] ?? 0));
  ok(dueAt.length >= 3 && dueAt.length < 50 && gaps.every((gap) => gap <= 64), `${dueAt}`);
  for (const end = performance.now() + 30; performance.now() < end;);
  strictEqual(pace.isDue(), true);
  const before = turns;
  await pace.rest();
  clearInterval(counting);
  ok(turns > before, "timers have run");
});

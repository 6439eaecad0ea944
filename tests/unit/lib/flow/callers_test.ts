import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Caller, Callers } from "../../../../lib/flow/callers.ts";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { testClock } from "../../../../lib/testing/test_clock.ts";

Deno.test("Callers asks for a dear signal only where the answer is not there soon", async () => {
  const clock = testClock();
  const callers = new Callers(clock);
  const asked: string[] = [];
  const told: string[] = [];
  const [quick, slow] = ["quick", "slow"].map((id) => {
    const abort = new AbortController();
    const signal = () => (asked.push(id), abort.signal);
    const caller = new Caller(new FlowEvent(null, { id, signal }), () => told.push(id));
    callers.add(caller);
    return { abort, caller };
  });
  callers.delete(quick!.caller);
  await clock.advance(20);
  quick!.abort.abort();
  slow!.abort.abort();
  deepStrictEqual([asked, told], [["slow"], ["slow"]]);
  strictEqual(clock.nextMs, undefined, "no timer is left behind");
});

Deno.test("Callers tells of who had left before the signal was asked for", async () => {
  const clock = testClock();
  const callers = new Callers(clock);
  let told = 0;
  callers.add(new Caller(new FlowEvent(null, { signal: () => AbortSignal.abort() }), () => told++));
  await clock.advance(20);
  strictEqual(told, 1);
});

Deno.test("Callers waits at once for a signal that is there, and no more for one that was answered", () => {
  const callers = new Callers(testClock());
  const [stays, leaves] = [new AbortController(), new AbortController()];
  const told: string[] = [];
  const answered = new Caller(new FlowEvent(null, { signal: stays.signal }), () => told.push("stays"));
  callers.add(answered);
  callers.delete(answered);
  callers.add(new Caller(new FlowEvent(null, { signal: leaves.signal }), () => told.push("leaves")));
  stays.abort();
  leaves.abort();
  deepStrictEqual(told, ["leaves"]);
  callers.close();
});

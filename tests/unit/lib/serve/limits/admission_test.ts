import { deepStrictEqual, rejects } from "node:assert/strict";
import { testClock } from "levada/testing";
import { Admission } from "../../../../../lib/serve/limits/admission.ts";
import { allLimits } from "../../../../../lib/serve/limits/server_limits.ts";

Deno.test("Admission lets the models take turns, whatever waits for one of them", async () => {
  const admission = new Admission(allLimits({ maxConcurrent: 1, maxConcurrentPerModel: 1 }), testClock());
  const { signal } = new AbortController();
  const order: string[] = [];
  const enter = async (model: string) => {
    const lane = admission.lane(model);
    await admission.enter(lane, signal);
    order.push(model);
    admission.leave(lane);
  };
  const busy = admission.lane("busy");
  admission.tryEnter(busy);
  const waiting = ["a", "a", "a", "b", "c", "b"].map(enter);
  admission.leave(busy);
  await Promise.all(waiting);
  deepStrictEqual(order, ["a", "b", "c", "a", "b", "a"]);
});

Deno.test("Admission passes over a model whose own room is full", async () => {
  const admission = new Admission(allLimits({ maxConcurrent: 2, maxConcurrentPerModel: 1 }), testClock());
  const { signal } = new AbortController();
  const order: string[] = [];
  const [a, b, c] = ["a", "b", "c"].map((model) => admission.lane(model));
  admission.tryEnter(a!);
  admission.tryEnter(b!);
  const waiting = [a!, c!].map((lane) => admission.enter(lane, signal).then(() => order.push(lane.model)));
  admission.leave(b!);
  await waiting[1];
  deepStrictEqual([order, admission.waiting], [["c"], 1]);
  admission.leave(a!);
  await waiting[0];
  deepStrictEqual([order, admission.waiting], [["c", "a"], 0]);
});

Deno.test("Admission.close() refuses who waits, and who would have to wait later", async () => {
  const admission = new Admission(allLimits({ maxConcurrent: 1 }), testClock());
  const { signal } = new AbortController();
  const lane = admission.lane("one");
  admission.tryEnter(lane);
  const waiting = rejects(admission.enter(lane, signal), { message: "closed" });
  admission.close(new Error("closed"));
  const later = rejects(admission.enter(lane, signal), { message: "closed" });
  admission.leave(lane); // who got in would be told so here
  await Promise.all([waiting, later]);
});

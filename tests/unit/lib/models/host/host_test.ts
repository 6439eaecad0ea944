import { deepStrictEqual, rejects } from "node:assert/strict";
import { FlowEvent } from "../../../../../lib/graph/event.ts";
import { Host } from "../../../../../lib/models/host/host.ts";
import { openWorker } from "../../../../../lib/models/host/place.ts";
import { SYSTEM_CLOCK } from "../../../../../lib/flow/system_clock.ts";
import { fakePlaces, homeOf, hostContext } from "../../../../support/fake_places.ts";

const OPTIONS = { clock: SYSTEM_CLOCK, what: "worker" };

Deno.test("Host tells the model when the caller leaves, and goes on to wait for its answer", async () => {
  const { open, places } = fakePlaces();
  const host = new Host({ ...OPTIONS, open, memoryLimitMb: 64 });
  const leaving = new AbortController();
  const context = { ...hostContext("m"), signal: leaving.signal };
  const event = new FlowEvent({ inputs: [1] });
  const asked = rejects(host.ask({ key: "m", operation: "infer", event, context, timeLimitMs: 60_000 }), {
    name: "AbortError",
  });
  leaving.abort();
  await asked;
  const [place] = places;
  deepStrictEqual([place!.orders, host.inFlight], [["ask 1", "abort 1"], 1]);
  place!.report({ kind: "answered", ask: 1, answer: { as: "data", value: 1 } });
  await host.idle();
  deepStrictEqual(host.inFlight, 0);
});

Deno.test("Host ends a worker whose heap is full at the time limit of its request", async () => {
  const host = new Host({ ...OPTIONS, open: openWorker, memoryLimitMb: 64 });
  const module = new URL("../../../../support/hosted_models.ts", import.meta.url).href;
  await host.load({ ...homeOf("m"), module, exportName: "Moody" }, hostContext("m"));
  const event = new FlowEvent({ inputs: ["heap"] }, { method: "POST" });
  await rejects(host.ask({ key: "m", operation: "infer", event, context: hostContext("m"), timeLimitMs: 1_500 }), {
    status: 504,
  });
  await host.gone;
});

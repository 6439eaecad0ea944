import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { createApp } from "../../../../lib/serve/app.ts";
import { Door, type Visit } from "../../../../lib/serve/limits/door.ts";
import { allLimits } from "../../../../lib/serve/limits/server_limits.ts";
import { Storing } from "../../../../lib/serve/storing.ts";
import { askFlow } from "../../../../lib/serve/grpc/ask_flow.ts";
import { ManualClock, settle } from "../../../support/manual_clock.ts";
import { memoryLog, runGraph } from "../../../support/run_graph.ts";

const CALLER = { signal: new AbortController().signal };

/** A flow of one step that answers nobody, and ends when it is told to. */
async function slowFlow() {
  const gone = Promise.withResolvers<void>();
  const graph = new Graph("g");
  graph.to("write", () => gone.promise);
  return { flow: await runGraph(graph), gone };
}

async function enter(door: Door): Promise<Visit> {
  const visit = door.visit({ url: "/" }, "/");
  await visit.enter(CALLER);
  return visit;
}

Deno.test("Storing.send() tells that an event is accepted when all that became of it is done", async () => {
  const { flow, gone } = await slowFlow();
  await using _ = flow;
  let isTold = false;
  const sent = new Storing(flow, { timeoutMs: Infinity }).send(new FlowEvent(1), undefined).then((outcome) => {
    isTold = true;
    return outcome;
  });
  await settle();
  strictEqual(isTold, false);
  gone.resolve();
  deepStrictEqual(await sent, { kind: "accepted" });
});

Deno.test("Storing.send() fails with the step that failed, in whatever branch", async () => {
  const graph = new Graph("g");
  graph.to("look", () => {});
  graph.to("write", () => {
    throw new Error("no room");
  });
  await using flow = await runGraph(graph);
  const outcome = await new Storing(flow, { timeoutMs: 1_000, clock: new ManualClock() }).send(
    new FlowEvent(1),
    undefined,
  );
  const { error } = outcome as Extract<typeof outcome, { kind: "failed" }>;
  deepStrictEqual([outcome.kind, error.step, error.status], ["failed", "write", 500]);
});

Deno.test("Storing.send() tells 504 when the time is over; the event goes on, and keeps its turn until it is done", async () => {
  const clock = new ManualClock();
  const { flow, gone } = await slowFlow();
  await using _ = flow;
  const door = new Door(allLimits({ maxConcurrent: 1, maxConcurrentPerModel: 1, maxQueued: 1, maxQueuedPerModel: 1 }), {
    clock,
  });
  const visit = await enter(door);
  const sent = new Storing(flow, { timeoutMs: 5_000, clock }).send(new FlowEvent(1, { id: "e1" }), visit);
  await clock.advance(5_000);
  const outcome = await sent;
  const { error } = outcome as Extract<typeof outcome, { kind: "failed" }>;
  strictEqual(error.status, 504);
  match(error.message, /Event e1 is not stored after 5000 ms/);
  visit.close(); // as whoever answers does
  let isIn = false;
  const next = enter(door).then(() => isIn = true);
  await settle();
  deepStrictEqual([isIn, flow.status().inFlight], [false, 1]);
  gone.resolve();
  await next;
});

Deno.test("App.fetch() and gRPC answer the id of what is stored when it is, and go on when the caller hangs up", async () => {
  const { flow, gone } = await slowFlow();
  const app = createApp(flow, { storedInMs: Infinity, limits: allLimits() });
  const done: string[] = [];
  const leaving = new AbortController();
  const asked = app.fetch(
    new Request("http://x/", {
      method: "POST",
      body: "1",
      signal: leaving.signal,
      headers: { "mlrun-event-id": "e1" },
    }),
  ).then(async (response) => {
    done.push("http");
    return [response.status, await response.json()];
  });
  const ask = { model: "m", version: undefined, body: {} } as unknown as Parameters<typeof askFlow>[1]["ask"];
  const caller = { headers: [], signal: leaving.signal, hold() {} };
  const called = askFlow(app.view, { ask, bytes: 1, caller }, ({ kind }) => {
    done.push("grpc");
    return Promise.resolve(kind);
  });
  await settle();
  leaving.abort();
  await settle();
  deepStrictEqual(done, []);
  gone.resolve();
  deepStrictEqual(await asked, [200, { id: "e1" }]);
  strictEqual(await called, "accepted");
  await app.close();
});

Deno.test("App.fetch() answers a failure behind what is stored with its step, and it is written once", async () => {
  const graph = new Graph("g");
  graph.to("write", () => {
    throw new Error("no room");
  });
  const log = memoryLog();
  await using flow = await runGraph(graph, { log });
  const app = createApp(flow, { storedInMs: 60_000, log });
  const response = await app.fetch(new Request("http://x/", { method: "POST", body: "1" }));
  const { error, step } = await response.json();
  deepStrictEqual([response.status, error, step], [500, "no room", "write"]);
  await app.close();
  deepStrictEqual(log.lines, ['error: Step "write" failed: no room']);
});

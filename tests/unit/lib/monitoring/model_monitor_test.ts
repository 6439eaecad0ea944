import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import type { ModelCall } from "../../../../lib/graph/monitor.ts";
import { ModelMonitor, type ModelMonitorOptions } from "../../../../lib/monitoring/model_monitor.ts";
import type { RecordSink } from "../../../../lib/monitoring/record_sink.ts";
import { ManualClock, settle } from "../../../support/manual_clock.ts";

const CALL: ModelCall = {
  model: "m",
  className: "M",
  endpointId: undefined,
  function: "fn",
  operation: "infer",
  id: "r1",
  startedAt: new Date(0),
  tookMs: 1,
  inputs: { inputs: [1] },
  reply: { outputs: [2] },
};

/** A sink that keeps ids, and what it was told and asked; it answers what `answer` gives. */
function sinkOf(answer: () => Promise<void> = () => Promise.resolve()) {
  const written: string[][] = [];
  const sink: RecordSink = {
    write(records) {
      written.push(records.map(({ text }) => JSON.parse(text).request.id));
      return answer();
    },
    close: () => Promise.resolve(),
  };
  return { sink, written };
}

function monitorOf(sink: RecordSink, change: Partial<ModelMonitorOptions> = {}) {
  const lines: string[] = [];
  const line = (text: string) => void lines.push(text);
  const clock = new ManualClock();
  const monitor = new ModelMonitor(sink, {
    functionName: "fn",
    host: "",
    worker: 0,
    samplingPercentage: 100,
    random: Math.random,
    bufferRecords: 10,
    keepsRecent: false,
    log: { debug: line, info: line, warn: line, error: line },
    clock,
    ...change,
  });
  return { monitor, lines, clock };
}

Deno.test("ModelMonitor.record() writes nothing before the request goes on, and then all that came", async () => {
  const { sink, written } = sinkOf();
  const { monitor } = monitorOf(sink);
  monitor.record(CALL);
  monitor.record({ ...CALL, id: "r2" });
  deepStrictEqual(written, []);
  await monitor.close();
  deepStrictEqual(written, [["r1", "r2"]]);
});

Deno.test("ModelMonitor.record() lets what comes within 50 ms of a write gather, unless it is much", async () => {
  const { sink, written } = sinkOf();
  const { monitor, clock } = monitorOf(sink, { bufferRecords: 8 });
  const counts = () => written.map(({ length }) => length);
  const record = async (count: number) => {
    for (let n = 0; n < count; n++) monitor.record(CALL);
    await settle();
  };
  await record(1);
  await record(1);
  await clock.advance(49);
  await record(2);
  deepStrictEqual(counts(), [1]);
  await clock.advance(1);
  deepStrictEqual(counts(), [1, 3]);
  await record(3);
  deepStrictEqual(counts(), [1, 3]);
  await record(1); // half of what may wait
  deepStrictEqual(counts(), [1, 3, 4]);
  await record(1);
  await monitor.close();
  deepStrictEqual([counts(), monitor.lost, clock.timers], [[1, 3, 4, 1], 0, 0]);
});

Deno.test("ModelMonitor.record() writes at once again after a pause in which nothing came", async () => {
  const { sink, written } = sinkOf();
  const { monitor, clock } = monitorOf(sink);
  monitor.record(CALL);
  await clock.advance(50);
  strictEqual(clock.timers, 0);
  monitor.record({ ...CALL, id: "r2" });
  await settle();
  deepStrictEqual(written, [["r1"], ["r2"]]);
  await monitor.close();
});

Deno.test("ModelMonitor.record() does not wait with records that are large", async () => {
  const { sink, written } = sinkOf();
  const { monitor } = monitorOf(sink, { bufferRecords: 10_000 });
  monitor.record(CALL);
  await settle();
  for (let n = 0; n < 50; n++) monitor.record({ ...CALL, inputs: { inputs: ["x".repeat(100_000)] } });
  await settle();
  deepStrictEqual(written.map(({ length }) => length), [1, 50]);
  await monitor.close();
});

Deno.test("ModelMonitor.record() drops what a slow sink has no room for, counts it, and says so once", async () => {
  const free = Promise.withResolvers<void>();
  const { sink, written } = sinkOf(() => free.promise);
  const { monitor, lines } = monitorOf(sink, { bufferRecords: 2 });
  monitor.record(CALL);
  await settle(); // the first is being written, and two may wait
  for (let n = 0; n < 5; n++) monitor.record(CALL);
  strictEqual(monitor.lost, 3);
  deepStrictEqual(lines, ["Cannot keep records of models: 2 wait to be written already"]);
  free.resolve();
  await monitor.close();
  deepStrictEqual(written.map(({ length }) => length), [1, 2]);
  strictEqual(lines.at(-1), "3 records of models were lost");
});

Deno.test("ModelMonitor.record() bounds what waits by its size as well", async () => {
  const free = Promise.withResolvers<void>();
  const { sink } = sinkOf(() => free.promise);
  const { monitor } = monitorOf(sink, { bufferRecords: 1_000_000 });
  monitor.record(CALL);
  await settle();
  const inputs = { inputs: ["x".repeat(100_000)] };
  for (let n = 0; n < 1_000; n++) monitor.record({ ...CALL, inputs });
  strictEqual(monitor.lost > 800 && monitor.lost < 1_000, true);
  free.resolve();
  await monitor.close();
});

Deno.test("ModelMonitor goes on when its sink is well again, and tells of each outage once", async () => {
  const answers = ["disk full", "disk full", undefined];
  const { sink } = sinkOf(async () => {
    const why = answers.length > 0 ? answers.shift() : await Promise.resolve("gone");
    if (why !== undefined) throw new Error(why);
  });
  const { monitor, lines, clock } = monitorOf(sink);
  for (let n = 0; n < 5; n++) {
    monitor.record(CALL);
    await clock.advance(50);
  }
  deepStrictEqual(lines, [
    "Cannot keep records of models: disk full",
    "Records of models are kept again",
    "Cannot keep records of models: gone",
  ]);
  strictEqual(monitor.lost, 4);
  await monitor.close();
});

Deno.test("ModelMonitor.record() throws nothing, whatever a reply or a sampler does", async () => {
  const { sink } = sinkOf();
  const { monitor, lines } = monitorOf(sink);
  monitor.record({
    ...CALL,
    get inputs(): unknown {
      throw new Error("no inputs");
    },
  });
  await monitor.close();
  match(lines[0]!, /Cannot keep records of models: no inputs/);
});

Deno.test("ModelMonitor.close() gives up a sink that never answers, and says what is lost", async () => {
  const { sink } = sinkOf(() => new Promise(() => {}));
  const { monitor, lines, clock } = monitorOf(sink);
  monitor.record(CALL);
  await settle();
  monitor.record(CALL);
  const closed = monitor.close();
  await clock.advance(5_000);
  await closed;
  deepStrictEqual(lines, ["1 records of models were lost"]);
});

Deno.test("ModelMonitor.recent() keeps the last records to look at, where it is asked to", async () => {
  const { sink } = sinkOf();
  const { monitor } = monitorOf(sink, { keepsRecent: true, bufferRecords: 1 });
  for (let n = 0; n < 10_002; n++) monitor.record({ ...CALL, id: `r${n}` });
  const recent = monitor.recent() as { request: { id: string } }[];
  deepStrictEqual([recent.length, recent[0]?.request.id], [10_000, "r2"]);
  await monitor.close();
});

Deno.test("ModelMonitor tells once a minute that its sink is still down", async () => {
  const { sink } = sinkOf(() => Promise.reject(new Error("down")));
  const { monitor, lines, clock } = monitorOf(sink);
  for (let second = 0; second < 150; second++) {
    monitor.record(CALL);
    await clock.advance(1_000);
  }
  deepStrictEqual(lines, new Array(3).fill("Cannot keep records of models: down"));
  strictEqual(monitor.lost, 150);
  await monitor.close();
});

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { queue, type QueueOptions } from "../../../../lib/steps/queue.ts";
import { start } from "../../../../lib/flow/start.ts";
import { compile } from "../../../../lib/graph/compile.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { MemoryBroker } from "../../../../lib/streams/memory/memory_broker.ts";
import type { Delivery } from "../../../../lib/streams/delivery.ts";
import { openStream } from "../../../../lib/streams/open_stream.ts";
import { settle } from "../../../../lib/testing/test_clock.ts";
import { memoryLog, runGraph } from "../../../support/run_graph.ts";

/** A queue before a step that waits until it is let go. */
async function slow(options: QueueOptions) {
  const gates: (() => void)[] = [];
  const done: number[] = [];
  let entered = Promise.withResolvers<void>();
  const graph = new Graph<number>("g");
  graph.to("q", queue(options)).to("slow", async (n: number) => {
    await new Promise<void>((open) => {
      gates.push(open);
      entered.resolve();
    });
    done.push(n);
    return n;
  }).respond();
  const flow = await runGraph(graph);
  return {
    flow,
    done,
    /** Waits until an event is in the step, and tells how many are. */
    async inStep(): Promise<number> {
      await entered.promise;
      return gates.length;
    },
    open(): void {
      entered = Promise.withResolvers();
      gates.shift()!();
    },
  };
}

Deno.test("queue() hands on one event at a time, in order, and answers each caller", async () => {
  const { flow, done, open, inStep } = await slow({});
  const replies = [1, 2, 3].map((n) => flow.ask(n));
  for (const _ of replies) {
    deepStrictEqual(await inStep(), 1);
    open();
  }
  deepStrictEqual(await Promise.all(replies), [1, 2, 3]);
  deepStrictEqual(done, [1, 2, 3]);
  await flow.close();
});

Deno.test("queue() that is full refuses, drops, or lets wait", async () => {
  for (const whenFull of ["refuse", "drop", "wait"] as const) {
    const { flow, open, inStep } = await slow({ capacityEvents: 1, whenFull });
    const first = flow.ask(1);
    await inStep();
    const second = flow.ask(2);
    const third = flow.ask(3);
    if (whenFull === "refuse") await rejects(third, { name: "StepError", status: 503 });
    if (whenFull === "drop") deepStrictEqual(await third, undefined);
    open();
    await inStep();
    open();
    if (whenFull === "wait") {
      await inStep();
      open();
      deepStrictEqual(await third, 3);
    }
    deepStrictEqual([await first, await second], [1, 2]);
    await flow.close();
  }
});

Deno.test("queue() that is full gives nobody's room to who has left meanwhile", async () => {
  for (const leaves of ["while it waits", "as there is room"] as const) {
    const graph = new Graph<number>("g");
    const caller = new AbortController();
    const done: number[] = [];
    const gate = Promise.withResolvers<void>();
    graph.to("q", queue({ capacityEvents: 1 })).to("slow", async (n: number) => {
      if (n === 2 && leaves === "as there is room") caller.abort();
      if (n === 1) await gate.promise;
      done.push(n);
      return n;
    }).respond();
    await using flow = await runGraph(graph);
    const before = [flow.ask(1), flow.ask(2)];
    const gone = rejects(flow.ask(3, { signal: caller.signal }), { status: 499 });
    const stays = [flow.ask(4), flow.ask(5)];
    await settle();
    if (leaves === "while it waits") caller.abort();
    gate.resolve();
    deepStrictEqual(await Promise.all(before), [1, 2]);
    await gone;
    await settle();
    deepStrictEqual(done, [1, 2, 4, 5], leaves);
    deepStrictEqual(await Promise.all(stays), [4, 5]);
  }
});

Deno.test("queue() lets in who has waited before who comes when there is room", async () => {
  const graph = new Graph<number>("g");
  const left: number[] = [];
  const gate = Promise.withResolvers<void>();
  graph.to("q", queue({ capacityEvents: 1 })).to("see", async (n: number) => {
    if (n === 2) flow.ask(4);
    left.push(n);
    if (n === 1) await gate.promise;
  });
  await using flow = await runGraph(graph);
  for (const n of [1, 2, 3]) flow.ask(n);
  await settle();
  gate.resolve();
  await settle();
  deepStrictEqual(left, [1, 2, 3, 4]);
});

Deno.test("queue() goes on when a step behind it fails", async () => {
  const graph = new Graph<number>("g");
  graph.to("q", queue()).to("check", (n: number) => {
    if (n < 0) throw new Error("negative");
    return n;
  }).respond();
  await using flow = await runGraph(graph);
  await rejects(flow.ask(-1), /negative/);
  deepStrictEqual(await flow.ask(1), 1);
});

Deno.test("queue() at the end publishes where there are streams: in order, and an event is done when it is published", async () => {
  const broker = new MemoryBroker();
  const graph = new Graph<unknown>("g");
  graph.to("q", queue({ path: "memory://q?partitions=1" }));
  const log = memoryLog();
  const flow = await start(compile(sourceOf(graph)), {
    surroundings: {
      isMock: true,
      params: new Map(),
      log,
      openStream: (_queue, { path }) => Promise.resolve(broker.open(path!, { capacityRecords: 3 })),
    },
  });
  const reader = broker.open("memory://q");
  const subscription = await reader.subscribe({ group: "g" });
  const outcomes = [1, () => {}, 2, 3, 4].map((body) => flow.deliver(new FlowEvent(body)));
  let done = 0;
  for (const outcome of outcomes) outcome.then(() => done += 1);
  const deliveries: Delivery[] = [];
  const read = async () => {
    for await (const delivery of subscription) deliveries.push(delivery);
  };
  const reading = read();
  await settle();
  deepStrictEqual(deliveries.flatMap(({ records }) => records.map(({ body }) => body)), [1, 2, 3]);
  strictEqual(done, 4, "the fourth waits for room");
  await deliveries[0]!.ack();
  const kinds = (await Promise.all(outcomes)).map(({ kind }) => kind);
  deepStrictEqual(kinds, ["accepted", "failed", "accepted", "accepted", "accepted"]);
  deepStrictEqual(flow.sent("q"), []);
  deepStrictEqual(log.lines.length, 1, "what cannot travel takes no other with it");
  await flow.close();
  await rejects(flow.ask(1), { status: 503 });
  await reader.close();
  await reading;
});

Deno.test("queue() whose stream cannot be opened is told when the flow starts", async () => {
  const graph = new Graph<number>("g");
  graph.to("q", queue({ path: "pigeon://q" }));
  const surroundings = {
    isMock: true,
    params: new Map(),
    log: memoryLog(),
    openStream: (_queue: string, { path }: { path?: string | undefined }) => openStream(path!),
  };
  await rejects(start(compile(sourceOf(graph)), { surroundings }), /step "q": Cannot open stream "pigeon:\/\/q"/);
});

Deno.test("queue() lets as many events go on at once as a step behind it takes, which leave it in order", async () => {
  for (const [maxInFlight, most] of [[undefined, 1], [3, 3]] as const) {
    const graph = new Graph<number>("g");
    const gates: (() => void)[] = [];
    const left: number[] = [];
    let inside = 0;
    let largest = 0;
    graph.to("in", (n) => n).to("q", queue()).to("first", (n: number) => n).to("work", async (n) => {
      largest = Math.max(largest, ++inside);
      await new Promise<void>((open) => gates.push(open));
      inside -= 1;
      return n;
    }, maxInFlight === undefined ? {} : { maxInFlight }).to("out", (n) => void left.push(n));
    const flow = await runGraph(graph);
    for (let n = 0; n < 7; n++) await flow.emit(n);
    for (let turn = 0; left.length < 7; turn++) {
      await settle();
      gates.splice(0).toReversed().forEach((open) => open()); // the last to come is done first
      if (turn > 50) throw new Error("the queue stands still");
    }
    await flow.close();
    deepStrictEqual([left, largest], [[0, 1, 2, 3, 4, 5, 6], most]);
  }
});

Deno.test("queue() publishes what has come meanwhile together", async () => {
  const published: number[] = [];
  const graph = new Graph<number>("g");
  graph.to("q", queue({ path: "memory://q" }));
  const stream = new MemoryBroker().open("memory://q");
  const flow = await start(compile(sourceOf(graph)), {
    surroundings: {
      isMock: true,
      params: new Map(),
      log: memoryLog(),
      openStream: () =>
        Promise.resolve(Object.assign(Object.create(stream), {
          publish(records: readonly []) {
            published.push(records.length);
            return stream.publish(records);
          },
          close: () => stream.close(),
        })),
    },
  });
  await Promise.all([1, 2, 3, 4].map((n) => flow.emit(n)));
  await flow.close();
  deepStrictEqual(published, [4]);
});

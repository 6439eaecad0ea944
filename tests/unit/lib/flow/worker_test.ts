import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { StatusError, StreamError } from "../../../../lib/errors.ts";
import type { ErrorStream } from "../../../../lib/flow/failures.ts";
import { start } from "../../../../lib/flow/start.ts";
import { startWorker } from "../../../../lib/flow/worker.ts";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { MemoryBroker } from "../../../../lib/streams/memory/memory_broker.ts";
import type { Stream, Subscription } from "../../../../lib/streams/stream.ts";
import { batch } from "../../../../lib/steps/batch.ts";
import { reduce } from "../../../../lib/steps/reduce.ts";
import { settle, TestClock } from "../../../../lib/testing/test_clock.ts";
import { memoryLog } from "../../../support/run_graph.ts";

/** A flow that is fed from a stream, on a clock that stands still. */
async function worker(
  graph: Graph<number>,
  { maxInFlight, stream, errorStream = () => {} }: {
    maxInFlight?: number;
    stream?: (stream: Stream) => Stream;
    errorStream?: ErrorStream;
  } = {},
) {
  const broker = new MemoryBroker();
  const clock = new TestClock();
  const log = memoryLog();
  const surroundings = { isMock: true, params: new Map(), log, clock, errorStream };
  const flow = await start(compile(sourceOf(graph)), {
    surroundings,
    ...(maxInFlight === undefined ? {} : { maxInFlight }),
  });
  const open = () => broker.open("memory://in?partitions=1", { clock });
  const source = stream === undefined ? open() : stream(open());
  const running = await startWorker([{ stream: source, group: "g" }], { flow, clock, log });
  return { running, flow, clock, log, broker, input: open() };
}

Deno.test("startWorker() acknowledges a record when everything that became of it is done", async () => {
  const gates: (() => void)[] = [];
  const graph = new Graph<number>("g");
  const first = graph.to("first", (n: number) => n).respond();
  first.to("quick", () => {});
  first.to("slow", () => new Promise<void>((open) => gates.push(open)));
  const { running, input } = await worker(graph);
  await input.publish([{ body: 1 }, { body: 2 }]);
  await settle();
  deepStrictEqual([gates.length, await input.lag("g")], [1, 2]);
  gates[0]!();
  await settle();
  strictEqual(await input.lag("g"), 1);
  gates[1]!();
  await running.close();
  strictEqual(await input.lag("g"), 0);
});

Deno.test("startWorker() keeps the order of a partition behind a step that answers later", async () => {
  const seen: number[] = [];
  const graph = new Graph<number>("g");
  graph.to("later", async (n: number) => {
    for (let turn = 0; turn < 5 - n; turn++) await Promise.resolve();
    return n;
  }).to("see", (n) => void seen.push(n));
  const { running, input } = await worker(graph);
  await input.publish([0, 1, 2, 3, 4].map((body) => ({ body })));
  await settle();
  await running.close();
  deepStrictEqual(seen, [0, 1, 2, 3, 4]);
});

Deno.test("startWorker() lets the event loop turn while steps take their time: a member that is silent for long is given up", async () => {
  const order: string[] = [];
  const graph = new Graph<number>("g");
  graph.to("compute", (n: number) => {
    for (const until = performance.now() + 15; performance.now() < until;);
    if (n === 0) setTimeout(() => order.push("beat"), 0);
    order.push(`record ${n}`);
  });
  const { running, input } = await worker(graph);
  await input.publish([0, 1, 2, 3, 4, 5].map((body) => ({ body })));
  while (order.length < 7) await settle();
  await running.close();
  strictEqual(order.indexOf("beat") < order.indexOf("record 5"), true, order.join(", "));
});

Deno.test("startWorker() reads no further than the flow has room, and gives back what it did not take when it is closed", async () => {
  const gates: (() => void)[] = [];
  const graph = new Graph<number>("g");
  graph.to("slow", () => new Promise<void>((open) => gates.push(open)), { maxInFlight: 10 });
  const { running, input } = await worker(graph, { maxInFlight: 2 });
  await input.publish([1, 2, 3, 4, 5].map((body) => ({ body })));
  await settle();
  strictEqual(gates.length, 2);
  gates[0]!();
  await settle();
  strictEqual(gates.length, 3);
  const closing = running.close();
  gates[1]!();
  gates[2]!();
  await closing;
  deepStrictEqual([gates.length, await input.lag("g")], [3, 2]);
  const rest = await (await input.subscribe({ group: "g" })).next();
  deepStrictEqual(rest.value!.records.map(({ body }) => body), [4, 5]);
  await input.close();
});

Deno.test("Worker.close() gives out what steps hold, acknowledges it, and gives the result of a fold", async () => {
  const graph = new Graph<number>("g");
  graph.to("pack", batch<number>({ maxEvents: 10 })).to("sum", reduce(0, (sum, list: number[]) => sum + list.length));
  const { running, input, clock } = await worker(graph);
  await input.publish([1, 2, 3].map((body) => ({ body })));
  await settle();
  strictEqual(await input.lag("g"), 3);
  strictEqual(await running.close(), 3);
  deepStrictEqual([await input.lag("g"), clock.timers], [0, 0]);
});

Deno.test("Worker.kill() acknowledges nothing and runs nothing more", async () => {
  const gates: (() => void)[] = [];
  const seen: number[] = [];
  const graph = new Graph<number>("g");
  graph.to("slow", (n: number) => new Promise<number>((open) => gates.push(() => open(n))))
    .to("see", (n) => void seen.push(n));
  const { running, flow, input, clock } = await worker(graph);
  await input.publish([{ body: 1 }]);
  await settle();
  await running.kill();
  gates[0]!();
  await settle();
  deepStrictEqual([seen, await input.lag("g"), clock.timers], [[], 1, 0]);
  await rejects(flow.ask(1), { status: 503 });
});

Deno.test("a record that ends its process each time is worked on alone, then goes to the dead letters, and no other does", async () => {
  const broker = new MemoryBroker();
  const clock = new TestClock();
  const log = memoryLog();
  const open = () => broker.open("memory://in?partitions=1", { clock });
  await open().publish([1, 2, 3, -1, 4, 5, -2, 6].map((body) => ({ body })));
  const seen: number[] = [];
  let inHand = 0;
  const together: number[] = [];
  let crashed = Promise.withResolvers<void>();
  let crashes = 0;
  const graph = new Graph<number>("g");
  graph.to("work", async (n: number) => {
    inHand += 1;
    if (n < 0) {
      together.push(inHand);
      crashed.resolve();
      await new Promise(() => {});
    }
    const run = crashes;
    await new Promise<void>((go) => clock.schedule(10, go));
    if (run !== crashes) return; // in a process that has ended
    inHand -= 1;
    seen.push(n);
  }, { maxInFlight: 10 });
  for (;;) {
    inHand = 0;
    crashed = Promise.withResolvers<void>();
    const flow = await start(compile(sourceOf(graph)), {
      surroundings: { isMock: true, params: new Map(), log, clock },
    });
    const running = await startWorker([{ stream: open(), group: "g", maxTries: 2 }], { flow, clock, log });
    let hasCrashed = false;
    crashed.promise.then(() => hasCrashed = true);
    while (!hasCrashed && await open().lag("g") > 0) await clock.advance(5);
    if (!hasCrashed) {
      await running.close();
      break;
    }
    crashes += 1;
    await running.kill();
  }
  deepStrictEqual([crashes, together.slice(-4)], [6, [1, 1, 1, 1]]);
  deepStrictEqual([...new Set(seen)].toSorted(), [1, 2, 3, 4, 5, 6]);
  const letters = broker.records("memory://in-dead-letters");
  deepStrictEqual(letters.map(({ body, error }) => [body, error?.name]), [[-1, "StreamError"], [-2, "StreamError"]]);
  strictEqual(/4 times the process ended while it was in hand/.test(letters[0]!.error!.message), true);
  strictEqual(await open().lag("g"), 0);
});

/** Runs workers of two queues, one after another, until none of them ends its process; each time another good record comes. */
async function crashAlone(order: readonly ("bad" | "good")[]) {
  const broker = new MemoryBroker();
  const clock = new TestClock();
  const log = memoryLog();
  const open = (name: string) => broker.open(`memory://${name}?partitions=1`, { clock });
  await open("bad").publish([{ body: -1 }, { body: 0 }]);
  const seen: number[] = [];
  const together: number[] = [];
  let crashes = 0;
  let inHand = 0;
  let hasCrashed = false;
  const graph = new Graph<number>("g");
  graph.to("work", async (n: number) => {
    const run = crashes;
    inHand += 1;
    if (n >= 0) {
      for (let ms = 0; ms < 100 && run === crashes; ms += 10) {
        await new Promise<void>((go) => clock.schedule(10, go));
      }
      if (run !== crashes) return; // in a process that has ended
      inHand -= 1;
      seen.push(n);
      return;
    }
    for (let ms = 0; ms < 30; ms += 10) await new Promise<void>((go) => clock.schedule(10, go));
    together.push(inHand);
    hasCrashed = true;
    await new Promise(() => {});
  }, { maxInFlight: 10 });
  for (;;) {
    inHand = 0;
    hasCrashed = false;
    await open("good").publish([{ body: 10 + crashes }]);
    const surroundings = { isMock: true, params: new Map(), log, clock };
    const flow = await start(compile(sourceOf(graph)), { surroundings });
    const sources = order.map((name) => ({ stream: open(name), group: "g", maxTries: 2 }));
    const running = await startWorker(sources, { flow, clock, log });
    const lag = async () => await open("bad").lag("g") + await open("good").lag("g");
    while (!hasCrashed && await lag() > 0) await clock.advance(5);
    if (!hasCrashed) {
      await running.close();
      break;
    }
    crashes += 1;
    await running.kill();
  }
  const letters = (name: string) => broker.records(`memory://${name}-dead-letters`).map(({ body }) => body);
  return { crashes, together, seen: seen.toSorted((a, b) => a - b), bad: letters("bad"), good: letters("good") };
}

Deno.test("a record that ends its process each time is worked on beside nothing of another queue, and buries nothing there", async () => {
  for (const order of [["bad", "good"], ["good", "bad"]] as const) {
    const { crashes, together, seen, bad, good } = await crashAlone(order);
    deepStrictEqual([crashes, together.slice(2)], [4, [1, 1]], `${order}: ${together}`);
    deepStrictEqual([seen, bad, good], [[0, 10, 11, 12, 13, 14], [-1], []], String(order));
  }
});

Deno.test("a record that is not what it says goes to the dead letters, and the log tells", async () => {
  const graph = new Graph<number>("g");
  graph.to("see", () => {});
  const { running, input, broker, log } = await worker(graph);
  await input.publish([{
    body: new TextEncoder().encode("{"),
    headers: { "content-type": "application/json" },
    id: "x",
  }]);
  await settle();
  const [letter] = broker.records("memory://in-dead-letters");
  deepStrictEqual([letter!.id, letter!.error?.name], ["x", "TypeError"]);
  strictEqual(
    /Record x of memory:\/\/in.* goes to the dead letters: its body is not application\/json/.test(log.lines[0]!),
    true,
  );
  await running.close();
});

/** A stream whose subscriptions a test changes. */
function subscribing(change: (subscription: Subscription) => void): (real: Stream) => Stream {
  return (real) => ({
    path: real.path,
    publish: (records) => real.publish(records),
    lag: (group) => real.lag(group),
    look: (group: string) => real.look(group),
    close: () => real.close(),
    [Symbol.asyncDispose]: () => real.close(),
    async subscribe(options) {
      const subscription = await real.subscribe(options);
      change(subscription);
      return subscription;
    },
  });
}

Deno.test("the error stream is told once of each record that is given up, and of none that went well in the end", async () => {
  const pushed: unknown[] = [];
  const tries = new Map<number, number>();
  const graph = new Graph<number>("g");
  graph.to("work", (n: number) => {
    tries.set(n, (tries.get(n) ?? 0) + 1);
    if (n === 4) throw new StatusError(422, "never");
    if (n > 1 || tries.get(n)! < 3) throw new Error(`${tries.get(n)}`);
  });
  const { running, input, clock } = await worker(graph, {
    errorStream: ({ event, error: { message } }) => void pushed.push([event.body, message]),
  });
  await input.publish([1, 2, 3, 4].map((body) => ({ body })));
  await settle();
  await clock.advance(60_000);
  await running.close();
  deepStrictEqual([...tries.values()], [3, 5, 5, 1]);
  deepStrictEqual(pushed, [[4, "never"], [2, "5"], [3, "5"]]);
});

Deno.test("startWorker() asks a stream again that could not be read; what is in hand stays so, and comes once", async () => {
  const seen: number[] = [];
  const gates: (() => void)[] = [];
  const graph = new Graph<number>("g");
  graph.to("see", (n: number) => {
    seen.push(n);
    return new Promise<void>((open) => gates.push(open));
  }, { maxInFlight: 10 });
  let failures = 0;
  let subscriptions = 0;
  const { running, input, clock, log } = await worker(graph, {
    stream: subscribing((subscription) => {
      subscriptions += 1;
      const next = subscription.next.bind(subscription);
      subscription.next = async () => {
        if (seen.length !== 1 || failures === 2) return await next();
        failures += 1;
        throw new Error("the line is down");
      };
    }),
  });
  await input.publish([{ body: 1 }]);
  await settle();
  await input.publish([{ body: 2 }]);
  await clock.advance(1_000);
  deepStrictEqual(seen, [1]);
  const [{ since, ...trouble } = { since: NaN }] = running.troubles();
  deepStrictEqual(trouble, { act: "read", stream: "memory://in?partitions=1", group: "g", reason: "the line is down" });
  strictEqual(clock.now() - since, 1_000, "since the first of the failures");
  await clock.advance(1_000);
  deepStrictEqual([seen, subscriptions, running.troubles()], [[1, 2], 1, []]);
  deepStrictEqual(
    log.lines,
    Array(2).fill("error: Cannot read stream memory://in?partitions=1, trying again: the line is down"),
  );
  for (const open of gates) open();
  await running.close();
  strictEqual(await input.lag("g"), 0);
});

Deno.test("startWorker() subscribes anew where its subscription has ended", async () => {
  const seen: number[] = [];
  const graph = new Graph<number>("g");
  graph.to("see", (n: number) => void seen.push(n));
  const ended: Subscription[] = [];
  const { running, input, clock, log } = await worker(graph, {
    stream: subscribing((subscription) => ended.push(subscription)),
  });
  await ended[0]!.close();
  await input.publish([{ body: 1 }]);
  await clock.advance(1_000);
  deepStrictEqual([seen, ended.length], [[1], 2]);
  deepStrictEqual(log.lines, [
    "error: Cannot read stream memory://in?partitions=1, trying again: the subscription has ended",
  ]);
  await running.close();
});

Deno.test("startWorker() acknowledges a record whose streaming reply nobody reads, when the stream has ended or failed", async () => {
  const graph = new Graph<number>("g");
  graph.to("count", async function* (n: number) {
    for (let index = 0; index < n; index++) {
      await Promise.resolve();
      yield index;
    }
    if (n === 3) throw new StatusError(400, "three");
  }).respond();
  const { running, input, broker } = await worker(graph);
  await input.publish([0, 2, 3].map((body) => ({ body })));
  await settle();
  strictEqual(await input.lag("g"), 0);
  deepStrictEqual(broker.records("memory://in-dead-letters").map(({ body }) => body), [3]);
  await running.close();
});

Deno.test("Worker.close() waits until its acknowledgements have arrived", async () => {
  const graph = new Graph<number>("g");
  graph.to("see", () => {});
  const acknowledged = Promise.withResolvers<void>();
  const events: string[] = [];
  const { running, input } = await worker(graph, {
    stream: (real) => ({
      path: real.path,
      publish: (records) => real.publish(records),
      lag: (group) => real.lag(group),
      look: (group: string) => real.look(group),
      close: () => real.close(),
      [Symbol.asyncDispose]: () => real.close(),
      async subscribe(options) {
        const subscription = await real.subscribe(options);
        const close = subscription.close.bind(subscription);
        subscription.close = async () => {
          events.push("left");
          await close();
        };
        const next = subscription.next.bind(subscription);
        subscription.next = async () => {
          const result = await next();
          const ack = result.value?.ack.bind(result.value);
          if (result.value !== undefined) {
            result.value.ack = async (records) => {
              await acknowledged.promise;
              await ack?.(records);
              events.push("acknowledged");
            };
          }
          return result;
        };
        return subscription;
      },
    }),
  });
  await input.publish([{ body: 1 }]);
  await settle();
  const closing = running.close();
  await settle();
  deepStrictEqual(events, []);
  acknowledged.resolve();
  await closing;
  deepStrictEqual(events, ["acknowledged", "left"]);
});

Deno.test("startWorker() tells once what keeps many records from being settled, and again when it is something else", async () => {
  let cause = new Error("another process keeps it locked");
  const refusing = (stream: Stream): Stream => {
    const subscribe = stream.subscribe.bind(stream);
    stream.subscribe = async (options) => {
      const subscription = await subscribe(options);
      const next = subscription.next.bind(subscription);
      subscription.next = async () => {
        const result = await next();
        if (result.value !== undefined) {
          result.value.ack = () => Promise.reject(new StreamError(`Cannot settle: ${cause.message}`, { cause }));
        }
        return result;
      };
      return subscription;
    };
    return stream;
  };
  const graph = new Graph<number>("g");
  graph.to("later", async (n: number) => {
    for (let turn = 0; turn < n; turn++) await settle();
  });
  const { running, input, log } = await worker(graph, { stream: refusing });
  await input.publish([1, 2, 3].map((body) => ({ body, id: `r${body}` })));
  for (let turn = 0; turn < 10; turn++) await settle();
  const told = () => log.lines.filter((line) => line.includes("cannot be settled")).map((line) => line.slice(0, 60));
  strictEqual(told().length, 1, told().join("\n"));
  cause = new Error("the file was moved away");
  await input.publish([{ body: 1, id: "r4" }]);
  for (let turn = 0; turn < 10; turn++) await settle();
  strictEqual(told().length, 2, told().join("\n"));
  await running.close();
});

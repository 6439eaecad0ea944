import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { StatusError } from "../../../../lib/errors.ts";
import { untilFailure } from "../../../../lib/flow/exchanging.ts";
import { start } from "../../../../lib/flow/start.ts";
import { startWorker } from "../../../../lib/flow/worker.ts";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { flatMap } from "../../../../lib/steps/flat_map.ts";
import { queue } from "../../../../lib/steps/queue.ts";
import { type Exchange, type ExchangeOutput, OutputError, type Sealed } from "../../../../lib/streams/exchange.ts";
import { MemoryBroker } from "../../../../lib/streams/memory/memory_broker.ts";
import type { Stream } from "../../../../lib/streams/stream.ts";
import { TakenError } from "../../../../lib/streams/taken_error.ts";
import { TooLargeError } from "../../../../lib/streams/too_large_error.ts";
import { settle, TestClock } from "../../../../lib/testing/test_clock.ts";
import { randomFrom } from "../../../support/random.ts";
import { memoryLog } from "../../../support/run_graph.ts";

/** An exchange over streams in memory, whose commits are lists of what went together; `refuse` has the next ones fail. */
class FakeExchange implements Exchange {
  readonly input: Stream;
  readonly commits: unknown[][] = [];
  refuse = 0;
  why: Error = new Error("no");
  discarded = 0;

  constructor(input: Stream) {
    this.input = input;
  }

  output(): Promise<ExchangeOutput> {
    return Promise.resolve({
      seal: (records) => records.map(({ body }) => ({ bytes: 1, body })),
      close: () => Promise.resolve(),
    });
  }

  commit(sealed: readonly Sealed[]): Promise<void> {
    if (this.refuse > 0) {
      this.refuse -= 1;
      return Promise.reject(this.why);
    }
    this.commits.push(sealed.map((one) => (one as unknown as { body: unknown }).body));
    return Promise.resolve();
  }

  discard(): Promise<void> {
    this.discarded += 1;
    return Promise.resolve();
  }
}

/** What is acknowledged is the stream's with the commit alone; what is discarded comes again. */
function holdAcknowledged(exchange: FakeExchange): void {
  const held: { ack(): Promise<void>; putBack(): Promise<void> }[] = [];
  const { subscribe } = exchange.input;
  exchange.input.subscribe = async (options) => {
    const subscription = await subscribe.call(exchange.input, options);
    const next = subscription.next.bind(subscription);
    subscription.next = async () => {
      const result = await next();
      const { value: delivery } = result;
      if (delivery !== undefined) {
        const ack = delivery.ack.bind(delivery);
        delivery.ack = (records) => {
          held.push({ ack: () => ack(records), putBack: () => delivery.putBack(records) });
          return Promise.resolve();
        };
      }
      return result;
    };
    return subscription;
  };
  const { commit } = exchange;
  exchange.commit = async (sealed) => {
    await commit.call(exchange, sealed);
    for (const one of held.splice(0)) await one.ack();
  };
  exchange.discard = async () => {
    for (const one of held.splice(0)) await one.putBack();
  };
}

/** Two keys whose records go to two partitions, after a record of each. */
async function twoKeys(input: Stream<number>): Promise<[string, string]> {
  const keys = ["a", "b", "c", "d", "e"];
  await input.publish(keys.map((key) => ({ body: 0, key })));
  const records = await Array.fromAsync(input.look("nobody"));
  const [first] = records;
  return [first!.key!, records.find(({ partition }) => partition !== first!.partition)!.key!];
}

/** A flow that exchanges numbers. */
async function exchanging(
  work: (n: number) => number[] | Promise<number[]>,
  { partitions = 1, maxTries = 2 } = {},
) {
  const broker = new MemoryBroker();
  const clock = new TestClock();
  const log = memoryLog();
  const input = broker.open<number>(`memory://in?partitions=${partitions}`, { clock });
  const exchange = new FakeExchange(broker.open(`memory://in?partitions=${partitions}`, { clock }));
  const direct = broker.open("memory://out?partitions=1", { clock });
  const graph = new Graph<number>("g");
  graph.to("work", work, { maxInFlight: 10 }).to("each", flatMap((numbers: number[]) => numbers))
    .to("out", queue({ path: "memory://out" }));
  const flow = await start(compile(sourceOf(graph)), {
    surroundings: {
      isMock: true,
      params: new Map(),
      log,
      clock,
      openStream: () => Promise.resolve(direct),
      openExchanged: () => exchange.output(),
    },
  });
  const source = { stream: exchange.input, exchange, group: "g", maxRecords: 4, maxTries, backoffMs: 10 };
  const begin = () => startWorker([source], { flow, clock, log });
  const publish = (numbers: readonly number[]) => input.publish(numbers.map((body) => ({ body })));
  const letters = () => broker.records("memory://in-dead-letters").map(({ body, burial }) => [body, burial?.tries]);
  const sent = () => broker.records("memory://out").map(({ body }) => body);
  return { begin, publish, letters, sent, exchange, flow, clock, log, input };
}

Deno.test("Exchanging keeps what became of a delivery with its acknowledgement, one delivery after another", async () => {
  const { begin, publish, exchange, input } = await exchanging((n) => [n, n + 0.5]);
  await publish([1, 2, 3, 4, 5]);
  const worker = await begin();
  await settle();
  deepStrictEqual(exchange.commits, [[1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5], [5, 5.5]]);
  strictEqual(await input.lag("g"), 0);
  await worker.close();
});

Deno.test("Exchanging keeps what stands before a record that fails, and works on no other once more; one that fails too often is a dead letter", async () => {
  const tries = new Map<number, number>();
  const { begin, publish, letters, exchange, clock } = await exchanging((n) => {
    tries.set(n, (tries.get(n) ?? 0) + 1);
    if (n === 2) throw new RangeError("never");
    if (n === 3) throw new StatusError(400, "not at all");
    return [n];
  });
  await publish([1, 2, 3, 4]);
  const worker = await begin();
  await settle();
  deepStrictEqual(exchange.commits, [[1]], "what came before the one that waits for its retry");
  await clock.advance(10);
  await settle();
  deepStrictEqual([exchange.commits.flat(), letters()], [[1, 4], [[2, 2], [3, 1]]]);
  deepStrictEqual(Object.fromEntries(tries), { 1: 1, 2: 2, 3: 1, 4: 1 });
  await worker.close();
});

Deno.test("Exchanging holds up no caller: what they send goes at once, and closing waits for what is in hand", async () => {
  const gate = Promise.withResolvers<void>();
  let count = 0;
  const { begin, publish, sent, exchange, flow, clock } = await exchanging(async (n) => {
    if (n === 1 && count++ === 0) throw new RangeError("once");
    if (n === 7) await gate.promise;
    return [n];
  });
  await publish([1]);
  const worker = await begin();
  await flow.emit(50);
  await settle();
  deepStrictEqual([exchange.commits, sent()], [[], [50]]);
  await clock.advance(10);
  await publish([7]);
  const asked = flow.emit(51);
  await settle();
  deepStrictEqual([exchange.commits, sent()], [[[1]], [50, 51]], "a caller waits for no delivery");
  gate.resolve();
  await asked;
  await worker.close();
  deepStrictEqual(exchange.commits, [[1], [7]], "closing waits for what is in hand");
});

Deno.test("Exchanging lets other partitions go on where a record fails; each that failed waits for its own time", async () => {
  const calls: number[] = [];
  const fails = new Map([[1, 1], [2, 2], [10, 0]]); // how often
  const { begin, input, exchange, clock, letters } = await exchanging((n) => {
    calls.push(n);
    const left = fails.get(n) ?? 0;
    fails.set(n, left - 1);
    if (left > 0) throw new RangeError("not yet");
    return [n];
  }, { partitions: 2, maxTries: 3 });
  const [one, other] = await twoKeys(input);
  const worker = await begin();
  await settle();
  exchange.commits.length = calls.length = 0;
  await input.publish([1, 2, 3].map((body) => ({ body, key: one })));
  await settle();
  await input.publish([10, 11].map((body) => ({ body, key: other })));
  await settle();
  deepStrictEqual([exchange.commits.flat(), calls], [[10, 11], [1, 2, 3, 10, 11]]);
  await clock.advance(10);
  await settle();
  deepStrictEqual(exchange.commits.flat(), [10, 11, 1]);
  await clock.advance(19);
  await settle();
  deepStrictEqual(calls, [1, 2, 3, 10, 11, 1, 2], "the second failure waits longer than the first");
  await clock.advance(1);
  await settle();
  deepStrictEqual(exchange.commits.flat(), [10, 11, 1, 2, 3]);
  deepStrictEqual([calls, letters()], [[1, 2, 3, 10, 11, 1, 2, 2], []], "what stood behind it was worked on once");
  await worker.close();
});

Deno.test("Exchanging buries none that can succeed, and works on each as often as it fails, and once, however many fail", async () => {
  const chance = randomFrom(7);
  const calls = new Map<number, number>();
  const failures = new Map<number, number>();
  const { begin, letters, exchange, clock, input } = await exchanging((n) => {
    calls.set(n, (calls.get(n) ?? 0) + 1);
    const failed = failures.get(n) ?? 0;
    if (n % 100 === 50 || (failed < 2 && chance() < 0.3)) {
      failures.set(n, failed + 1);
      throw new RangeError("flaky");
    }
    return [n];
  }, { partitions: 3, maxTries: 3 });
  const numbers = Array.from({ length: 300 }, (_, n) => n);
  await input.publish(numbers.map((body) => ({ body, key: `key ${body % 7}` })));
  const worker = await begin();
  for (let turn = 0; turn < 1_000 && await input.lag("g") > 0; turn++) {
    await settle();
    await clock.advance(10);
  }
  const poison = numbers.filter((n) => n % 100 === 50);
  const kept = exchange.commits.flat() as number[];
  deepStrictEqual(kept.toSorted((one, other) => one - other), numbers.filter((n) => !poison.includes(n)));
  const newest = new Map<number, number>();
  for (const n of kept) {
    ok(n > (newest.get(n % 7) ?? -1), `${n} comes behind ${newest.get(n % 7)}`);
    newest.set(n % 7, n);
  }
  deepStrictEqual(letters().toSorted(([one], [other]) => Number(one) - Number(other)), poison.map((n) => [n, 3]));
  deepStrictEqual(
    numbers.map((n) => calls.get(n)),
    numbers.map((n) => (failures.get(n) ?? 0) + Number(!poison.includes(n))),
  );
  await worker.close();
});

Deno.test("Exchanging goes on beside a record that cannot be written to the dead letters, and tries to write it again", async () => {
  const calls: number[] = [];
  const { begin, publish, letters, exchange, clock, input } = await exchanging((n) => {
    calls.push(n);
    if (n === 2) throw new StatusError(400, "not at all");
    return [n];
  });
  const { subscribe } = exchange.input;
  let refusals = 2;
  exchange.input.subscribe = async (options) => {
    const subscription = await subscribe.call(exchange.input, options);
    const next = subscription.next.bind(subscription);
    subscription.next = async () => {
      const result = await next();
      if (result.done !== true) {
        const bury = result.value.bury.bind(result.value);
        result.value.bury = async (error, records) => {
          if (refusals-- > 0) throw new RangeError("no place");
          await bury(error, records);
        };
      }
      return result;
    };
    return subscription;
  };
  await publish([1, 2, 3]);
  const worker = await begin();
  await settle();
  deepStrictEqual([exchange.commits.flat(), letters()], [[1], []]);
  await clock.advance(1_000);
  await settle();
  await clock.advance(1_000);
  await settle();
  deepStrictEqual([exchange.commits.flat(), letters().map(([n]) => n), calls], [[1, 3], [2], [1, 2, 3]]);
  strictEqual(await input.lag("g"), 0);
  strictEqual(exchange.discarded, 2, "a letter that is half written goes with nothing");
  await worker.close();
});

Deno.test("untilFailure() parts each partition at the first that is not ready, and keeps the order", () => {
  const records = ["a1", "b1", "a2!", "b2", "a3", "b3!", "c1!", "b4!", "a4", "d1"].map((name) => ({
    name,
    partition: name[0]!,
  }));
  const { first, behind } = untilFailure(records, ({ name }) => !name.endsWith("!"));
  deepStrictEqual(first.map(({ name }) => name), ["a1", "b1", "b2", "d1"]);
  deepStrictEqual(behind.map(({ name }) => name), ["a2!", "a3", "b3!", "c1!", "b4!", "a4"]);
});

Deno.test("Exchanging works no more on what it knows when something else cannot be kept", async () => {
  const calls: number[] = [];
  const { begin, input, exchange, clock } = await exchanging((n) => {
    calls.push(n);
    if (n === 1 && calls.filter((one) => one === 1).length === 1) throw new RangeError("not yet");
    return [n];
  }, { partitions: 2 });
  const [one, other] = await twoKeys(input);
  const worker = await begin();
  await settle();
  exchange.commits.length = calls.length = 0;
  await input.publish([1, 2].map((body) => ({ body, key: one })));
  await settle();
  exchange.refuse = 1;
  await input.publish([{ body: 10, key: other }]);
  await settle();
  await clock.advance(100);
  await settle();
  deepStrictEqual([exchange.commits.flat(), calls], [[1, 2], [1, 2, 10, 1]]);
  await worker.close();
});

Deno.test("Exchanging tells of what cannot be kept, and goes on", async () => {
  const { begin, publish, exchange, clock, log } = await exchanging((n) => [n]);
  exchange.refuse = 1;
  await publish([1, 2, 3, 4]);
  const worker = await begin();
  await settle();
  deepStrictEqual(worker.troubles().map(({ act, reason }) => [act, reason]), [["read", "no"]]);
  await publish([5]);
  await settle();
  deepStrictEqual(exchange.commits, [], "it waits before it tries again");
  await clock.advance(100);
  await settle();
  deepStrictEqual(worker.troubles(), []);
  deepStrictEqual([exchange.commits, exchange.discarded], [[[5]], 1]);
  deepStrictEqual(log.lines.filter((line) => /come again/.test(JSON.stringify(line))).length, 1);
  await worker.close();
});

Deno.test("Exchanging tells no trouble where partitions went to others, and a trouble no longer than records come", async () => {
  const gate = Promise.withResolvers<void>();
  const { begin, publish, exchange, clock, log } = await exchanging(async (n) => {
    if (n === 3) await gate.promise;
    return [n];
  });
  const worker = await begin();
  exchange.refuse = 2;
  exchange.why = new TakenError("its partitions went to others");
  await publish([1]);
  await settle();
  deepStrictEqual([worker.troubles(), exchange.refuse], [[], 1]);
  strictEqual(log.lines.filter((line) => /went to others/.test(JSON.stringify(line))).length, 1);
  await clock.advance(100);
  exchange.why = new Error("no");
  await publish([2]);
  await settle();
  strictEqual(worker.troubles().length, 1);
  await clock.advance(200); // the pause; then it waits
  await settle();
  await clock.advance(2_999);
  strictEqual(worker.troubles().length, 1);
  await clock.advance(1);
  deepStrictEqual(worker.troubles(), []);
  await publish([3]);
  await settle();
  deepStrictEqual(worker.troubles(), [], "what is worked on now has not failed");
  gate.resolve();
  await settle();
  deepStrictEqual([exchange.commits, worker.troubles()], [[[3]], []]);
  await worker.close();
});

Deno.test("Exchanging tells which stream takes nothing, where it is known, as long as each try ends so", async () => {
  const gate = Promise.withResolvers<void>();
  const { begin, publish, exchange, clock } = await exchanging(async (n) => {
    if (n === 3) await gate.promise;
    return [n];
  });
  exchange.refuse = 2;
  exchange.why = new OutputError("Cannot publish to kafka://h/out: gone", "kafka://ann:pw@h/out?partitions=2");
  const worker = await begin();
  const since = clock.now();
  const told = {
    act: "publish",
    stream: "kafka://***@h/out?partitions=2",
    group: undefined,
    since,
    reason: "Cannot publish to kafka://h/out: gone",
  };
  for (const [n, pauseMs] of [[1, 100], [2, 200]] as const) {
    await publish([n]);
    await settle();
    await clock.advance(pauseMs);
    await settle();
    deepStrictEqual(worker.troubles(), [told]);
  }
  await publish([3]);
  await settle();
  await clock.advance(60_000);
  deepStrictEqual(worker.troubles(), [told], "while the next is worked on nobody knows better");
  gate.resolve();
  await settle();
  deepStrictEqual([worker.troubles(), exchange.commits], [[], [[3]]]);
  await worker.close();
});

Deno.test("Exchanging works once on what cannot be kept, however often, but where it is refused for its size or went to others", async () => {
  for (
    const { why, times } of [
      { why: new Error("no"), times: 1 },
      { why: new OutputError("no", "memory://out", { cause: new TooLargeError("large") }), times: 4 },
      { why: new TakenError("its partitions went to others"), times: 4 },
    ]
  ) {
    const calls: number[] = [];
    const { begin, publish, exchange, clock, input } = await exchanging((n) => {
      calls.push(n);
      return [n];
    });
    holdAcknowledged(exchange);
    exchange.refuse = 3;
    exchange.why = why;
    await publish([1, 2]);
    const worker = await begin();
    for (let pauseMs = 100; pauseMs <= 400; pauseMs *= 2) {
      await settle();
      await clock.advance(pauseMs);
    }
    await settle();
    deepStrictEqual([exchange.commits, await input.lag("g")], [[[1, 2]], 0]);
    deepStrictEqual(calls, Array.from({ length: times }, () => [1, 2]).flat());
    await worker.close();
  }
});

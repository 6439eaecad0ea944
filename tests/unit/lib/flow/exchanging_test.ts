import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { StatusError } from "../../../../lib/errors.ts";
import { start } from "../../../../lib/flow/start.ts";
import { startWorker } from "../../../../lib/flow/worker.ts";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { flatMap } from "../../../../lib/steps/flat_map.ts";
import { queue } from "../../../../lib/steps/queue.ts";
import type { Exchange } from "../../../../lib/streams/exchange.ts";
import { MemoryBroker } from "../../../../lib/streams/memory/memory_broker.ts";
import type { Stream } from "../../../../lib/streams/stream.ts";
import { settle, TestClock } from "../../../../lib/testing/test_clock.ts";
import { memoryLog } from "../../../support/run_graph.ts";

/** An exchange over streams in memory, whose commits are lists of what went together; `refuse` has the next ones fail. */
class FakeExchange implements Exchange {
  readonly input: Stream;
  readonly commits: unknown[][] = [];
  refuse = 0;
  discarded = 0;
  #pending: unknown[] = [];

  constructor(input: Stream) {
    this.input = input;
  }

  output(): Promise<Stream> {
    const stream = new MemoryBroker().open("memory://out");
    stream.publish = (records) => Promise.resolve(void this.#pending.push(...records.map(({ body }) => body)));
    return Promise.resolve(stream);
  }

  commit(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    if (this.refuse > 0) {
      this.refuse -= 1;
      return Promise.reject(new Error("no"));
    }
    this.commits.push(pending);
    return Promise.resolve();
  }

  discard(): Promise<void> {
    this.#pending = [];
    this.discarded += 1;
    return Promise.resolve();
  }
}

/** A flow that exchanges numbers. */
async function exchanging(work: (n: number) => number[] | Promise<number[]>) {
  const broker = new MemoryBroker();
  const clock = new TestClock();
  const log = memoryLog();
  const input = broker.open("memory://in?partitions=1", { clock });
  const exchange = new FakeExchange(broker.open("memory://in?partitions=1", { clock }));
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
  const source = { stream: exchange.input, exchange, group: "g", maxRecords: 4, maxTries: 2, backoffMs: 10 };
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

Deno.test("Exchanging keeps nothing of a delivery in which a record fails; one that fails too often is left out, and is a dead letter", async () => {
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
  deepStrictEqual(tries.get(3), 1, "what cannot go on is not tried again");
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

Deno.test("Exchanging tells of what cannot be kept, and goes on", async () => {
  const { begin, publish, exchange, log } = await exchanging((n) => [n]);
  exchange.refuse = 1;
  await publish([1, 2, 3, 4]);
  const worker = await begin();
  await settle();
  await publish([5]);
  await settle();
  deepStrictEqual([exchange.commits, exchange.discarded], [[[5]], 1]);
  deepStrictEqual(log.lines.filter((line) => /come again/.test(JSON.stringify(line))).length, 1);
  await worker.close();
});

/** A function is started again after it was closed, and beside itself: each run begins anew and knows nothing of the others. */

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { batch, type Context, mapWithState, merge, queue, reduce, serving } from "levada";
import { memoryLog } from "../support/run_graph.ts";

const QUIET = { log: memoryLog() };

class Counts {
  static opened = 0;
  static closed = 0;
  readonly #list: number[];
  readonly #context: Context;
  constructor({ list }: { list: number[] }, context: Context) {
    this.#list = list; // it writes into its argument: the next run must not see that
    this.#context = context;
  }
  open(): void {
    Counts.opened++;
  }
  do(n: number): number {
    if (n < 0) throw new Error("below zero");
    return this.#list.push(n) + this.#context.param("base", 0);
  }
  close(): void {
    Counts.closed++;
  }
}

function build() {
  const fn = serving("again");
  fn.setTopology("flow").to("count", Counts, { list: [] })
    .to("state", mapWithState(() => 100, (n: number, state) => [n + state, state + 1])).respond()
    .to("sum", reduce(0, (sum, n: number) => sum + n))
    .to("out", queue({ path: "memory://out" }));
  return fn;
}

/** One run: two replies, what left, what failed, the result. */
async function once(fn: ReturnType<typeof build>): Promise<unknown[]> {
  const server = await fn.toMockServer(QUIET);
  const replies = [await server.test("/", 7), await server.test("/", 7)];
  await rejects(server.test("/", -1), { status: 500 });
  const total = await server.waitForCompletion();
  return [replies, server.sent("out"), server.counts(), total];
}

const FIRST = [[101, 103], [101, 204], { count: { failed: 1 } }, 204];

Deno.test("toMockServer() begins anew after the server before was closed: states, folds, queues, counts, arguments", async () => {
  const fn = build();
  [Counts.opened, Counts.closed] = [0, 0];
  for (const _ of [1, 2, 3]) deepStrictEqual(await once(fn), FIRST);
  deepStrictEqual([Counts.opened, Counts.closed], [3, 3]);
});

Deno.test("start() runs several flows of one function beside each other, sharing nothing", async () => {
  const fn = build();
  const [one, other] = [await fn.start(QUIET), await fn.start(QUIET)];
  deepStrictEqual([await one.ask(7), await one.ask(7), await other.ask(7)], [101, 103, 101]);
  strictEqual(await one.close(), 204);
  deepStrictEqual([await other.ask(7), one.sent("out"), other.sent("out")], [103, [101, 204], [101, 204]]);
  await rejects(one.ask(7), { status: 503 });
  strictEqual(await other.close(), 204);
});

Deno.test("start() takes a copy: steps and parameters that come later are for the next run", async () => {
  const fn = serving("later");
  const graph = fn.setTopology("flow");
  graph.to("base", (n: number, context: Context) => n + context.param<number>("base", 0)).respond();
  const first = await fn.start(QUIET);
  fn.setParam("base", 10);
  graph.to("late", (n: number) => n);
  strictEqual(await first.ask(1), 1);
  await first.close();
  await using second = await fn.start(QUIET);
  strictEqual(await second.ask(1), 11);
});

Deno.test("start() after a start that failed works when the step is mended", async () => {
  let isDown = true;
  const closed: string[] = [];
  class Model {
    open(): void {
      if (isDown) throw new Error("no weights");
    }
    do = (n: number) => n;
  }
  class Other {
    do = (n: number) => n;
    close = () => void closed.push("other");
  }
  const fn = serving("mended");
  fn.setTopology("flow").to("other", Other).to("model", Model).respond();
  await rejects(fn.start(QUIET), /step "model": no weights/);
  deepStrictEqual(closed, ["other"]);
  isDown = false;
  await using flow = await fn.start(QUIET);
  strictEqual(await flow.ask(1), 1);
});

Deno.test("start() again after a close that gave up what was held begins without it", async () => {
  const fn = serving("held");
  const graph = fn.setTopology("flow");
  graph.to("pair", batch<number>({ maxEvents: 2 })).to("join", merge<number[]>({ key: () => "k", expected: 2 }))
    .respond();
  const first = await fn.start(QUIET);
  const left = first.ask(1);
  await first.close();
  strictEqual(await left, undefined); // the join ends what has no other part
  const second = await fn.start(QUIET);
  const all = [2, 3, 4, 5].map((n) => second.ask(n));
  deepStrictEqual(await Promise.all(all), Array(4).fill([[2, 3], [4, 5]]));
  await second.close();
});

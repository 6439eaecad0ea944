import type { ServingFunction } from "../functions/serving.ts";
import { unitOf } from "../functions/unit.ts";
import { TestBench } from "./bench.ts";
import type { BenchOptions } from "./bench_options.ts";

/**
 * Puts a serving function on the bench: windows, time-outs, retries, crashes and redelivery are tested in milliseconds, without a
 * broker. Streams of any kind live in this process here, or all at the broker that `streams` says.
 *
 * @example A crash in the middle of a batch loses nothing
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { batch, queue, serving } from "levada";
 * import { testBench } from "levada/testing";
 *
 * const fn = serving("orders").addChildFunction("billing");
 * fn.setTopology("flow").to("orders", queue<number>({ path: "kafka://broker:9092/orders" }))
 *   .to("three", batch<number>({ maxEvents: 3 }), { function: "billing" })
 *   .to("bills", queue({ path: "kafka://broker:9092/bills" }));
 *
 * await using bench = await testBench(fn);
 * for (const order of [1, 2]) await bench.send(order);
 * await bench.crash("billing");
 * const again = await bench.redeliver("billing");
 * await bench.send(3);
 * deepStrictEqual(again.map(({ body }) => body), [1, 2]);
 * deepStrictEqual((await bench.published("bills")).map(({ body }) => body), [[1, 2, 3]]);
 * deepStrictEqual((await bench.committed("orders")).length, 3);
 * ```
 *
 * @example The same test at the broker that the function will have
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { queue, serving } from "levada";
 * import { type BenchOptions, testBench } from "levada/testing";
 *
 * const fn = serving("orders").addChildFunction("billing");
 * fn.setTopology("flow").to("orders", queue<number>())
 *   .to("bill", (n: number) => ({ bill: n }), { function: "billing" })
 *   .to("bills", queue({ path: "kafka://broker:9092/bills" }));
 *
 * async function losesNothing(options: BenchOptions) {
 *   await using bench = await testBench(fn, options);
 *   await bench.send(1);
 *   await bench.crash("billing");
 *   await bench.send(2);
 *   await bench.redeliver("billing");
 *   await bench.until(async () => (await bench.committed("orders")).length === 2);
 *   const bills = (await bench.published("bills")).map(({ body }) => (body as { bill: number }).bill);
 *   deepStrictEqual([...new Set(bills)].sort(), [1, 2]); // at least once: a broker may have one twice
 * }
 * await losesNothing({}); // in this process
 * const broker = Deno.env.get("TEST_BROKER"); // such as kafka://localhost:9092/{name}?retention=1h
 * if (broker !== undefined) await losesNothing({ streams: broker });
 * ```
 *
 * @param fn The function, with its graph and its children.
 * @throws {GraphError} With everything that is wrong with the graph, or that cannot be opened.
 * @throws {RangeError} If `streams` has no place for names, or a clock is to move a broker's time.
 * @throws {StreamError} If there is no driver for `streams`.
 */
export async function testBench(fn: ServingFunction, options: BenchOptions = {}): Promise<TestBench> {
  const bench = new TestBench(unitOf(fn), options);
  try {
    await bench.start();
  } catch (error) {
    await bench.close().catch(() => {}); // what had started; the cause is known
    throw error;
  }
  return bench;
}

/** What a bench leaves at a broker. */

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { serving } from "../../../lib/functions/serving.ts";
import { queue } from "../../../lib/steps/queue.ts";
import { openStream } from "../../../lib/streams/open_stream.ts";
import { testBench } from "../../../lib/testing/test_bench.ts";
import type { StreamCase } from "./contract.ts";
import type { BenchTrial } from "./main.ts";
import { patiently } from "./patiently.ts";

/** The case of a broker. */
export function benchEnd({ list, ...options }: BenchTrial): StreamCase {
  return {
    title: "close() deletes the streams that the bench made, and no other; what was in them is still told",
    async run() {
      const own = options.streams.replace("{name}", `orders-${crypto.randomUUID()}`);
      await using orders = await openStream<string>(own);
      await orders.publish([{ body: "mine" }]);
      const before = await list();
      const fn = serving("orders").addChildFunction("child");
      fn.setTopology("flow").to("q", queue<number>({ path: "kafka://broker/orders" }))
        .to("work", (n: number) => {
          if (n === 2) throw new RangeError("not two");
          return n;
        }, { function: "child" })
        .to("out", queue({ path: "kafka://broker/out" }));
      const bench = await testBench(fn, options);
      for (const n of [1, 2, 3]) await bench.send(n, { key: "k" });
      await bench.until(async () => (await bench.committed("q")).length === 3);
      await bench.close();
      await patiently(async () => deepStrictEqual(await list(), before)); // a broker tells of it a little later
      deepStrictEqual(bench.lines.filter((line) => line.includes("stay")), []);
      const told = async (records: Promise<readonly { readonly body: unknown }[]>) =>
        (await records).map(({ body }) => body);
      deepStrictEqual(await told(bench.published("q")), [1, 2, 3]);
      deepStrictEqual(await told(bench.committed("q")), [1, 2, 3]);
      deepStrictEqual(await told(bench.published("out")), [1, 3]);
      deepStrictEqual((await bench.deadLetters("q")).map(({ body, error }) => [body, error?.message]), [[
        2,
        "not two",
      ]]);
      await bench.close();
      deepStrictEqual(await list(), before);
      const [record] = await Array.fromAsync(orders.look("nobody"));
      strictEqual(record?.body, "mine");
    },
  };
}

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { Graph } from "../../../../lib/graph/graph.ts";
import { ReplyStream } from "../../../../lib/flow/reply_stream.ts";
import { filter } from "../../../../lib/steps/filter.ts";
import { runGraph } from "../../../support/run_graph.ts";

function counting(seen: number[] = []): Graph<number> {
  const graph = new Graph<number>("g");
  graph.to("count", function* (to: number) {
    try {
      for (let n = 1; n <= to; n++) {
        seen.push(n);
        yield n;
        if (n === 4) throw new Error("four");
      }
    } finally {
      seen.push(-1);
    }
  })
    .to("odd", filter((n) => n !== 2))
    .to("later", async (n) => await Promise.resolve(n * 10))
    .respond();
  return graph;
}

Deno.test("ReplyStream gives chunk by chunk what a generator made, through the steps behind it", async () => {
  await using flow = await runGraph(counting());
  deepStrictEqual(await Array.fromAsync(await flow.ask<AsyncIterable<number>>(3)), [10, 30]);
});

Deno.test("ReplyStream asks for the next chunk when the one before was taken", async () => {
  const seen: number[] = [];
  await using flow = await runGraph(counting(seen));
  const chunks = await flow.ask<AsyncIterableIterator<number>>(3);
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  deepStrictEqual(seen, [1]);
  await chunks.next();
  await chunks.next();
  deepStrictEqual(seen.slice(0, 3), [1, 2, 3]);
  await chunks.return?.();
});

Deno.test("ReplyStream stops the generator when its reader leaves", async () => {
  const seen: number[] = [];
  const flow = await runGraph(counting(seen));
  for await (const chunk of await flow.ask<AsyncIterable<number>>(1_000)) {
    strictEqual(chunk, 10);
    break;
  }
  await flow.close();
  strictEqual(seen.at(-1), -1);
  strictEqual(seen.length < 5, true);
});

Deno.test("ReplyStream ends a read that waits when its reader leaves", async () => {
  const graph = new Graph<number>("g");
  const leave = Promise.withResolvers<void>();
  graph.to("wait", async function* (n: number) {
    yield n;
    await leave.promise;
  }).respond();
  await using flow = await runGraph(graph);
  const chunks = await flow.ask<AsyncIterableIterator<number>>(1);
  await chunks.next();
  const waiting = chunks.next();
  await chunks.return?.();
  deepStrictEqual(await waiting, { value: undefined, done: true });
  leave.resolve();
});

Deno.test("ReplyStream fails behind the chunks that there were when the generator fails midway", async () => {
  await using flow = await runGraph(counting());
  const got: number[] = [];
  await rejects(
    (async () => {
      for await (const chunk of await flow.ask<AsyncIterable<number>>(9)) got.push(chunk);
    })(),
    /four/,
  );
  deepStrictEqual(got, [10, 30, 40]);
});

Deno.test("ReplyStream.whenEnded() calls back once, when nothing is made any more, also for who comes late", async () => {
  const ways: ((stream: ReplyStream) => unknown)[] = [
    (stream) => stream.end(),
    (stream) => stream.end(new Error("failed")),
    (stream) => stream.giveUp(new Error("late")),
    (stream) => stream.return(),
  ];
  for (const way of ways) {
    const stream = new ReplyStream(() => {});
    let ended = 0;
    stream.whenEnded(() => ended += 1);
    stream.push(1, () => {});
    strictEqual(ended, 0);
    await way(stream);
    stream.end();
    await stream.return();
    strictEqual(ended, 1);
    stream.whenEnded(() => ended += 1);
    strictEqual(ended, 2);
  }
});

import { deepStrictEqual, rejects } from "node:assert/strict";
import { Graph } from "../../../../../lib/graph/graph.ts";
import type { StepDefinition } from "../../../../../lib/graph/operator.ts";
import { ReadyStep } from "../../../../../lib/graph/step.ts";
import { type RowSink, RowWriter, type RowWriterOptions } from "../../../../../lib/steps/rows/row_writer.ts";
import { z } from "zod";
import { ManualClock, settle } from "../../../../support/manual_clock.ts";
import { runGraph } from "../../../../support/run_graph.ts";

interface Told {
  readonly pieces: number[][];
  /** Lets the write that waits go on; with an error, it fails. */
  next(error?: Error): Promise<void>;
  readonly isClosed: () => boolean;
}

/** A graph whose writer writes when the test says so, or at once. */
function writing(
  options: Partial<RowWriterOptions>,
  { isSlow = false, fails }: { isSlow?: boolean; fails?: (piece: readonly number[]) => Error | undefined } = {},
): { graph: Graph<number>; told: Told; seen: number[] } {
  const pieces: number[][] = [];
  const waiting: PromiseWithResolvers<void>[] = [];
  const seen: number[] = [];
  let isClosed = false;
  const sink: RowSink<number> = {
    rowOf({ body }) {
      if (body === 13) throw new TypeError("13 is no row");
      return body as number;
    },
    async write(rows) {
      pieces.push([...rows]);
      if (isSlow) {
        const gate = Promise.withResolvers<void>();
        waiting.push(gate);
        await gate.promise;
      }
      const error = fails?.(rows);
      if (error !== undefined) throw error;
    },
    isRowFault: (error) => error instanceof RangeError,
    close() {
      isClosed = true;
      return Promise.resolve();
    },
  };
  const definition: StepDefinition = {
    kind: "writing",
    shape: "cylinder",
    options: z.strictObject({}),
    code: {},
    holds: true,
    open: (_spec, scope) => new RowWriter(sink, { maxEvents: 2, flushAfterMs: undefined, ...options }, scope),
  };
  const graph = new Graph<number>("g");
  graph.to("write", new ReadyStep<number, number>(definition)).to("see", (n) => {
    seen.push(n);
    return n;
  }).respond();
  const next = async (error?: Error) => {
    const gate = waiting.shift()!;
    if (error === undefined) gate.resolve();
    else gate.reject(error);
    await settle();
  };
  return { graph, seen, told: { pieces, next, isClosed: () => isClosed } };
}

Deno.test("RowWriter writes by count, lets events go on when they are written, and the rest at close", async () => {
  const { graph, told, seen } = writing({}, { isSlow: true });
  const flow = await runGraph(graph);
  for (const n of [1, 2, 3]) await flow.emit(n);
  await settle();
  deepStrictEqual([told.pieces, seen], [[[1, 2]], []]);
  await told.next();
  deepStrictEqual([told.pieces, seen], [[[1, 2]], [1, 2]]);
  const closed = flow.close();
  await settle();
  await told.next();
  await closed;
  deepStrictEqual([told.pieces, seen, told.isClosed()], [[[1, 2], [3]], [1, 2, 3], true]);
});

Deno.test("RowWriter writes some time after the first event of a piece, and leaves no timer", async () => {
  const { graph, told } = writing({ maxEvents: 3, flushAfterMs: 100 });
  const clock = new ManualClock();
  const flow = await runGraph(graph, { clock });
  await flow.emit(1);
  await clock.advance(60);
  await flow.emit(2);
  await clock.advance(39);
  deepStrictEqual(told.pieces, []);
  await clock.advance(1);
  deepStrictEqual(told.pieces, [[1, 2]]);
  for (const n of [3, 4, 5, 6]) await flow.emit(n);
  await settle();
  deepStrictEqual([told.pieces.at(-1), clock.timers], [[3, 4, 5], 1]);
  await flow.close();
  deepStrictEqual([told.pieces.at(-1), clock.timers], [[6], 0]);
});

Deno.test("RowWriter holds back whoever comes while one piece is written and the next is full, in order", async () => {
  const { graph, told, seen } = writing({}, { isSlow: true });
  const flow = await runGraph(graph, { maxInFlight: 1 });
  let sent = 0;
  const sending = (async () => {
    for (let n = 1; n <= 9; n++) {
      await flow.emit(n);
      sent = n;
    }
  })();
  await settle();
  deepStrictEqual([told.pieces, sent], [[[1, 2]], 5]); // 1 and 2 are written, 3 and 4 wait in the next piece, 5 outside of it
  for (let piece = 0; piece < 4; piece++) await told.next();
  await sending;
  const closed = flow.close();
  await settle();
  await told.next();
  await closed;
  deepStrictEqual([told.pieces, seen], [[[1, 2], [3, 4], [5, 6], [7, 8], [9]], [1, 2, 3, 4, 5, 6, 7, 8, 9]]);
});

Deno.test("RowWriter fails exactly the events of a piece that cannot be written", async () => {
  const { graph } = writing({}, { fails: (rows) => rows.includes(2) ? new Error("disk full") : undefined });
  await using flow = await runGraph(graph);
  const asked = await Promise.allSettled([1, 2, 3, 4].map((n) => flow.ask(n)));
  deepStrictEqual(asked.map(({ status }) => status), ["rejected", "rejected", "fulfilled", "fulfilled"]);
  await rejects(Promise.all([flow.ask(2), flow.ask(5)]), /Step "write" failed: disk full/);
});

Deno.test("RowWriter fails the row at fault alone, where rows are at fault and not the place", async () => {
  const fails = (rows: readonly number[]) =>
    rows.includes(3) || rows.includes(6) ? new RangeError("bad row") : undefined;
  const { graph, seen } = writing({ maxEvents: 8 }, { fails });
  await using flow = await runGraph(graph);
  const asked = await Promise.allSettled([1, 2, 3, 4, 5, 6, 7, 8].map((n) => flow.ask(n)));
  deepStrictEqual(asked.flatMap(({ status }, index) => status === "rejected" ? [index + 1] : []), [3, 6]);
  deepStrictEqual(seen, [1, 2, 4, 5, 7, 8]);
});

Deno.test("RowWriter fails an event of which no row can be made, also one that had to wait, and goes on", async () => {
  const { graph, told, seen } = writing({}, { isSlow: true });
  await using flow = await runGraph(graph);
  await rejects(flow.ask(13), /Step "write" failed: 13 is no row/);
  const asked = [1, 2, 3, 4, 13, 5, 6].map((n) => flow.ask(n));
  const settled = Promise.allSettled(asked);
  await settle();
  for (let piece = 0; piece < 3; piece++) await told.next();
  deepStrictEqual((await settled).map(({ status }) => status === "rejected"), [
    false,
    false,
    false,
    false,
    true,
    false,
    false,
  ]);
  deepStrictEqual(seen, [1, 2, 3, 4, 5, 6]);
});

Deno.test("RowWriter survives a place that fails at once with many waiting", async () => {
  const { graph } = writing({ maxEvents: 1 }, { fails: () => new Error("read-only") });
  const flow = await runGraph(graph);
  const asked = await Promise.allSettled(Array.from({ length: 50 }, (_, n) => flow.ask(100 + n)));
  deepStrictEqual(asked.filter(({ status }) => status === "rejected").length, 50);
  await flow.close();
});

Deno.test("RowWriter does not write for a caller who left while it waited for room", async () => {
  const { graph, told, seen } = writing({ maxEvents: 1 }, { isSlow: true });
  await using flow = await runGraph(graph);
  const leaving = new AbortController();
  const first = flow.ask(1);
  const second = flow.ask(2);
  const third = flow.ask(3, { signal: leaving.signal });
  const fourth = flow.ask(4);
  await settle();
  leaving.abort();
  await rejects(third, /left before the answer/);
  for (let piece = 0; piece < 3; piece++) await told.next();
  deepStrictEqual(await Promise.all([first, second, fourth]), [1, 2, 4]);
  deepStrictEqual([told.pieces, seen], [[[1], [2], [4]], [1, 2, 4]]);
});

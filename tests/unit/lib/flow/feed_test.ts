import { deepStrictEqual, rejects } from "node:assert/strict";
import { z } from "zod";
import { feed } from "../../../../lib/flow/feed.ts";
import type { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { settle } from "../../../support/manual_clock.ts";
import { memoryLog, runGraph } from "../../../support/run_graph.ts";

interface Row {
  readonly user?: string | number | null;
  readonly at?: Date | string | number | null;
}

/** A graph that notes key, time and id of what comes. */
function noting(): { graph: Graph<Row>; seen: [string | undefined, number, string][] } {
  const seen: [string | undefined, number, string][] = [];
  const graph = new Graph<Row>("g");
  graph.to("note", (event: FlowEvent<Row>) => void seen.push([event.key, event.time.getTime(), event.id]), {
    fullEvent: true,
  });
  return { graph, seen };
}

Deno.test("feed() sends every row, with key, time and id of its fields or of functions", async () => {
  const { graph, seen } = noting();
  await using flow = await runGraph(graph);
  const rows = [{ user: "ana", at: "1970-01-01T00:00:01Z" }, { user: 7, at: 2_000 }, { user: "", at: new Date(3_000) }];
  deepStrictEqual(await feed(flow, rows, { key: "user", time: "at", id: (row) => `id ${row.user}` }), {
    sent: 3,
    skipped: 0,
  });
  deepStrictEqual(seen, [["ana", 1_000, "id ana"], ["7", 2_000, "id 7"], ["", 3_000, "id "]]);
});

Deno.test("feed() skips rows without their key, time or id, and those the graph does not take; the log tells each", async () => {
  const seen: unknown[] = [];
  const graph = new Graph<Row & { n: number }>("g", { input: z.object({ n: z.number() }).loose() });
  graph.to("note", (row) => void seen.push(row.n));
  await using flow = await runGraph(graph);
  const log = memoryLog();
  const rows = [
    { n: 1, user: "ana", at: 0 },
    { n: 2, user: null, at: 0 },
    { n: 3, at: 0 },
    { n: 4, user: NaN, at: 0 },
    { n: 5, user: "rui", at: "soon" },
    { n: "6", user: "rui", at: 0 } as never,
    { n: 7, user: "rui", at: 0 },
  ];
  deepStrictEqual(await feed(flow, rows, { key: "user", time: "at", log }), { sent: 2, skipped: 5 });
  deepStrictEqual(seen, [1, 7]);
  deepStrictEqual(log.lines.slice(0, 4), [
    "error: Skipped row 2: its key is null, not a text or number",
    "error: Skipped row 3: its key is undefined, not a text or number",
    "error: Skipped row 4: its key is number, not a text or number",
    "error: Skipped row 5: its time is no date, ISO text or count of milliseconds",
  ]);
  deepStrictEqual(/Skipped row 6: .*as input of graph "g": n:/.test(log.lines[4]!), true);
});

Deno.test("feed() waits while the flow is full, and takes the next row only then", async () => {
  const gates: (() => void)[] = [];
  const graph = new Graph<number>("g");
  graph.to("slow", () => new Promise<void>((open) => gates.push(open)));
  const flow = await runGraph(graph, { maxInFlight: 2 });
  let taken = 0;
  async function* source(): AsyncGenerator<number> {
    for (; taken < 4; taken++) yield taken;
  }
  const fed = feed(flow, source());
  await settle();
  deepStrictEqual(taken, 2); // 0 and 1 are in the flow, 2 waits outside
  for (let n = 0; n < 4; n++) {
    gates[n]!();
    await settle();
  }
  deepStrictEqual(await fed, { sent: 4, skipped: 0 });
  await flow.close();
});

Deno.test("feed() passes on what the source throws, closes it, and stops when told", async () => {
  const { graph, seen } = noting();
  await using flow = await runGraph(graph);
  function* broken(): Generator<Row> {
    yield { user: "ana" };
    throw new Error("line 2 is no JSON");
  }
  await rejects(feed(flow, broken()), /line 2 is no JSON/);
  deepStrictEqual(seen.length, 1);
  const stop = new AbortController();
  let isClosed = false;
  function* endless(): Generator<Row> {
    try {
      for (let n = 0;; n++) {
        if (n === 10) stop.abort(new Error("enough"));
        yield { user: n };
      }
    } finally {
      isClosed = true;
    }
  }
  await rejects(feed(flow, endless(), { signal: stop.signal }), /enough/);
  deepStrictEqual([seen.length, isClosed], [12, true]);
  await rejects(feed(flow, [{}], { signal: stop.signal }), /enough/);
});

Deno.test("feed() fails when the flow is closed", async () => {
  const { graph } = noting();
  const flow = await runGraph(graph);
  await flow.close();
  await rejects(feed(flow, [{}]), /flow "g" is closed/);
});

Deno.test("feed() lets timers run while it feeds a long list", async () => {
  const { graph } = noting();
  await using flow = await runGraph(graph);
  let isRun = false;
  const timer = Promise.withResolvers<void>();
  setTimeout(() => {
    isRun = true;
    timer.resolve();
  }, 0);
  await feed(
    flow,
    (function* () {
      for (let n = 0; !isRun; n++) yield { user: n };
    })(),
  );
  await timer.promise;
});

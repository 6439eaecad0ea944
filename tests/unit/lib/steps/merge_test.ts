import { deepStrictEqual, rejects } from "node:assert/strict";
import { Graph } from "../../../../lib/graph/graph.ts";
import { filter } from "../../../../lib/steps/filter.ts";
import { flatMap } from "../../../../lib/steps/flat_map.ts";
import { merge, type MergeOptions } from "../../../../lib/steps/merge.ts";
import { runGraph } from "../../../support/run_graph.ts";

function split(
  options: MergeOptions<number, unknown>,
  branches: readonly ((n: number) => number | Promise<number>)[] = [(n) => n + 1, (n) => n - 1],
): Graph<number> {
  const graph = new Graph<number>("g");
  const start = graph.to("start", (n: number) => n);
  const ends = branches.map((fn, index) => start.to(`b${index}`, fn));
  graph.after(...ends).to("join", merge(options as MergeOptions<number | Promise<number>, unknown>)).respond();
  return graph;
}

Deno.test("merge() joins the parts of one event, at once or later", async () => {
  await using flow = await runGraph(split({}));
  deepStrictEqual(await flow.ask(5), [6, 4]);
  await using later = await runGraph(split({}, [async (n) => await Promise.resolve(n), (n) => n * 2, (n) => n * 3]));
  deepStrictEqual(
    (await Promise.all([later.ask(1), later.ask(10)])).map((list: number[]) => list.sort((a, b) => a - b)),
    [
      [1, 2, 3],
      [10, 20, 30],
    ],
  );
});

Deno.test("merge() makes the body by join, whose failure is the event's", async () => {
  await using flow = await runGraph(split({ join: (parts) => parts.reduce((sum, n) => sum + n) }));
  deepStrictEqual(await flow.ask(5), 10);
  await using failing = await runGraph(split({
    join: () => {
      throw new Error("no join");
    },
  }));
  await rejects(failing.ask(5), /no join/);
});

Deno.test("merge() is told of a branch that ended, and ends the event or joins what there is", async () => {
  for (const [incomplete, expected] of [["end", undefined], ["join", [5]]] as const) {
    const graph = new Graph<number>("g");
    const start = graph.to("start", (n: number) => n);
    const all = start.to("all", (n) => n);
    const even = start.to("even", filter((n) => n % 2 === 0));
    graph.after(all, even).to("join", merge({ incomplete })).respond();
    await using flow = await runGraph(graph);
    deepStrictEqual([await flow.ask(4), await flow.ask(5)], [[4, 4], expected]);
  }
});

Deno.test("merge() tells the step that ended the event", async () => {
  const graph = new Graph<number>("g");
  const start = graph.to("start", (n: number) => n);
  const all = start.to("all", async (n) => await Promise.resolve(n));
  const none = start.to("none", filter(() => false));
  graph.after(all, none).to("join", merge()).respond();
  await using flow = await runGraph(graph);
  const { FlowEvent } = await import("../../../../lib/graph/event.ts");
  deepStrictEqual(await flow.handle(new FlowEvent(1)), { kind: "ended", step: "none" });
});

Deno.test("merge() keeps the parts of each item of a list together", async () => {
  const joined: number[][] = [];
  const graph = new Graph<number[]>("g");
  const item = graph.to("items", flatMap((list) => list));
  const slow = item.to("slow", async (n) => {
    for (let turn = 0; turn < 5 - n; turn++) await Promise.resolve();
    return n;
  });
  const quick = item.to("quick", (n) => n * 10);
  graph.after(slow, quick).to("join", merge<number>()).to("keep", (parts) => void joined.push(parts));
  const flow = await runGraph(graph);
  await flow.ask([1, 2, 3]);
  await flow.close();
  deepStrictEqual(joined.map((parts) => parts.sort((a, b) => a - b)).sort(), [[1, 10], [2, 20], [3, 30]]);
});

Deno.test("merge() by key joins parts of different events, and gives up the oldest beyond its limit", async () => {
  const graph = new Graph<{ k: string; n: number }>("g");
  graph.to(
    "join",
    merge({
      key: ({ k }: { k: string; n: number }) => k,
      expected: 2,
      maxBehindEvents: 1,
      join: (parts) => parts.map(({ n }) => n),
    }),
  ).respond();
  await using flow = await runGraph(graph);
  const [a, b] = [flow.ask({ k: "a", n: 1 }), flow.ask({ k: "a", n: 2 })];
  deepStrictEqual(await Promise.all([a, b]), [[1, 2], [1, 2]]);
  const lost = flow.ask({ k: "b", n: 3 });
  const held = flow.ask({ k: "c", n: 4 });
  await rejects(lost, /1 of 2 parts came/);
  await rejects(flow.ask({ k: "b", n: 5 }), /given up/);
  deepStrictEqual(await Promise.all([held, flow.ask({ k: "c", n: 6 })]), [[4, 6], [4, 6]]);
  deepStrictEqual(flow.counts(), { join: { givenUp: 1, late: 1, failed: 2 } });
});

Deno.test("merge() answers whoever waits when the flow closes", async () => {
  const graph = new Graph<number>("g");
  graph.to("join", merge<number>({ key: String, expected: 2 })).respond();
  const flow = await runGraph(graph);
  const asked = flow.ask(1);
  await flow.close();
  deepStrictEqual(await asked, undefined);
});

Deno.test("merge() keeps apart the items of a list that an earlier merge has made", async () => {
  const graph = new Graph<number>("g");
  const start = graph.to("start", (n: number) => n);
  const ends = [start.to("more", (n) => n + 1), start.to("less", (n) => n - 1)];
  const item = graph.after(...ends).to("both", merge<number>()).to("each", flatMap((list) => list));
  const branches = [item.to("same", (n) => n), item.to("ten", async (n) => await Promise.resolve(n * 10))];
  const seen: number[][] = [];
  graph.after(...branches).to("again", merge<number>()).to("look", (pair) => seen.push(pair));
  const flow = await runGraph(graph);
  await flow.emit(5);
  await flow.close();
  deepStrictEqual(seen, [[6, 60], [4, 40]]);
});

Deno.test("merge() remembers no more keys that it gave up than may wait", async () => {
  const graph = new Graph<string>("g");
  graph.to("join", merge({ key: (k: string) => k, expected: 2, maxBehindEvents: 1 })).respond();
  await using flow = await runGraph(graph);
  const given = ["a", "b"].map((key) => rejects(flow.ask(key), /1 of 2 parts came/));
  const c = flow.ask("c");
  await Promise.all(given);
  await rejects(flow.ask("b"), /given up/);
  const lost = rejects(c, /1 of 2 parts came/);
  const a = flow.ask("a"); // as if it came for the first time
  await lost;
  deepStrictEqual(await Promise.all([a, flow.ask("a")]), [["a", "a"], ["a", "a"]]);
  deepStrictEqual(flow.counts().join, { givenUp: 3, late: 1, failed: 4 });
});

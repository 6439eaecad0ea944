import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { StatusError } from "../../../../lib/errors.ts";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { merge } from "../../../../lib/steps/merge.ts";
import { parallel } from "../../../../lib/steps/parallel.ts";
import { settle } from "../../../support/manual_clock.ts";
import { memoryLog, runGraph } from "../../../support/run_graph.ts";

function boom(): number {
  throw new Error("boom");
}

Deno.test("parallel() joins what functions return by name, at once and later, and waits for none before the next begins", async () => {
  const begun: string[] = [];
  let release = () => {};
  const graph = new Graph<{ n: number }>("g");
  graph.to(
    "p",
    parallel({
      slow: async ({ n }) => {
        begun.push("slow");
        await new Promise<void>((resolve) => release = resolve);
        return n + 1;
      },
      fast: ({ n }) => {
        begun.push("fast");
        return n + 2;
      },
      none: () => undefined,
    }),
  ).respond();
  await using flow = await runGraph(graph);
  const asked = flow.ask({ n: 1 });
  await settle();
  deepStrictEqual(begun, ["slow", "fast"]);
  release();
  deepStrictEqual(await asked, { slow: 2, fast: 3, none: undefined });
});

Deno.test("parallel() answers at once where all functions do", async () => {
  const seen: unknown[] = [];
  const graph = new Graph<number>("g");
  graph.to("p", parallel({ a: (n) => n + 1, b: (n) => n + 2 })).to("keep", (body) => void seen.push(body));
  const flow = await runGraph(graph);
  flow.emit(1);
  deepStrictEqual(seen, [{ a: 2, b: 3 }]);
  await flow.close();
});

Deno.test("parallel() gives each function a copy of the body, or with share the body itself", async () => {
  const graph = new Graph<{ list: number[] }>("g");
  const push = (body: { list: number[] }) => body.list.push(1);
  graph.to("p", parallel({ a: push, b: push }, { join: (results, { body }) => ({ ...results, body }) })).respond();
  await using flow = await runGraph(graph);
  deepStrictEqual(await flow.ask({ list: [0] }), { a: 2, b: 2, body: { list: [0] } });
  class Model {}
  for (const share of [false, true]) {
    const shared = new Graph<Model>("g");
    shared.to("p", parallel({ a: (model) => model instanceof Model, b: () => 0 }), { share }).respond();
    await using other = await runGraph(shared);
    if (share) deepStrictEqual(await other.ask(new Model()), { a: true, b: 0 });
    else await rejects(other.ask(new Model()), /body is a Model.*share: true/);
  }
});

Deno.test("parallel() runs the functions that are selected, once each; none ends the event", async () => {
  const ran: string[] = [];
  for (const isLater of [false, true]) {
    const graph = new Graph<{ run?: string | string[] | undefined }>("g");
    graph.to(
      "p",
      parallel({ a: () => ran.push("a"), b: () => ran.push("b") }, {
        select: ({ run }) => (isLater ? Promise.resolve(run) : run) as "a",
        join: (results) => Object.keys(results),
      }),
    ).respond();
    await using flow = await runGraph(graph);
    deepStrictEqual(await flow.ask({ run: "b" }), ["b"]);
    deepStrictEqual(await flow.ask({ run: ["b", "a", "b"] }), ["b", "a"]);
    deepStrictEqual([await flow.ask({ run: [] }), await flow.ask({})], [undefined, undefined]);
    deepStrictEqual(ran.splice(0), ["b", "b", "a"]);
    await rejects(flow.ask({ run: ["a", "c"] }), /Cannot run function "c": there are "a", "b"/);
    await rejects(flow.ask({ run: "toString" }), /Cannot run function "toString"/);
    await rejects(flow.ask({ run: 5 as never }), /Cannot select functions by number/);
    deepStrictEqual(ran, []);
  }
});

Deno.test("parallel() fails the event when functions fail, naming each, when all are done", async () => {
  let isDone = false;
  const graph = new Graph<number>("g");
  graph.to(
    "p",
    parallel({
      good: async () => {
        await settle();
        isDone = true;
      },
      bad: boom,
      worse: () => Promise.reject("text"),
    }),
  ).respond();
  await using flow = await runGraph(graph);
  await rejects(flow.ask(1), /Function "bad" failed: boom; Function "worse" failed: text/);
  strictEqual(isDone, true);
});

Deno.test("parallel() is the caller's fault only where every failure is", async () => {
  const gone = () => {
    throw new StatusError(404, "gone");
  };
  for (const [branches, status] of [[{ a: gone, b: gone }, 404], [{ a: gone, b: boom }, 500]] as const) {
    const graph = new Graph<number>("g");
    graph.to("p", parallel<number, { a: number; b: number }>(branches)).respond();
    await using flow = await runGraph(graph);
    await rejects(flow.ask(1), { status });
  }
});

Deno.test("parallel() goes on without those who failed where it is told to, and says who; not without anybody", async () => {
  const log = memoryLog();
  const graph = new Graph<number>("g");
  graph.to("p", parallel({ good: (n) => n, bad: (n) => n > 5 ? n : boom() }, { onError: "drop" })).respond();
  await using flow = await runGraph(graph, { log });
  deepStrictEqual(await flow.ask(1), { good: 1, failed: { bad: "boom" } });
  deepStrictEqual(await flow.ask(9), { good: 9, bad: 9 });
  deepStrictEqual([flow.counts().p, log.lines], [{ dropped: 1 }, [`error: Function "bad" failed: boom`]]);
  const joined = new Graph<number>("g");
  joined.to(
    "p",
    parallel({ good: (n) => n, failed: boom }, { onError: "drop", join: (results, { failed }) => [results, failed] }),
  )
    .respond();
  await using other = await runGraph(joined);
  deepStrictEqual(await other.ask(1), [{ good: 1 }, { failed: "boom" }]);
  const all = new Graph<number>("g");
  all.to("p", parallel({ bad: boom, worse: boom }, { onError: "drop" })).respond();
  await using none = await runGraph(all);
  await rejects(none.ask(1), /"bad" failed: boom; Function "worse" failed/);
});

Deno.test("parallel() joins at once or later, and fails the event when that fails", async () => {
  for (const join of [() => 5, () => Promise.resolve(5)] as (() => number)[]) {
    const graph = new Graph<number>("g");
    graph.to("p", parallel({ a: (n) => n }, { join })).respond();
    await using flow = await runGraph(graph);
    strictEqual(await flow.ask(1), 5);
  }
  for (const join of [boom, () => Promise.reject(new Error("boom"))] as (() => number)[]) {
    const graph = new Graph<number>("g");
    graph.to("p", parallel({ a: (n) => n }, { join })).respond();
    await using flow = await runGraph(graph);
    await rejects(flow.ask(1), /boom/);
  }
});

Deno.test("parallel() reads a part or the event, and writes where resultPath says", async () => {
  const part = new Graph<{ n: number }>("g");
  part.to("p", parallel({ a: (n) => (n as never as number) + 1 }), { inputPath: "n", resultPath: "p" }).respond();
  await using one = await runGraph(part);
  deepStrictEqual(await one.ask({ n: 1 }), { n: 1, p: { a: 2 } });
  const whole = new Graph<number>("g");
  whole.to("p", parallel({ a: (event) => (event as never as { path: string }).path }), { fullEvent: true }).respond();
  await using two = await runGraph(whole);
  deepStrictEqual(await two.ask(1, { path: "/x" }), { a: "/x" });
});

Deno.test("parallel() works behind a step that answers later and in a branch: order is kept, bodies are the branch's own", async () => {
  const seen: unknown[] = [];
  const graph = new Graph<{ n: number }>("g");
  const start = graph.to("later", async (body) => await Promise.resolve(body));
  const both = start.to(
    "p",
    parallel({
      quick: (body) => body.n += 10,
      slow: async ({ n }) => {
        for (let turn = 0; turn < 9 - n; turn++) await Promise.resolve();
        return n;
      },
    }),
  );
  const other = start.to("other", (body) => body.n += 100);
  graph.after(both, other).to("join", merge()).to("keep", (parts) => void seen.push(parts));
  const flow = await runGraph(graph);
  for (const n of [1, 2, 3]) await flow.emit({ n });
  await flow.close();
  deepStrictEqual(seen, [1, 2, 3].map((n) => [n + 100, { quick: n + 10, slow: n }]));
});

Deno.test("parallel() refuses functions that stream", async () => {
  const graph = new Graph<number>("g");
  graph.to(
    "p",
    parallel({
      *chunks(n) {
        yield n;
      },
    }),
  ).respond();
  await using flow = await runGraph(graph);
  await rejects(flow.ask(1), /Function "chunks" failed: it streams/);
});

Deno.test("parallel() refuses no functions, what is none, and a name that says who failed, when the graph is compiled", () => {
  const wrong = [
    [parallel({}), /it has no functions to run/],
    [parallel(undefined as never), /it has no functions to run/],
    [parallel({ a: 5 as never }), /its "a" is number/],
    [parallel({ a: boom }, { onError: "shrug" as never }), /option onError/],
    [parallel({ a: boom }, { select: 5 as never }), /its select is number/],
    [parallel({ failed: boom }, { onError: "drop" }), /has the name "failed"/],
  ] as const;
  for (const [step, message] of wrong) {
    const graph = new Graph<unknown>("g");
    graph.to("p", step as never);
    throws(() => compile(sourceOf(graph)), message);
  }
});

Deno.test("parallel() tells of whatever a function throws", async () => {
  const graph = new Graph<number>("g");
  const thrown = { code: 5 };
  graph.to("p", parallel({ a: () => Promise.reject(thrown), b: () => Promise.reject(Object.create(null)) })).respond();
  await using flow = await runGraph(graph);
  await rejects(flow.ask(1), /Function "a" failed: \{"code":5\}; Function "b" failed: \{\}/);
});

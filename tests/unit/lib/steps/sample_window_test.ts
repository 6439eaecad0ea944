import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { compile } from "../../../../lib/graph/compile.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { sourceOf } from "../../../../lib/graph/source.ts";
import { filter } from "../../../../lib/steps/filter.ts";
import { sampleWindow, type SampleWindowOptions } from "../../../../lib/steps/sample_window.ts";
import { runGraph } from "../../../support/run_graph.ts";

async function sampled(options: SampleWindowOptions<number>, bodies: readonly number[]): Promise<[number[], number[]]> {
  const seen: number[] = [];
  const graph = new Graph<number>("g");
  graph.to("sample", sampleWindow<number>(options)).to("keep", (n) => void seen.push(n));
  const flow = await runGraph(graph);
  for (const n of bodies) await flow.emit(n);
  const before = [...seen];
  await flow.close();
  return [before, seen];
}

const TWELVE = Array.from({ length: 12 }, (_, index) => index);

Deno.test("sampleWindow() gives the first event of each window, or the last of each that is complete", async () => {
  deepStrictEqual((await sampled({ windowEvents: 5 }, TWELVE))[1], [0, 5, 10]);
  deepStrictEqual((await sampled({ windowEvents: 5, emit: "last" }, TWELVE))[1], [4, 9]);
});

Deno.test("sampleWindow() gives the last event as well when the flow closes, if it has not yet", async () => {
  const options = { windowEvents: 5, emitBeforeTermination: true } as const;
  deepStrictEqual(await sampled(options, [0, 1, 2, 3, 4]), [[0], [0, 4]]);
  deepStrictEqual(await sampled(options, [0, 1, 2, 3, 4, 5]), [[0, 5], [0, 5]]);
  deepStrictEqual(await sampled({ ...options, emit: "last" }, TWELVE), [[4, 9], [4, 9, 11]]);
});

Deno.test("sampleWindow() makes windows of their own for each key, and gives the last of each", async () => {
  const options = { windowEvents: 2, key: (n: number) => n % 3, emit: "last", emitBeforeTermination: true } as const;
  deepStrictEqual(await sampled(options, [0, 1, 2, 3, 4, 6]), [[3, 4], [3, 4, 2, 6]]);
});

Deno.test("sampleWindow() answers the callers of the events that do not go on, also of one that waited", async () => {
  for (const emitBeforeTermination of [false, true]) {
    const graph = new Graph<number>("g");
    graph.to("sample", sampleWindow<number>({ windowEvents: 3, emitBeforeTermination })).respond();
    const flow = await runGraph(graph);
    const asked = [1, 2, 3, 4, 5].map((n) => flow.ask(n));
    await flow.close();
    const last = emitBeforeTermination ? 5 : undefined;
    deepStrictEqual(await Promise.all(asked), [1, undefined, undefined, 4, last]);
  }
});

Deno.test("sampleWindow() counts in the order of the events behind a step that answers later, and in a branch", async () => {
  const seen: string[] = [];
  const graph = new Graph<number>("g");
  const later = graph.to("later", async (n: number) => {
    for (let turn = 0; turn < 9 - n; turn++) await Promise.resolve();
    return n;
  });
  later.to("sample", sampleWindow<number>({ windowEvents: 2, emit: "last" })).to(
    "kept",
    (n) => void seen.push(`kept ${n}`),
  );
  later.to("odd", filter((n) => n % 2 === 1)).to("all", (n) => void seen.push(`odd ${n}`));
  const flow = await runGraph(graph);
  for (const n of [1, 2, 3, 4]) await flow.emit(n);
  await flow.close();
  deepStrictEqual(seen, ["odd 1", "kept 2", "odd 3", "kept 4"]);
});

Deno.test("sampleWindow() reads its key at inputPath, and does not count an event without one", async () => {
  const graph = new Graph<{ user?: string }>("g");
  graph.to("sample", sampleWindow({ windowEvents: 2, key: (user) => user as never }), { inputPath: "user" }).respond();
  await using flow = await runGraph(graph);
  await rejects(flow.ask({}), /Cannot sample the event: its key is undefined/);
  deepStrictEqual([await flow.ask({ user: "a" }), await flow.ask({ user: "a" })], [{ user: "a" }, undefined]);
});

Deno.test("sampleWindow() refuses options out of range, when the graph is compiled", () => {
  for (const options of [{ windowEvents: 1 }, { windowEvents: 2.5 }, {}, { windowEvents: 2, emit: "middle" }]) {
    const graph = new Graph<number>("g");
    graph.to("sample", sampleWindow<number>(options as never));
    throws(() => compile(sourceOf(graph)), /option (windowEvents|emit)/);
  }
});

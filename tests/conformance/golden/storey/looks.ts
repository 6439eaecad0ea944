/** What cases look at by itself, without a flow that they describe: ids, flows that are no flows, documents of steps. */

import { type AnyFlow, type AnyGraph, maker, serving } from "../facade.ts";
import type { GoldenCase } from "../golden_case.ts";
import { HANDLERS } from "../library/handlers.ts";
import { FOLDS } from "../library/folds.ts";
import { Needs } from "../needs.ts";
import type { Settled } from "./run.ts";
import { AGGREGATION_LOOKS } from "./aggregation_looks.ts";

/** Looks at something; what it throws is what was found. */
type Look = () => unknown;

const add1 = HANDLERS.add1!;
const IDS = 1_025; // one more than storey numbers from one base

const LOOKS: Readonly<Record<string, Look>> = {
  "first": () => idAt(0),
  "second": () => idAt(1),
  "1,024th": () => idAt(IDS - 2),
  "1,025th": () => idAt(IDS - 1),
  "bases differ": async () => new Set(await ids()).size === IDS,
  "length of a base": async () => (await idAt(0)).replaceAll("-", "").length,
  "Map(...).run()": () => asked((graph) => graph.to("map", maker("map")(add1)).respond(), [1]),
  "build_flow([SyncEmitSource(), Map, SyncEmitSource()])": async () => {
    const source = await flowOf((graph) => graph.to("same", HANDLERS.identity!));
    try {
      return await asked((graph) => graph.to("Map", add1).to("SyncEmitSource", source).respond(), [1]);
    } finally {
      await source.close();
    }
  },
  "build_flow([])": () => asked(() => {}, [1]),
  "Map(5)": () => asked((graph) => graph.to("Map", maker("map")(5)).respond(), [1]),
  "Reduce(...).to(Map)": () => asked((graph) => graph.to("sum", sumUp()).to("map", add1).respond(), [1, 2]),
  "Map(coroutine, long_running=True)": () =>
    asked((graph) => graph.to("map", maker("map")(HANDLERS.async_add1!)).respond(), [1]),
  "Batch(max_events='x')": () => asked((graph) => graph.to("b", maker("batch")({ maxEvents: "x" })).respond(), [1]),
  "AsyncEmitSource(buffer_size=8)": async () => {
    const flow = await flowOf((graph) => graph.to("map", HANDLERS.async_add1!).to("sum", sumUp()), { maxInFlight: 8 });
    for (let n = 0; n < 20; n++) await flow.emit(n, {});
    return await flow.close();
  },
  "Collector(0)": () =>
    asked((graph) => graph.to("count", threeChunks).to("all", maker("collector")(0)).respond(), [5]),
  "to_dict of Map(add1, name, full_event, paths)": () =>
    documentOf((graph) => graph.to("m", maker("map")(add1), { inputPath: "a", resultPath: "b" })),
  "to_dict of Batch": () => documentOf((graph) => graph.to("b", maker("batch")({ maxEvents: 4, flushAfterMs: 2_000 }))),
  "RemoteStep(name, url='/url', method='GET', input_path='req', result_path='resp', retries=4).to_dict()": () =>
    documentOf((graph) =>
      graph.to("remote_echo", maker("remote")({ url: "/url", method: "GET" }), {
        inputPath: "req",
        resultPath: "resp",
        retries: 4,
      })
    ),
  ...AGGREGATION_LOOKS,
};

/** Tells whether there is a way to look at this. */
export function canLook(what: string): boolean {
  return Object.hasOwn(LOOKS, what);
}

/**
 * Looks at everything that a case looks at by itself.
 *
 * @throws {Needs} If the library lacks what it takes.
 */
export async function lookAll({ checks = [], graph }: GoldenCase): Promise<ReadonlyMap<string, Settled>> {
  const found = new Map<string, Settled>();
  if (graph !== undefined) return found;
  for (const { what } of checks) if (canLook(what)) found.set(what, await settled(LOOKS[what]!));
  return found;
}

/** Builds a graph and starts it. */
async function flowOf(build: (graph: AnyGraph) => unknown, limits?: object): Promise<AnyFlow> {
  const fn = serving("looked");
  build(fn.setTopology("flow", limits));
  return await fn.start({});
}

/** What a graph answers to each of these bodies. */
async function asked(build: (graph: AnyGraph) => unknown, bodies: readonly unknown[]): Promise<unknown[]> {
  const flow = await flowOf(build);
  try {
    const answers: unknown[] = [];
    for (const body of bodies) answers.push(await flow.ask(body, {}));
    return answers;
  } finally {
    await flow.close();
  }
}

async function settled(look: Look): Promise<Settled> {
  try {
    return { result: await look() };
  } catch (error) {
    if (error instanceof Needs) throw error;
    return { raises: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** The ids of events that came without one. */
async function ids(): Promise<string[]> {
  const bodies = Array.from({ length: IDS }, (_, index) => index);
  const all = await asked((graph) => graph.to("id", idOf, { fullEvent: true }).respond(), bodies);
  return all.map(String);
}

async function idAt(index: number): Promise<string> {
  return (await ids())[index]!;
}

function idOf(event: { readonly id: string }): string {
  return event.id;
}

function sumUp(): unknown {
  return maker("reduce")(0, FOLDS.add_up);
}

function* threeChunks(from: number): Generator<number> {
  for (let n = from; n < from + 3; n++) yield n;
}

/** The first step of a graph as the graph's document has it. */
function documentOf(build: (graph: AnyGraph) => unknown): unknown {
  const graph = serving("looked").setTopology("flow");
  build(graph);
  return (graph.toJSON() as { steps: unknown[] }).steps[0];
}

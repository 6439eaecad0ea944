import { deepStrictEqual } from "node:assert/strict";
import type { Clock } from "../../../../lib/graph/clock.ts";
import type { Chain } from "../../../../lib/graph/chain.ts";
import { reply } from "../../../../lib/graph/early_reply.ts";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { batch } from "../../../../lib/steps/batch.ts";
import { choice } from "../../../../lib/steps/choice.ts";
import { collector } from "../../../../lib/steps/collector.ts";
import { concurrent } from "../../../../lib/steps/concurrent.ts";
import { filter } from "../../../../lib/steps/filter.ts";
import { flatMap } from "../../../../lib/steps/flat_map.ts";
import { merge } from "../../../../lib/steps/merge.ts";
import { parallel } from "../../../../lib/steps/parallel.ts";
import { queue } from "../../../../lib/steps/queue.ts";
import { settle } from "../../../../lib/testing/test_clock.ts";
import { runGraph } from "../../../support/run_graph.ts";
import { randomBelow } from "../../../support/random.ts";

/** What flows: which event it came from, and a number that decides its way. */
interface Item {
  readonly root: number;
  readonly n: number;
}

type Run = Chain<Item, Item>;

/** A random piece of a graph, and what it makes of one item: how many times each sink sees it. */
interface Piece {
  readonly build: (chain: Run, world: World) => Run;
  readonly model: (n: number, world: Model) => number[];
}

interface World {
  readonly name: () => string;
  /** A step that counts what ends here. */
  readonly sink: (sink: string) => (item: Item) => Item;
  /** Waits a random while. */
  readonly later: <Value>(value: Value) => Promise<Value>;
}

interface Model {
  readonly sink: (sink: string) => void;
  /** The event has failed. */
  readonly fail: () => void;
}

const PIECES: Readonly<Record<string, Piece>> = {
  sync: {
    build: (chain, { name }) => chain.to(name(), ({ root, n }: Item) => ({ root, n: n + 1 })),
    model: (n) => [n + 1],
  },
  later: {
    build: (chain, { name, later }) => chain.to(name(), ({ root, n }: Item) => later({ root, n: n + 2 })) as Run,
    model: (n) => [n + 2],
  },
  filter: {
    build: (chain, { name }) => chain.to(name(), filter(({ n }: Item) => n % 4 !== 0)),
    model: (n) => n % 4 === 0 ? [] : [n],
  },
  list: {
    build: (chain, { name }) =>
      chain.to(
        name(),
        flatMap(({ root, n }: Item) => Array.from({ length: n % 3 }, (_, index) => ({ root, n: n + index }))),
      ),
    model: (n) => Array.from({ length: n % 3 }, (_, index) => n + index),
  },
  side: {
    build(chain, { name, sink }) {
      chain.to(name(), sink("side"));
      return chain.to(name(), (item: Item) => item);
    },
    model(n, { sink }) {
      sink("side");
      return [n];
    },
  },
  diamond: {
    build(chain, { name, later }) {
      const one = chain.to(name(), ({ root, n }: Item) => later({ root, n: n * 2 })) as Run;
      const two = chain.to(name(), filter(({ n }: Item) => n % 3 !== 0));
      const join = two.to(name(), merge<Item, Item>({ incomplete: "join", join: sum }));
      join.afterStep(one.name);
      return join;
    },
    model: (n) => [n % 3 === 0 ? n * 2 : n * 2 + n],
  },
  strict: {
    build(chain, { name, later }) {
      const one = chain.to(name(), ({ root, n }: Item) => later({ root, n: n * 2 })) as Run;
      const two = chain.to(name(), filter(({ n }: Item) => n % 3 !== 0));
      const join = two.to(name(), merge<Item, Item>({ join: sum }));
      join.afterStep(one.name);
      return join;
    },
    model: (n) => n % 3 === 0 ? [] : [n * 3],
  },
  unhandled: {
    build: (chain, { name }) =>
      chain.to(name(), (item: Item) => {
        if (item.n % 11 === 0) throw new Error("eleven");
        return item;
      }),
    model(n, { fail }) {
      if (n % 11 !== 0) return [n];
      fail();
      return [];
    },
  },
  batch: {
    build: (chain, { name, later }) =>
      chain.to(name(), batch<Item>({ maxEvents: 3 }))
        .to(name(), (items: Item[]) => later(items))
        .to(name(), flatMap((items: Item[]) => items)),
    model: (n) => [n],
  },
  failing: {
    build(chain, { name, sink }) {
      const step = chain.to(name(), (item: Item) => {
        if (item.n % 5 === 0) throw new Error("five");
        return item;
      });
      return step.errorHandler(name(), sink("handled"));
    },
    model(n, { sink }) {
      if (n % 5 !== 0) return [n];
      sink("handled");
      return [];
    },
  },
  doubled: {
    build(chain, { name }) {
      const one = chain.to(name(), (item: Item) => item);
      const both = chain.to(name(), (item: Item) => item).to(name(), (item: Item) => item);
      both.afterStep(one.name); // two ways to one step, and no join: each event comes twice
      return both;
    },
    model: (n) => [n, n],
  },
  queued: {
    build(chain, { name, later }) {
      const one = chain.to(name(), queue<Item>());
      const two = chain.to(name(), (item: Item) => later(item)) as Run;
      const join = two.to(name(), merge<Item, Item>({ incomplete: "join", join: (parts) => parts[0]! }));
      join.afterStep(one.name);
      return join;
    },
    model: (n) => [n],
  },
  concurrent: {
    build: (chain, { name, later }) =>
      chain.to(name(), concurrent(({ root, n }: Item) => later({ root, n: n + 3 }), { maxInFlight: 2 })),
    model: (n) => [n + 3],
  },
  parallel: {
    build: (chain, { name, later }) =>
      chain.to(
        name(),
        parallel({ one: ({ n }: Item) => later(n), two: ({ root, n }: Item) => ({ root, n: n * 2 }) }, {
          select: ({ n }) => n % 13 === 0 ? [] : ["one", "two"],
          join: ({ one, two }) => ({ root: two!.root, n: two!.n + one! }),
        }),
      ) as Run,
    model: (n) => n % 13 === 0 ? [] : [n * 3],
  },
  early: {
    build: (chain, { name }) => chain.to(name(), (item: Item) => item.n % 9 === 0 ? reply(item) : item) as Run,
    model: (n) => n % 9 === 0 ? [] : [n],
  },
  chunks: {
    build: (chain, { name }) =>
      chain.to(name(), function* ({ root, n }: Item) {
        for (let index = 0; index < n % 4; index++) yield { root, n: n + index };
      }),
    model: (n) => Array.from({ length: n % 4 }, (_, index) => n + index),
  },
  gathered: {
    build: (chain, { name, later }) =>
      chain.to(name(), async function* ({ root, n }: Item) {
        for (let index = 0; index < n % 3; index++) yield await later({ root, n: n + index });
      })
        .to(name(), collector<Item>())
        .to(name(), flatMap((items: Item[]) => items)),
    model: (n) => Array.from({ length: n % 3 }, (_, index) => n + index),
  },
  several: {
    build(chain, { name, sink }) {
      const [out, aside] = [name(), name()];
      const choose = chain.to(name(), choice(({ n }: Item) => n % 7 === 0 ? [] : n % 2 === 0 ? [out] : [aside, out]));
      choose.to(aside, sink("aside"));
      return choose.to(out, (item: Item) => item);
    },
    model(n, { sink }) {
      if (n % 7 !== 0 && n % 2 !== 0) sink("aside");
      return n % 7 === 0 ? [] : [n];
    },
  },
  queue: {
    build: (chain, { name }) => chain.to(name(), queue<Item>()),
    model: (n) => [n],
  },
  cycle: {
    build(chain, { name }) {
      const grow = chain.to(name(), ({ root, n }: Item) => ({ root, n: n + 7 }));
      const [out, back] = [name(), name()];
      const choose = grow.to(name(), choice(({ n }: Item) => n > 60 ? out : back));
      choose.to(back, (item: Item) => item).cycleTo(grow.name);
      return choose.to(out, ({ root, n }: Item) => ({ root, n: n % 30 }));
    },
    model(n) {
      let grown = n + 7;
      while (grown <= 60) grown += 7;
      return [grown % 30];
    },
  },
};

/** Pieces whose stream is still open behind them, and those that refuse its chunks: streams of their own, and early replies. */
const OPEN_STREAMS = new Set(["chunks"]);
const NOT_IN_STREAMS = new Set(["chunks", "gathered", "early"]);
/** Pieces that join whatever parts of one event come first: which these are is not known where it comes twice. */
const NOT_BEHIND_DOUBLES = new Set(["diamond", "strict"]);

function sum(parts: Item[]): Item {
  return { root: parts[0]!.root, n: parts.reduce((total, { n }) => total + n, 0) };
}

const USED = Object.keys(PIECES);

function drawPieces(next: (below: number) => number): string[] {
  const pieces: string[] = [];
  for (let left = 2 + next(6); left > 0; left--) {
    const piece = USED[next(USED.length)]!;
    if (NOT_IN_STREAMS.has(piece) && pieces.some((earlier) => OPEN_STREAMS.has(earlier))) continue;
    if (NOT_BEHIND_DOUBLES.has(piece) && pieces.includes("doubled")) continue;
    pieces.push(piece);
  }
  return pieces;
}

/**
 * Builds the random graph of a seed, sends events through it, and compares what its ends saw, what failed and what was acknowledged
 * with what a model says.
 */
export async function runSeed(seed: number, clock?: Clock): Promise<void> {
  const next = randomBelow(seed);
  const pieces = drawPieces(next);
  const told = `seed ${seed}: ${pieces.join(" → ")}`;
  const seen = new Map<string, number>();
  const acknowledged = new Set<number>();
  const early: string[] = [];
  let names = 0;
  const world: World = {
    name: () => `s${names++}`,
    sink: (sink) => (item) => {
      const key = `${sink} ${item.root}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
      return item;
    },
    async later(value) {
      for (let turns = next(6); turns > 0; turns--) await Promise.resolve();
      return value;
    },
  };
  const graph = new Graph<Item>("random", { allowCycles: true });
  let chain: Run = graph.to("start", (item) => item);
  for (const piece of pieces) chain = PIECES[piece]!.build(chain, world);
  chain.to("end", world.sink("end"));
  graph.to("also", world.sink("also"));

  const flow = await runGraph(graph, {
    ...(clock === undefined ? {} : { clock }),
    observe(step, event) {
      const roots = [event.body].flat() as Item[];
      for (const { root } of roots) if (acknowledged.has(root)) early.push(`event ${root} in "${step}"`);
    },
  });
  const events = Array.from({ length: 12 }, (_, root) => ({ root, n: next(30) }));
  let times = 0;
  const failed = new Set<number>();
  for (const item of events) {
    flow.deliver(new FlowEvent(item)).then((outcome) => {
      times++;
      acknowledged.add(item.root);
      if (outcome.kind === "failed") failed.add(item.root);
    });
  }
  await flow.close({ timeoutMs: 3_000 }).catch((error) => {
    throw new Error(`${told}: ${error.message}`);
  });
  for (let turn = 0; times < events.length && turn < 20; turn++) await settle(); // each was acknowledged, or never will be

  const expected = new Map<string, number>();
  const expectedFailed = new Set<number>();
  for (const { root, n } of events) {
    const count = (sink: string) => expected.set(`${sink} ${root}`, (expected.get(`${sink} ${root}`) ?? 0) + 1);
    let items = [n];
    for (const piece of pieces) {
      items = items.flatMap((one) => PIECES[piece]!.model(one, { sink: count, fail: () => expectedFailed.add(root) }));
    }
    for (const _ of items) count("end");
    count("also");
  }
  deepStrictEqual(early, [], `${told}: acknowledged early`);
  deepStrictEqual(times, events.length, `${told}: not acknowledged`);
  deepStrictEqual([...failed].sort(), [...expectedFailed].sort(), `${told}: failed`);
  deepStrictEqual([...seen].sort(), [...expected].sort(), `${told}: lost or doubled`);
}

/** What `levada/testing` must show of functions that crash, as functions of an opener: the same in this process and at every broker. */

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { StatusError } from "../../../lib/errors.ts";
import { sleep } from "../../../lib/flow/system_clock.ts";
import { serving, type ServingFunction } from "../../../lib/functions/serving.ts";
import type { FlowEvent } from "../../../lib/graph/event.ts";
import { batch } from "../../../lib/steps/batch.ts";
import { filter } from "../../../lib/steps/filter.ts";
import { queue } from "../../../lib/steps/queue.ts";
import type { StreamRecord } from "../../../lib/streams/stream.ts";
import type { TestBench } from "../../../lib/testing/bench.ts";
import { randomFrom } from "../../support/random.ts";

/** Puts a function on a bench whose streams are somewhere. */
export type OpenBench = (fn: ServingFunction) => Promise<TestBench>;

/** One thing that a bench must show. */
export interface BenchCase {
  readonly title: string;
  readonly run: (open: OpenBench) => Promise<void>;
}

/** Registers the cases as tests. */
export function testBenches(name: string, open: OpenBench): void {
  for (const { title, run } of BENCH_CASES) Deno.test(`testBench() at ${name}: ${title}`, () => run(open));
}

const KEY = { key: "one" }; // records of one key keep their order everywhere
const EVENTS = 300;
const CRASHES = 5;
const bodies = (records: readonly StreamRecord[]) => records.map(({ body }) => body);
const sorted = (records: readonly StreamRecord[]) =>
  (bodies(records) as number[]).toSorted((one, other) => one - other);

/** A function whose child does something with what comes through a queue. */
function parent(work: (n: number) => unknown): ServingFunction {
  const fn = serving("parent").addChildFunction("child");
  fn.setTopology("flow").to("double", (n: number) => n * 2)
    .to("q", queue({ path: "memory://q" }))
    .to("work", work, { function: "child" })
    .to("out", queue({ path: "memory://out" }));
  return fn;
}

async function untilCommitted(bench: TestBench, queue: string, count: number): Promise<void> {
  await bench.until(async () => (await bench.committed(queue)).length >= count);
}

/** The cases. */
export const BENCH_CASES: readonly BenchCase[] = [
  {
    title: "parent and child run apart, joined by a stream",
    async run(open) {
      await using bench = await open(parent((n) => n + 1));
      for (const n of [1, 2, 3]) await bench.send(n);
      await untilCommitted(bench, "q", 3);
      deepStrictEqual(sorted(await bench.published("q")), [2, 4, 6]);
      deepStrictEqual(sorted(await bench.committed("q")), [2, 4, 6]);
      deepStrictEqual(sorted(await bench.published("out")), [3, 5, 7]);
      deepStrictEqual(await bench.committed("out"), []);
      deepStrictEqual([await bench.deadLetters("q"), bench.lines], [[], []]);
    },
  },
  {
    title: "the child gets id, key, path, time and headers, but no credentials",
    async run(open) {
      const seen: unknown[] = [];
      const fn = serving("parent").addChildFunction("child");
      fn.setTopology("flow").to("q", queue<number>()).to("look", (event: FlowEvent) => {
        const { id, key, path, time, trigger, body, headers } = event;
        seen.push({ id, key, path, time: time.getTime(), trigger, body, headers: Object.fromEntries(headers) });
      }, { fullEvent: true, function: "child" });
      await using bench = await open(fn);
      const headers = {
        traceparent: "00-1-2-01",
        authorization: "Bearer secret",
        cookie: "a=b",
        "content-type": "text/csv",
      };
      await bench.send(1, { id: "e", key: "k", path: "/a b", time: new Date(5_000), headers });
      await untilCommitted(bench, "q", 1);
      deepStrictEqual(seen, [{
        id: "e",
        key: "k",
        path: "/a b",
        time: 5_000,
        trigger: "memory://parent-q",
        body: 1,
        headers: { "content-type": "application/json", traceparent: "00-1-2-01" },
      }]);
    },
  },
  {
    title: "a crash in the middle of a batch loses nothing",
    async run(open) {
      let seen = 0;
      const fn = serving("parent").addChildFunction("child");
      fn.setTopology("flow").to("q", queue<number>({ path: "memory://q" }))
        .to("see", (n) => {
          seen += 1;
          return n;
        }, { function: "child" })
        .to("three", batch<number>({ maxEvents: 3, flushAfterMs: 600 }), { function: "child" })
        .to("out", queue({ path: "memory://out" }));
      await using bench = await open(fn);
      for (const n of [1, 2]) await bench.send(n, KEY);
      await bench.until(() => seen === 2);
      await bench.crash("child");
      deepStrictEqual([await bench.committed("q"), await bench.published("out")], [[], []]);
      await bench.clock.advance(1_000);
      deepStrictEqual(await bench.published("out"), [], "its timers fire no more");
      await bench.send(3, KEY);
      deepStrictEqual(bodies(await bench.redeliver("child")), [1, 2]);
      await untilCommitted(bench, "q", 3);
      deepStrictEqual(bodies(await bench.published("out")), [[1, 2, 3]]);
      await bench.send(4, KEY);
      await untilCommitted(bench, "q", 4);
      deepStrictEqual(bodies(await bench.published("out")), [[1, 2, 3], [4]]);
    },
  },
  {
    title: "a crash discards what is under way, and what is acknowledged does not come again",
    async run(open) {
      const gates: (() => void)[] = [];
      await using bench = await open(parent((n) => new Promise((resolve) => gates.push(() => resolve(n)))));
      await bench.send(1);
      await bench.until(() => gates.length === 1);
      await bench.crash("child");
      gates[0]!();
      await bench.clock.advance(50);
      deepStrictEqual([await bench.published("out"), await bench.committed("q")], [[], []]);
      deepStrictEqual((await bench.redeliver("child")).map(({ body, tries }) => [body, tries]), [[2, 1]]);
      await bench.until(() => gates.length === 2);
      gates[1]!();
      await untilCommitted(bench, "q", 1);
      deepStrictEqual(bodies(await bench.published("out")), [2]);
      await bench.crash("child");
      deepStrictEqual(await bench.redeliver("child"), []);
      await bench.send(5);
      await bench.until(() => gates.length === 3);
      gates[2]!();
      await untilCommitted(bench, "q", 2);
      deepStrictEqual(sorted(await bench.published("out")), [2, 10]);
    },
  },
  {
    title: "a crash of the function itself rejects who asks; what it had published stays",
    async run(open) {
      const fn = serving("parent").addChildFunction("child");
      const first = fn.setTopology("flow")
        .to("wait", (n: number) => n === 0 ? new Promise<number>(() => {}) : n).respond();
      first.to("q", queue({ path: "memory://q" })).to("out", () => {}, { function: "child" });
      await using bench = await open(fn);
      strictEqual(await bench.ask(5, KEY), 5);
      await untilCommitted(bench, "q", 1);
      const asked = rejects(bench.ask(0), /Function "parent" crashed/);
      await bench.crash("parent");
      await asked;
      await rejects(bench.ask(1), /Cannot use function "parent": it does not run/);
      deepStrictEqual(await bench.redeliver(), []);
      strictEqual(await bench.ask(6, KEY), 6);
      await untilCommitted(bench, "q", 2);
      deepStrictEqual(bodies(await bench.published("q")), [5, 6]);
    },
  },
  {
    title:
      "a record that fails is tried again with pauses, then is a dead letter with error and step, and others go on",
    async run(open) {
      const tries: [number, number][] = [];
      await using bench: TestBench = await open(parent((n) => {
        tries.push([n, bench.clock.now()]);
        if (n === 2) throw new RangeError("not two");
        return n;
      }));
      await bench.send(1, { id: "poison" });
      await bench.send(2);
      await untilCommitted(bench, "q", 2);
      const at = tries.filter(([n]) => n === 2).map(([, at]) => at);
      const pauses = at.slice(1).map((time, index) => time - at[index]!);
      strictEqual(pauses.length, 4);
      for (const [index, pause] of pauses.entries()) ok(pause >= 95 * 2 ** index, `${pauses}`);
      deepStrictEqual(bodies(await bench.published("out")), [4]);
      deepStrictEqual((await bench.deadLetters("q")).map(({ id, body, error }) => [id, body, error]), [
        ["poison", 2, { name: "RangeError", message: "not two", step: "work" }],
      ]);
      deepStrictEqual(bench.counts("child"), { work: { failed: 5 } });
    },
  },
  {
    title: "a record whose fault is its own goes to the dead letters at once",
    async run(open) {
      let runs = 0;
      await using bench = await open(parent(() => {
        runs += 1;
        throw new StatusError(422, "no such order");
      }));
      await bench.send(1);
      await untilCommitted(bench, "q", 1);
      deepStrictEqual((await bench.deadLetters("q")).map(({ error }) => error), [
        { name: "StatusError", message: "no such order", step: "work" },
      ]);
      deepStrictEqual([runs, bench.lines.at(-1)!.includes("goes to the dead letters")], [1, true]);
    },
  },
  {
    title: "a record that waits to be tried again when the function crashes comes again",
    async run(open) {
      let runs = 0;
      let isWell = false;
      await using bench = await open(parent((n) => {
        runs += 1;
        if (!isWell) throw new Error("not yet");
        return n;
      }));
      await bench.send(1);
      await bench.until(() => runs === 2);
      await bench.crash("child");
      isWell = true;
      deepStrictEqual(bodies(await bench.redeliver("child")), [2]);
      await untilCommitted(bench, "q", 1);
      deepStrictEqual([bodies(await bench.published("out")), await bench.deadLetters("q")], [[2], []]);
    },
  },
  {
    title: "two queues into one function lead to the steps behind each",
    async run(open) {
      const seen: string[] = [];
      const fn = serving("parent").addChildFunction("child");
      const graph = fn.setTopology("flow");
      for (const name of ["one", "two"]) {
        graph.to(`only ${name}`, filter((n: number) => n % 2 === (name === "one" ? 1 : 0)))
          .to(name, queue({ path: `memory://${name}` }))
          .to(`see ${name}`, (n) => void seen.push(`${name} ${n}`), { function: "child" });
      }
      await using bench = await open(fn);
      for (const n of [1, 2, 3]) await bench.send(n);
      await untilCommitted(bench, "one", 2);
      await untilCommitted(bench, "two", 1);
      deepStrictEqual(seen.toSorted(), ["one 1", "one 3", "two 2"]);
    },
  },
  {
    title: "a record that is published to a trigger starts the function, and comes again after a crash",
    async run(open) {
      const gates: (() => void)[] = [];
      const fn = serving("shop").addTrigger("orders", { stream: "kafka://broker:9092/orders", group: "own" });
      fn.setTopology("flow")
        .to("wait", (event: FlowEvent) => new Promise((resolve) => gates.push(() => resolve(event.id))), {
          fullEvent: true,
        })
        .to("seen", queue({ path: "kafka://broker:9092/seen" }));
      await using bench = await open(fn);
      await bench.publish("orders", 1, { id: "a" });
      await bench.until(() => gates.length === 1);
      await bench.crash();
      deepStrictEqual((await bench.redeliver()).map(({ id }) => id), ["a"]);
      await bench.until(() => gates.length === 2);
      gates[1]!();
      await untilCommitted(bench, "orders", 1);
      deepStrictEqual(bodies(await bench.published("seen")), ["a"]);
    },
  },
  {
    title: `a chain of three functions loses none of ${EVENTS} events, whatever crashes and fails`,
    async run(open) {
      const seed = Number(Deno.env.get("LEVADA_SEED") ?? 20261126);
      console.log(`testBench(): LEVADA_SEED=${seed}`);
      const random = randomFrom(seed);
      const fn = serving("first").addChildFunction("second").addChildFunction("third");
      fn.setTopology("flow").to("q1", queue<number>({ path: "memory://q1" }))
        .to("wait", async (n: number) => {
          await sleep(bench.clock, random() * 20);
          return n;
        }, { function: "second" })
        .to("q2", queue({ path: "memory://q2" }))
        .to("pack", batch<number>({ maxEvents: 7, flushAfterMs: 50 }), { function: "third" })
        .to("check", async (list) => {
          if (random() < 0.01) throw new Error("once in a while");
          await sleep(bench.clock, random() * 5);
          return list;
        }, { function: "third" })
        .to("out", queue({ path: "memory://out" }));
      await using bench: TestBench = await open(fn);
      const crashAt = new Set(Array.from({ length: CRASHES }, () => Math.floor(random() * EVENTS)));
      let crashes = 0;
      for (let n = 0; n < EVENTS; n++) {
        await bench.send(n, { key: String(n % 5) });
        if (random() < 0.7) await bench.clock.advance(random() * 10);
        if (!crashAt.has(n)) continue;
        const name = random() < 0.5 ? "second" : "third";
        await bench.crash(name);
        await bench.redeliver(name);
        crashes += 1;
      }
      await bench.until(async () => {
        const [first, second] = [await bench.committed("q1"), await bench.committed("q2")];
        return first.length === EVENTS && second.length === (await bench.published("q2")).length;
      }, { withinMs: 120_000 });
      const out = bodies(await bench.published("out")).flat() as number[];
      const letters = [...await bench.deadLetters("q1"), ...await bench.deadLetters("q2")].map(({ body }) => body);
      deepStrictEqual(
        [...new Set([...out, ...letters as number[]])].sort((one, other) => one - other),
        Array.from({ length: EVENTS }, (_, n) => n),
      );
      ok(crashes > 0);
    },
  },
  {
    title: "close() gives out what is held, function after function",
    async run(open) {
      const fn = serving("parent").addChildFunction("child");
      fn.setTopology("flow").to("pack", batch<number>({ maxEvents: 3 })).to("q", queue({ path: "memory://q" }))
        .to("pack2", batch<number[]>({ maxEvents: 3 }), { function: "child" })
        .to("out", queue({ path: "memory://out" }));
      const bench = await open(fn);
      await bench.send(1);
      await bench.close();
      await bench.close();
      deepStrictEqual(bodies(await bench.published("out")), [[[1]]]);
      deepStrictEqual(bodies(await bench.committed("q")), [[1]]);
    },
  },
];

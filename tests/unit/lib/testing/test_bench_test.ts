import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { z } from "zod";
import { StatusError } from "../../../../lib/errors.ts";
import type { FunctionOptions } from "../../../../lib/functions/function_options.ts";
import { serving, type ServingFunction } from "../../../../lib/functions/serving.ts";
import type { Context } from "../../../../lib/graph/context.ts";
import type { FlowEvent } from "../../../../lib/graph/event.ts";
import type { StepDefinition } from "../../../../lib/graph/operator.ts";
import { ReadyStep } from "../../../../lib/graph/step.ts";
import type { StreamRecord } from "../../../../lib/streams/stream.ts";
import { batch } from "../../../../lib/steps/batch.ts";
import { queue } from "../../../../lib/steps/queue.ts";
import { testBenches } from "../../../conformance/streams/bench_contract.ts";
import { randomFrom } from "../../../support/random.ts";
import { sleep } from "../../../../lib/flow/system_clock.ts";
import { testBench } from "../../../../lib/testing/test_bench.ts";
import { TestClock } from "../../../../lib/testing/test_clock.ts";

testBenches("memory", (fn) => testBench(fn));

const bodies = (records: readonly StreamRecord[]) => records.map(({ body }) => body);

/** A function whose child does something with what comes through a queue. */
function parent(
  work: (n: number, context: Context) => unknown,
  options: { capacityEvents?: number; retries?: number; backoffMs?: number } = {},
): ServingFunction {
  const { capacityEvents, ...step } = options;
  const fn = serving("parent").addChildFunction("child");
  fn.setTopology("flow").to("double", (n: number) => n * 2)
    .to("q", queue({ path: "memory://q", ...(capacityEvents === undefined ? {} : { capacityEvents }) }))
    .to("work", work, { function: "child", ...step })
    .to("out", queue({ path: "memory://out" }));
  return fn;
}

Deno.test("testBench() runs parent and child apart, joined by a stream", async () => {
  const functions: string[] = [];
  await using bench = await testBench(parent((n, context) => {
    functions.push(`${context.function} ${context.isMock}`);
    return n + 1;
  }));
  for (const n of [1, 2, 3]) await bench.send(n);
  deepStrictEqual(bodies(await bench.published("q")), [2, 4, 6]);
  deepStrictEqual(bodies(await bench.committed("q")), [2, 4, 6]);
  deepStrictEqual(bodies(await bench.published("out")), [3, 5, 7]);
  deepStrictEqual(functions, ["child true", "child true", "child true"]);
  deepStrictEqual([bench.lines, await bench.committed("out")], [[], []]);
});

Deno.test("crash() in the middle of a batch loses nothing", async () => {
  const fn = serving("parent").addChildFunction("child");
  fn.setTopology("flow").to("q", queue<number>({ path: "memory://q" }))
    .to("three", batch<number>({ maxEvents: 3, flushAfterMs: 1_000 }), { function: "child" })
    .to("out", queue({ path: "memory://out" }));
  await using bench = await testBench(fn);
  for (const n of [1, 2]) await bench.send(n);
  deepStrictEqual([await bench.committed("q"), await bench.published("out")], [[], []]);
  strictEqual(bench.clock.nextMs, 1_000);
  await bench.crash("child");
  strictEqual(bench.clock.nextMs, undefined);
  await bench.clock.advance(5_000);
  deepStrictEqual(await bench.published("out"), [], "its timers fire no more");
  await bench.send(3);
  deepStrictEqual(bodies(await bench.redeliver("child")), [1, 2]);
  deepStrictEqual(bodies(await bench.published("out")), [[1, 2, 3]]);
  deepStrictEqual(bodies(await bench.committed("q")), [1, 2, 3]);
  await bench.send(4);
  await bench.clock.advance(999);
  strictEqual((await bench.published("out")).length, 1);
  await bench.clock.advance(1);
  deepStrictEqual(bodies(await bench.published("out")), [[1, 2, 3], [4]]);
});

Deno.test("crash() discards what is under way: nothing of it goes on or is acknowledged", async () => {
  const gates: (() => void)[] = [];
  await using bench = await testBench(parent((n) => new Promise((open) => gates.push(() => open(n)))));
  await bench.send(1);
  await bench.crash("child");
  gates[0]!();
  await bench.clock.advance(0);
  deepStrictEqual([await bench.published("out"), await bench.committed("q")], [[], []]);
  deepStrictEqual((await bench.redeliver("child")).map(({ body, tries }) => [body, tries]), [[2, 1]]);
  gates[1]!();
  await bench.clock.advance(0);
  deepStrictEqual([bodies(await bench.published("out")), bodies(await bench.committed("q"))], [[2], [2]]);
  await bench.crash("child");
  deepStrictEqual(await bench.redeliver("child"), []);
  strictEqual(gates.length, 2);
});

Deno.test("a record that fails is tried again with pauses, then is a dead letter with error and step, and others go on", async () => {
  const tries: [number, number][] = [];
  const fn = parent((n) => {
    tries.push([n, bench.clock.now()]);
    if (n === 2) throw new RangeError("not two");
    return n;
  });
  await using bench = await testBench(fn);
  await bench.send(1, { id: "poison" });
  await bench.send(2);
  await bench.clock.advance(10_000);
  deepStrictEqual(tries.filter(([n]) => n === 2).map(([, at]) => at), [0, 100, 300, 700, 1_500]);
  deepStrictEqual(bodies(await bench.published("out")), [4]);
  const [letter] = await bench.deadLetters("q");
  deepStrictEqual([letter!.id, letter!.body, letter!.error], [
    "poison",
    2,
    { name: "RangeError", message: "not two", step: "work" },
  ]);
  deepStrictEqual(bench.counts("child"), { work: { failed: 5 } });
  strictEqual((await bench.committed("q")).length, 2);
});

Deno.test("retries and time-outs of a step take milliseconds of the bench's clock", async () => {
  let runs = 0;
  await using bench = await testBench(parent((n) => {
    runs += 1;
    if (runs < 3) throw new Error("not yet");
    return n;
  }, { retries: 2, backoffMs: 60_000 }));
  await bench.send(1);
  deepStrictEqual([runs, await bench.committed("q")], [1, []]);
  await bench.clock.advance(3 * 60_000);
  deepStrictEqual([runs, bodies(await bench.published("out"))], [3, [2]]);
  deepStrictEqual(bench.counts(), {});
});

/** Counts odd numbers as late, and ends them. */
const LATE: StepDefinition = {
  kind: "late",
  shape: "box",
  options: z.strictObject({}),
  code: {},
  open: (_spec, scope) => ({
    process(event) {
      if (event.body as number % 4 === 0) return event;
      scope.count("late");
      return [];
    },
  }),
};

Deno.test("counts() tells what was late and dropped, in runs that crashed too", async () => {
  const fn = serving("parent").addChildFunction("child");
  fn.setTopology("flow").to("double", (n: number) => n * 2).to("q", queue({ path: "memory://q" }))
    .to("window", new ReadyStep<number, number>(LATE), { function: "child" })
    .to("small", queue({ capacityEvents: 1, whenFull: "drop" }), { function: "child" })
    .to("slow", () => new Promise(() => {}), { function: "child" });
  await using bench = await testBench(fn);
  for (const n of [1, 2, 3, 4, 6, 8, 10]) await bench.send(n);
  // one in the step, one in the queue
  deepStrictEqual(bench.counts(), { window: { late: 2 }, small: { dropped: 5 - 1 - 1 } });
  await bench.crash("child");
  deepStrictEqual(bench.counts("child"), { window: { late: 2 }, small: { dropped: 3 } });
  deepStrictEqual(bodies(await bench.redeliver("child")), [4, 8]);
  await bench.crash("child"); // a step that never answers would keep close waiting
  // both come at once again, so that the second finds the queue full
  deepStrictEqual(bench.counts("child"), { window: { late: 2 }, small: { dropped: 3 + 1 } });
  deepStrictEqual(bench.counts("parent"), {});
});

Deno.test("a full stream lets the parent wait until the child has made room", async () => {
  const gates: (() => void)[] = [];
  await using bench = await testBench(
    parent((n) => new Promise((open) => gates.push(() => open(n))), { capacityEvents: 2 }),
  );
  for (const n of [1, 2, 3, 4, 5]) await bench.send(n);
  deepStrictEqual(bodies(await bench.published("q")), [2, 4]);
  for (let done = 0; done < 5; done++) {
    gates[done]!();
    await bench.clock.advance(0);
  }
  deepStrictEqual(bodies(await bench.published("q")), [2, 4, 6, 8, 10]);
  deepStrictEqual(bodies(await bench.committed("q")), [2, 4, 6, 8, 10]);
});

Deno.test("a chain of three functions loses none of 1,000 events, whatever crashes and fails", async () => {
  const seed = Number(Deno.env.get("LEVADA_SEED") ?? 20261126);
  console.log(`testBench(): LEVADA_SEED=${seed}`);
  const random = randomFrom(seed);
  const fn = serving("first").addChildFunction("second").addChildFunction("third");
  fn.setTopology("flow").to("q1", queue<number>({ path: "kafka://broker:9092/q1?group=x", capacityEvents: 30 }))
    .to("wait", async (n: number) => {
      await sleep(bench.clock, random() * 20);
      return n;
    }, { function: "second" })
    .to("q2", queue({ path: "memory://q2", capacityEvents: 10 }))
    .to("pack", batch<number>({ maxEvents: 7, flushAfterMs: 50 }), { function: "third" })
    .to("check", async (list) => {
      if (random() < 0.01) throw new Error("once in a while");
      await sleep(bench.clock, random() * 5);
      return list;
    }, { function: "third" })
    .to("out", queue({ path: "memory://out?partitions=1" }));
  await using bench = await testBench(fn);
  const down = new Set<string>();
  let crashes = 0;
  for (let n = 0; n < 1_000; n++) {
    await bench.send(n, { key: String(n % 5) });
    if (random() < 0.7) await bench.clock.advance(random() * 10);
    for (const name of ["second", "third"]) {
      if (down.has(name) && random() < 0.3) {
        await bench.redeliver(name);
        down.delete(name);
      } else if (!down.has(name) && random() < 0.02) {
        await bench.crash(name);
        down.add(name);
        crashes += 1;
      }
    }
  }
  for (const name of down) await bench.redeliver(name);
  await bench.until(async () => {
    const [first, second] = [await bench.committed("q1"), await bench.committed("q2")];
    return first.length === 1_000 && second.length === (await bench.published("q2")).length;
  }, { withinMs: 1_000_000 });
  const out = (await bench.published("out")).flatMap(({ body }) => body as number[]);
  const letters = [...(await bench.deadLetters("q1")), ...(await bench.deadLetters("q2"))].map(({ body }) =>
    body as number
  );
  deepStrictEqual(
    [...new Set([...out, ...letters])].sort((one, other) => one - other),
    Array.from({ length: 1_000 }, (_, n) => n),
  );
  deepStrictEqual([(await bench.committed("q1")).length, crashes > 5], [1_000, true]);
});

Deno.test("close() gives out what is held, function after function, and moves time where one waits for it", async () => {
  const fn = parent((n) => n, { retries: 0 });
  const bench = await testBench(fn);
  await bench.send(1);
  await bench.close();
  await bench.close();
  deepStrictEqual(bodies(await bench.published("out")), [2]);
  strictEqual(bench.clock.nextMs, undefined);

  const held = serving("parent").addChildFunction("child");
  held.setTopology("flow").to("pack", batch<number>({ maxEvents: 3 })).to("q", queue({ path: "memory://q" }))
    .to("pack2", batch<number[]>({ maxEvents: 3 }), { function: "child" }).to("out", queue({ path: "memory://out" }));
  const other = await testBench(held);
  await other.send(1);
  await other.close();
  deepStrictEqual([bodies(await other.published("out")), bodies(await other.committed("q"))], [[[[1]]], [[1]]]);
});

Deno.test("close() moves time for a step that waits to try again", async () => {
  let tries = 0;
  const bench = await testBench(parent((n) => {
    if (++tries === 1) throw new StatusError(503, "not yet");
    return n;
  }, { retries: 1, backoffMs: 500 }));
  await bench.send(1);
  deepStrictEqual([tries, bench.clock.nextMs === undefined], [1, false]);
  await bench.close();
  deepStrictEqual([tries, bodies(await bench.published("out"))], [2, [2]]);
  strictEqual(bench.clock.now() >= 250, true, "half of the pause at least is over");
});

Deno.test("close() closes every function when one cannot, and tells it once", async () => {
  const fn = serving("parent").addChildFunction("child");
  const graph = fn.setTopology("flow", { closeTimeoutMs: 100 });
  graph.to("q", queue<number>({ path: "memory://q" }))
    .to("pack", batch<number>({ maxEvents: 3 }), { function: "child" })
    .to("out", queue({ path: "memory://out" }));
  graph.to("stuck", () => new Promise(() => {}));
  const bench = await testBench(fn);
  await bench.send(1);
  await rejects(bench.close(), (error: Error) => {
    deepStrictEqual([error.name, error.message.match(/Step "\w+" had no answer/g)], ["AggregateError", [
      'Step "stuck" had no answer',
    ]]);
    return true;
  });
  deepStrictEqual(bodies(await bench.published("out")), [[1]], "the child gave out its batch");
  deepStrictEqual(bodies(await bench.committed("q")), [1]);
  strictEqual(bench.clock.nextMs, undefined);
  strictEqual(bench.counts("parent").stuck?.failed, 1);
  await bench.close();
});

Deno.test("close() tells of every function that cannot", async () => {
  const bench = await testBench(closesBadly());
  await bench.send(1);
  await rejects(bench.close(), {
    name: "AggregateError",
    message: /Cannot close 2 functions of "parent":\n.*first gone\n.*second gone$/s,
  });
  await bench.close();
});

/** A parent and a child that both fail when they are closed. */
function closesBadly(): ServingFunction {
  class Leaver {
    readonly #name: string;
    constructor({ name }: { name: string }) {
      this.#name = name;
    }
    do(n: number): number {
      return n;
    }
    close(): void {
      throw new Error(`${this.#name} gone`);
    }
  }
  const fn = serving("parent").addChildFunction("child");
  fn.setTopology("flow").to("first", Leaver, { name: "first" }).to("q", queue<number>({ path: "memory://q" }))
    .to("second", Leaver, { name: "second", function: "child" });
  return fn;
}

Deno.test("testBench() refuses wrong names and broken graphs", async () => {
  await using bench = await testBench(parent((n) => n));
  await rejects(bench.crash("other"), /Cannot find function "other" on the bench: there are "parent", "child"/);
  await rejects(bench.redeliver("child"), /it runs. Crash it first/);
  await rejects(bench.published("x"), /Cannot find queue "x" on the bench: those with a stream are .*"q"/);
  const options: FunctionOptions = {};
  await rejects(testBench(serving("empty", options)), { name: "GraphError" });
  await rejects(testBench({} as ServingFunction), /Cannot run a function: this is none/);
});

Deno.test("testBench() refuses a broker without a place for names, of no kind, or whose time is to be moved", async () => {
  const fn = parent((n) => n);
  for (const streams of ["kafka://h:9092/orders", "kafka://h:9092/orders?group={name}", "redis://{name}/orders"]) {
    await rejects(testBench(fn, { streams }), { // all would be one stream of somebody's
      name: "RangeError",
      message:
        `Cannot put streams at "${streams}": say where the name of each goes, as in kafka://localhost:9092/{name}`,
    });
  }
  await rejects(testBench(fn, { streams: "rabbit://host/{name}" }), { name: "StreamError", message: /the kinds of/ });
  await rejects(testBench(fn, { streams: "local://{name}", clock: new TestClock() }), {
    message: "Cannot move the time of local://{name}: a broker goes by the machine's. Leave out clock",
  });
});

Deno.test("until() moves time to what is due, asks again, and tells what was logged when it waits in vain", async () => {
  let runs = 0;
  await using bench = await testBench(parent((n) => {
    if (++runs < 3) throw new Error("not yet");
    return n;
  }));
  await bench.send(1);
  await bench.until(async () => (await bench.committed("q")).length === 1);
  deepStrictEqual([runs, bench.clock.now()], [3, 300]);
  await rejects(bench.until(() => false), {
    message:
      /^What the test waits for does not come: nothing is due any more\n.*Record .* failed at try 2: Step "work" failed: not yet$/s,
  });
  const cancel = bench.clock.schedule(2_000, () => {});
  await rejects(bench.until(() => Promise.resolve(false), { withinMs: 1_000 }), /does not come: 1000 ms are over/);
  await rejects(bench.until(() => Promise.reject(new Error("asked wrongly"))), /asked wrongly/);
  cancel();
});

Deno.test("bench.publish() feeds a trigger: its events have the record's id, key, path, headers and time, and fail as records do", async () => {
  const fn = serving("shop").addTrigger("orders", { stream: "kafka://broker:9092/orders", maxTries: 2, group: "own" });
  fn.setTopology("flow")
    .to("see", ({ id, key, path, method, headers, time, trigger, body }: FlowEvent<number>) => {
      if (body < 0) throw new Error("below zero");
      return { id, key, path, method, why: headers.get("x-why"), time: time.getTime(), trigger, body };
    }, { fullEvent: true })
    .to("seen", queue({ path: "kafka://broker:9092/seen" }));
  await using bench = await testBench(fn);
  const time = new Date(5_000);
  await bench.publish("orders", 1, { id: "a", key: "k", path: "/p", headers: { "x-why": "test" }, time });
  await bench.publish("orders", -1, { id: "b" });
  await bench.clock.advance(60_000);
  deepStrictEqual((await bench.published("seen")).map(({ body }) => body), [
    {
      id: "a",
      key: "k",
      path: "/p",
      method: "POST",
      why: "test",
      time: 5_000,
      trigger: "kafka://broker:9092/orders",
      body: 1,
    },
  ]);
  deepStrictEqual((await bench.deadLetters("orders")).map(({ id, error }) => [id, error?.step, error?.message]), [
    ["b", "see", "below zero"],
  ]);
  deepStrictEqual((await bench.committed("orders")).length, 2);
});

Deno.test("bench.clock moves schedules: one that crashed comes again, a time at which nothing ran is told", async () => {
  const fn = serving("shop").addTrigger("count", { schedule: "* * * * *", body: 7, path: "/c" });
  let holds = true;
  const seen: string[] = [];
  fn.setTopology("flow").to("see", async ({ id, body, path, time, trigger }: FlowEvent<number>) => {
    if (holds) await new Promise(() => {});
    seen.push(`${id} ${body} ${path} ${time.getTime()} ${trigger}`);
  }, { fullEvent: true });
  await using bench = await testBench(fn);
  await bench.clock.advance(60_000);
  await bench.crash();
  await bench.clock.advance(200_000);
  holds = false;
  deepStrictEqual((await bench.redeliver()).map(({ id }) => id), ["count@1970-01-01T00:01:00.000Z"]);
  deepStrictEqual(seen, ["count@1970-01-01T00:01:00.000Z 7 /c 60000 schedule://count"]);
  await bench.clock.advance(60_000);
  strictEqual(seen.length, 2);
  deepStrictEqual(bench.lines, [
    "warn: Schedule count has missed 2 times, the last 1970-01-01T00:03:00.000Z: nothing ran it then",
    "warn: Schedule count leaves out 1970-01-01T00:04:00.000Z: the event before is not done",
  ]);
});

Deno.test("bench.deadLetters() has times of a schedule that came to nothing, after their tries", async () => {
  const fn = serving("shop").addTrigger("count", { schedule: "0 * * * *", maxTries: 3, backoffMs: 1_000 });
  let tries = 0;
  fn.setTopology("flow").to("see", () => {
    tries++;
    throw new Error("no database");
  });
  await using bench = await testBench(fn);
  await bench.clock.advance(3_600_000 + 60_000);
  deepStrictEqual(
    [tries, (await bench.deadLetters("count")).map(({ id, error }) => [id, error!.step, error!.message])],
    [3, [
      ["count@1970-01-01T01:00:00.000Z", "see", "no database"],
    ]],
  );
});

Deno.test("a trigger starts the function in which the graph begins, and no child", async () => {
  const fn = serving("shop").addChildFunction("billing").addTrigger("count", { schedule: "* * * * *" });
  const seen: string[] = [];
  fn.setTopology("flow").to("first", () => seen.push("first")).to("q", queue())
    .to("bill", () => void seen.push("bill"), { function: "billing" });
  await using bench = await testBench(fn);
  await bench.clock.advance(60_000);
  deepStrictEqual(seen, ["first", "bill"]);
});

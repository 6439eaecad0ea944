import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import {
  Batcher,
  type BatchingOptions,
  type BatchWork,
  UnsplitError,
} from "../../../../../lib/models/batching/batcher.ts";
import { settle, TestClock } from "../../../../../lib/testing/test_clock.ts";

interface Asked {
  readonly name: string;
  readonly rows?: number;
  readonly key?: string;
}

/** A batcher whose answers are the requests' names in capitals, and what it ran. */
function opened(
  options: BatchingOptions,
  { bad = "", unsplit = false, ...rule }:
    & { bad?: string; unsplit?: boolean }
    & Pick<BatchWork<Asked, string>, "ownKey" | "cost"> = {},
) {
  const clock = new TestClock();
  const runs: string[] = [];
  const signals: AbortSignal[] = [];
  const told: string[] = [];
  const batcher = new Batcher<Asked, string>(options, {
    rows: ({ rows = 1 }) => rows,
    key: ({ key = "" }) => key === "alone" ? undefined : key,
    ...rule,
    async run(requests, signal) {
      runs.push(requests.map(({ name }) => name).join(" "));
      signals.push(signal);
      await settle();
      if (requests.some(({ name }) => name === bad)) throw new Error(`${bad} is bad`);
      if (unsplit && requests.length > 1) throw new UnsplitError("one answer for all");
      return requests.map(({ name }) => name.toUpperCase());
    },
    unsplit: ({ message }) => void told.push(message),
  }, clock);
  return { batcher, clock, runs, signals, told };
}

Deno.test("Batcher joins what comes until the first has waited long enough, in order", async () => {
  const { batcher, clock, runs } = opened({ maxRows: 10, maxDelayMs: 5 });
  const answers = [batcher.ask({ name: "a" })];
  await clock.advance(3);
  answers.push(batcher.ask({ name: "b" }), batcher.ask({ name: "c" }));
  await clock.advance(1);
  deepStrictEqual(runs, []);
  await clock.advance(1);
  deepStrictEqual([runs, await Promise.all(answers)], [["a b c"], ["A", "B", "C"]]);
  const late = batcher.ask({ name: "d" });
  await clock.advance(4);
  strictEqual(runs.length, 1, "the next batch waits anew");
  await clock.advance(1);
  deepStrictEqual([await late, clock.timers], ["D", 0]);
});

Deno.test("Batcher counts rows: what is full goes at once, and what does not fit begins the next", async () => {
  const { batcher, clock, runs } = opened({ maxRows: 4, maxDelayMs: 5 });
  const answers = [["a", 1], ["b", 3], ["c", 2], ["d", 3], ["e", 1]].map(([name, rows]) =>
    batcher.ask({ name: name as string, rows: rows as number })
  );
  await settle();
  deepStrictEqual(runs, ["a b", "c", "d e"]);
  await Promise.all(answers);
  strictEqual(clock.timers, 0);
});

Deno.test("Batcher runs a request of more rows alone, behind what came before it", async () => {
  const { batcher, runs } = opened({ maxRows: 4, maxDelayMs: 5 });
  const answers = [{ name: "a" }, { name: "big", rows: 9 }, { name: "none", rows: 0 }, { name: "x", key: "alone" }];
  deepStrictEqual(await Promise.all(answers.map((request) => batcher.ask(request))), ["A", "BIG", "NONE", "X"]);
  deepStrictEqual(runs, ["a", "big", "none", "x"]);
});

Deno.test("Batcher with maxDelayMs 0 joins those that are there already", async () => {
  const { batcher, clock, runs } = opened({ maxRows: 4, maxDelayMs: 0 });
  const answers = ["a", "b"].map((name) => batcher.ask({ name }));
  await clock.advance(0);
  deepStrictEqual([await Promise.all(answers), runs], [["A", "B"], ["a b"]]);
});

Deno.test("Batcher joins requests of one key only, the model's and the rule's", async () => {
  const { batcher, clock, runs } = opened({ maxRows: 9, maxDelayMs: 5 }, { ownKey: ({ name }) => name.length });
  const names = ["a", "bb", "c", "dd"];
  const answers = [...names.map((name) => batcher.ask({ name })), batcher.ask({ name: "e", key: "other" })];
  await clock.advance(5);
  await Promise.all(answers);
  deepStrictEqual(runs, ["a c", "bb dd", "e"]);
});

Deno.test("Batcher with a cost joins as much as may be", async () => {
  const options = { maxRows: 9, maxDelayMs: 5, maxCost: 5 };
  const { batcher, clock, runs } = opened(options, { cost: ({ name }) => name.length });
  const answers = ["aaa", "bb", "c", "dddddd", "e"].map((name) => batcher.ask({ name }));
  await clock.advance(5);
  await Promise.all(answers);
  deepStrictEqual(runs, ["aaa bb", "c", "dddddd", "e"]);
});

Deno.test("Batcher fails only the request that is bad", async () => {
  const { batcher, clock, runs } = opened({ maxRows: 3, maxDelayMs: 5 }, { bad: "b" });
  const answers = await Promise.allSettled(["a", "b", "c"].map((name) => batcher.ask({ name })));
  deepStrictEqual(answers.map((answer) => answer.status === "fulfilled" ? answer.value : String(answer.reason)), [
    "A",
    "Error: b is bad",
    "C",
  ]);
  deepStrictEqual([runs, clock.timers], [["a b c", "a", "b", "c"], 0]);
});

Deno.test("Batcher runs nobody again who has left while a batch failed", async () => {
  const { batcher, runs } = opened({ maxRows: 3, maxDelayMs: 5 }, { bad: "b" });
  const leaving = new AbortController();
  const answers = Promise.allSettled([
    batcher.ask({ name: "a" }),
    batcher.ask({ name: "b" }),
    batcher.ask({ name: "c" }, leaving.signal),
  ]);
  deepStrictEqual(runs, ["a b c"]);
  leaving.abort();
  deepStrictEqual((await answers).map(({ status }) => status), ["fulfilled", "rejected", "rejected"]);
  await settle();
  deepStrictEqual(runs, ["a b c", "a", "b"]);
});

Deno.test("Batcher fails only the request of which a rule knows nothing", async () => {
  const rule = {
    ownKey: ({ name }: Asked) => name === "odd" ? {} as string : "k",
    cost: ({ name }: Asked) => name === "free" ? NaN : 1,
  };
  const { batcher, clock } = opened({ maxRows: 9, maxDelayMs: 5 }, rule);
  const good = batcher.ask({ name: "a" });
  await rejects(batcher.ask({ name: "odd" }), {
    name: "TypeError",
    message: /its key is a object, not text or a number/,
  });
  await rejects(batcher.ask({ name: "free" }), { name: "RangeError", message: /its cost is NaN/ });
  await clock.advance(5);
  strictEqual(await good, "A");
});

Deno.test("Batcher takes out who leaves before the batch runs, and makes room", async () => {
  const { batcher, clock, runs } = opened({ maxRows: 3, maxDelayMs: 5 });
  const leaving = new AbortController();
  const left = batcher.ask({ name: "left", rows: 2 }, leaving.signal);
  const first = batcher.ask({ name: "a", key: "other" });
  leaving.abort(new Error("gone"));
  await rejects(left, { message: "gone" });
  strictEqual(clock.timers, 1, "nobody is left in its batch");
  await rejects(batcher.ask({ name: "late" }, leaving.signal), { message: "gone" });
  const again = new AbortController();
  const answers = [batcher.ask({ name: "b" }), batcher.ask({ name: "c", rows: 1 }, again.signal)];
  again.abort(new Error("gone too"));
  answers.push(batcher.ask({ name: "d", rows: 1 }));
  await rejects(answers[1]!, { message: "gone too" });
  await clock.advance(5);
  deepStrictEqual([await first, await answers[0], await answers[2], runs], ["A", "B", "D", ["a", "b d"]]);
});

Deno.test("Batcher aborts a run when nobody waits any more", async () => {
  const { batcher, signals } = opened({ maxRows: 2, maxDelayMs: 5 });
  const callers = [new AbortController(), new AbortController()];
  const answers = callers.map(({ signal }, index) => batcher.ask({ name: `n${index}` }, signal));
  await Promise.resolve();
  callers[0]!.abort(new Error("one"));
  await rejects(answers[0]!, { message: "one" });
  strictEqual(signals[0]!.aborted, false);
  callers[1]!.abort(new Error("two"));
  await rejects(answers[1]!, { message: "two" });
  strictEqual(signals[0]!.aborted, true);
});

Deno.test("Batcher joins nothing more once answers could not be told apart", async () => {
  const { batcher, runs, told } = opened({ maxRows: 2, maxDelayMs: 5 }, { unsplit: true });
  deepStrictEqual(await Promise.all(["a", "b"].map((name) => batcher.ask({ name }))), ["A", "B"]);
  deepStrictEqual(await Promise.all(["c", "d"].map((name) => batcher.ask({ name }))), ["C", "D"]);
  deepStrictEqual([runs, told], [["a b", "a", "b", "c", "d"], ["one answer for all"]]);
});

Deno.test("Batcher runs at flush() what waits", async () => {
  const { batcher, clock, runs } = opened({ maxRows: 9, maxDelayMs: 5 });
  const answers = [batcher.ask({ name: "a" }), batcher.ask({ name: "b", key: "other" })];
  batcher.flush();
  deepStrictEqual([await Promise.all(answers), runs, clock.timers], [["A", "B"], ["a", "b"], 0]);
});

Deno.test("Batcher leaves no listener on a signal that outlives the request", async () => {
  const { batcher, clock } = opened({ maxRows: 2, maxDelayMs: 5 });
  const listeners = new Set<unknown>();
  const signal = new AbortController().signal;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (type: string, listener: EventListenerOrEventListenerObject) => {
    listeners.add(listener);
    add(type, listener);
  };
  signal.removeEventListener = (type: string, listener: EventListenerOrEventListenerObject) => {
    listeners.delete(listener);
    remove(type, listener);
  };
  await Promise.all(["a", "b"].map((name) => batcher.ask({ name }, signal)));
  const last = batcher.ask({ name: "c" }, signal);
  await clock.advance(5);
  await last;
  strictEqual(listeners.size, 0);
});

for (
  const [options, message] of [
    [{ maxRows: 0, maxDelayMs: 1 }, /maxRows is 0/],
    [{ maxRows: 1.5, maxDelayMs: 1 }, /maxRows is 1.5/],
    [{ maxRows: "4", maxDelayMs: 1 }, /maxRows is 4/],
    [{ maxRows: 4, maxDelayMs: -1 }, /maxDelayMs is -1/],
    [{ maxRows: 4 }, /maxDelayMs is undefined/],
    [{ maxRows: 4, maxDelayMs: 1, maxCost: -1 }, /maxCost is -1/],
  ] as const
) {
  Deno.test(`Batcher refuses ${JSON.stringify(options)}`, () => {
    throws(() => opened(options as unknown as BatchingOptions), { name: "RangeError", message });
  });
}

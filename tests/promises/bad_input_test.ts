/** What users' code and requests can do wrong: each has a named error, and the flow lives on. */

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { batch, collector, flatMap, type FlowEvent, map, mapWithState, merge, serving } from "levada";
import { ManualClock, settle } from "../support/manual_clock.ts";
import { memoryLog } from "../support/run_graph.ts";

const QUIET = { log: memoryLog() };

class Unreadable extends Error {
  override get message(): string {
    throw new Error("no message for you");
  }
}

const circular = new Error("round");
circular.cause = circular;

/** What a handler may throw, and what its caller reads. */
const THROWN: readonly (readonly [what: string, thrown: unknown, says: string])[] = [
  ["undefined", undefined, `Step "bad" failed: undefined`],
  ["null", null, `Step "bad" failed: null`],
  ["text", "no", `Step "bad" failed: no`],
  ["a plain object", { code: 7 }, `Step "bad" failed: {"code":7}`],
  ["a frozen error", Object.freeze(new Error("cold")), "cold"],
  ["an error whose message cannot be read", new Unreadable(), "something that cannot be read (object)"],
  ["an error that is its own cause", circular, "round"],
];

for (const [what, thrown, says] of THROWN) {
  for (const isLater of [false, true]) {
    Deno.test(`a handler that ${isLater ? "rejects with" : "throws"} ${what} fails its event: 500, and the next is answered`, async () => {
      const fn = serving("bad");
      fn.setTopology("flow").to("bad", (n: number): number | Promise<number> => {
        if (n > 0) return n;
        if (isLater) return Promise.reject(thrown);
        throw thrown;
      }).respond();
      await using server = await fn.toMockServer(QUIET);
      const response = await server.test("/", 0, { silent: true });
      deepStrictEqual([response.status, (await response.json()).error], [500, says]);
      strictEqual(await server.test("/", 1), 1);
    });
  }

  Deno.test(`an error handler is told of ${what}`, async () => {
    const fn = serving("bad");
    fn.setTopology("flow").to("bad", (): number => {
      throw thrown;
    }).errorHandler("catch", ({ error }: FlowEvent) => `${error!.step}: ${error!.message}`, { fullEvent: true })
      .respond();
    await using server = await fn.toMockServer(QUIET);
    strictEqual(await server.test("/", 0), `bad: ${says.replace('Step "bad" failed: ', "")}`);
  });
}

Deno.test("a handler that rejects after its time is over, or after close, leaves no unhandled rejection", async () => {
  const unhandled: unknown[] = [];
  const listen = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", listen);
  try {
    for (const [limits, options] of [[{}, { timeoutMs: 5 }], [{ timeoutMs: 5 }, {}]] as const) {
      const clock = new ManualClock();
      let late: (error: Error) => void = () => {};
      const fn = serving("late");
      fn.setTopology("flow", limits).to("work", () => new Promise<number>((_, reject) => late = reject), options)
        .respond();
      const flow = await fn.start({ ...QUIET, clock });
      const asked = rejects(flow.ask(1), { status: 504 });
      await clock.advance(5);
      await asked;
      await flow.close();
      late(new Error("late"));
      await settle();
    }
    await new Promise((resolve) => setTimeout(resolve, 0)); // when the runtime tells of rejections
  } finally {
    globalThis.removeEventListener("unhandledrejection", listen);
  }
  deepStrictEqual(unhandled, []);
});

Deno.test("a handler that returns undefined gives undefined to the next, and 204 to the caller", async () => {
  const seen: unknown[] = [];
  const fn = serving("nothing");
  fn.setTopology("flow").to("nothing", () => {}).to("look", (body: unknown) => void seen.push(body)).respond();
  await using server = await fn.toMockServer(QUIET);
  strictEqual((await server.test("/", 1, { silent: true })).status, 204);
  deepStrictEqual(seen, [undefined]);
});

Deno.test("a branch that writes into a body that it shares fails in the mock server, where it can be seen", async () => {
  const fn = serving("shared");
  const graph = fn.setTopology("flow");
  const root = graph.to("root", (body: { list: number[] }) => body, { share: true });
  root.to("reads", (body) => body.list.length).respond();
  root.to("writes", (body) => body.list.push(3));
  await using server = await fn.toMockServer(QUIET);
  strictEqual(await server.test("/", { list: [1, 2] }), 2);
  const [letter] = server.deadLetters();
  deepStrictEqual([letter?.step, letter?.error.name], ["writes", "TypeError"]);

  await using flow = await fn.start(QUIET); // production shares without looking: freezing costs, and the test has told
  const body = { list: [1, 2] };
  await flow.ask(body);
  deepStrictEqual(body, { list: [1, 2, 3] });
});

Deno.test("a generator that fails midway gives its chunks, then the failure; behind a collector the request fails", async () => {
  function* count(to: number) {
    for (let n = 1; n <= to; n++) {
      if (n === 3) throw new Error("three");
      yield n;
    }
  }
  const fn = serving("midway");
  fn.setTopology("flow").to("count", count).respond();
  await using flow = await fn.start(QUIET);
  const got: number[] = [];
  await rejects(
    (async () => {
      for await (const n of await flow.ask<AsyncIterable<number>>(9)) got.push(n);
    })(),
    /Step "count" failed: three/,
  );
  deepStrictEqual([got, await Array.fromAsync(await flow.ask<AsyncIterable<number>>(2))], [[1, 2], [1, 2]]);

  const all = serving("all");
  all.setTopology("flow").to("count", count).to("all", collector()).respond();
  await using server = await all.toMockServer(QUIET);
  await rejects(server.test("/", 9), { status: 500 });
  deepStrictEqual(await server.test("/", 2), [1, 2]);
});

Deno.test("a function that gives a generator behind a streaming step fails its event: whose chunks would they be", async () => {
  function* count(to: number) {
    for (let n = 1; n <= to; n++) yield n;
  }
  const fn = serving("streams");
  fn.setTopology("flow").to("count", count).to("again", (n: number) => count(n)).respond();
  await using flow = await fn.start(QUIET);
  await rejects(flow.ask(2), /Step "again" failed: Cannot stream .* Put a collector\(\) between them/);
});

const KEYS: readonly (readonly [what: string, key: unknown, says: RegExp])[] = [
  ["undefined", undefined, /its key is undefined. A key is text or a number/],
  ["null", null, /its key is null/],
  ["NaN", NaN, /its key is NaN/],
  ["an object", {}, /its key is of type object/],
  ["a symbol", Symbol("k"), /its key is of type symbol/],
];

for (const [what, key, says] of KEYS) {
  Deno.test(`a key that is ${what} fails its event by name: batch, merge, mapWithState`, async () => {
    const steps = [
      batch<number>({ maxEvents: 2, key: () => key as string }),
      merge<number>({ key: () => key as string }),
      mapWithState(() => 0, (n: number, state: number) => [n, state], { key: () => key as string }),
    ];
    for (const step of steps) {
      const fn = serving("keys");
      fn.setTopology("flow").to("keyed", step as ReturnType<typeof map<number, unknown>>).respond();
      await using flow = await fn.start(QUIET);
      await rejects(flow.ask(1), says);
    }
  });
}

Deno.test("a key of a million letters, or one like a field of every object, is a key like another", async () => {
  const fn = serving("keys");
  fn.setTopology("flow").to("count", mapWithState(() => 0, (_n: number, state: number) => [state + 1, state + 1]))
    .respond();
  await using flow = await fn.start(QUIET);
  for (const key of ["x".repeat(1_000_000), "__proto__", "constructor", ""]) {
    deepStrictEqual([await flow.ask(0, { key }), await flow.ask(0, { key })], [1, 2]);
  }
});

Deno.test("a body's __proto__ is a field: copies for branches keep it and nothing is polluted", async () => {
  const seen: string[] = [];
  const fn = serving("proto");
  const graph = fn.setTopology("flow");
  const root = graph.to("root", (body: object) => body);
  root.to("other", (body) => void seen.push(JSON.stringify(body)));
  root.to("main", (body) => JSON.stringify(body)).respond();
  await using server = await fn.toMockServer(QUIET);
  const hostile = `{"__proto__":{"isAdmin":true},"constructor":1}`;
  strictEqual(await server.test("/", new TextEncoder().encode(hostile), { contentType: "application/json" }), hostile);
  deepStrictEqual(seen, [hostile]);
  strictEqual(({} as { isAdmin?: boolean }).isAdmin, undefined);
});

Deno.test("a body of too many levels is refused at the door; one that a step makes fails at the fan-out", async () => {
  const fn = serving("deep");
  const graph = fn.setTopology("flow");
  const root = graph.to("root", (levels: unknown) => {
    let body: unknown = 1;
    for (let level = 0; level < Number(levels); level++) body = [body];
    return body;
  });
  root.to("aside", (body) => body);
  root.to("main", () => "done").respond();
  await using server = await fn.toMockServer(QUIET);
  const deep = await server.test("/", new TextEncoder().encode("[".repeat(501) + "]".repeat(501)), {
    contentType: "application/json",
    silent: true,
  });
  deepStrictEqual([deep.status, /levels/.test((await deep.json()).error)], [400, true]);
  strictEqual(await server.test("/", 10), "done");
  await rejects(server.test("/", 200_000), /its body is nested too deeply/);
});

Deno.test("a large body goes through branches and comes back", async () => {
  const fn = serving("large");
  const graph = fn.setTopology("flow");
  const root = graph.to("root", (list: number[]) => list);
  root.to("aside", (list) => list.length);
  root.to("main", (list) => list.at(-1)).respond();
  await using flow = await fn.start(QUIET);
  strictEqual(await flow.ask(Array.from({ length: 1_000_000 }, (_, index) => index)), 999_999);
});

Deno.test("flatMap() fails the items that cannot be copied for several branches, and the others go on", async () => {
  const seen: unknown[] = [];
  const fn = serving("items");
  const graph = fn.setTopology("flow");
  const items = graph.to("items", flatMap((n: number): unknown[] => [n, new URLSearchParams(), n + 1]));
  items.to("a", (item) => void seen.push(item));
  items.to("b", (item) => void seen.push(item));
  const flow = await fn.start(QUIET);
  await flow.emit(1);
  await flow.close();
  deepStrictEqual([seen, flow.deadLetters().map(({ step }) => step)], [[1, 1, 2, 2], ["items"]]);
});

Deno.test("a check of the graph's input that throws fails the request by name", async () => {
  const fn = serving("input");
  const input = {
    safeParse(value: unknown) {
      if (value === 1) throw new Error("the check is broken");
      return { success: true as const, data: value as number };
    },
  };
  fn.setTopology("flow", { input }).to("same", (n) => n).respond();
  await using server = await fn.toMockServer(QUIET);
  await rejects(server.test("/", 1), { status: 500, message: `Answered 500 by step "input": the check is broken` });
  strictEqual(await server.test("/", 2), 2);
});

Deno.test("batch() fails the event that it cannot read, and batches the others", async () => {
  const fn = serving("batch");
  fn.setTopology("flow").to("pair", batch({ maxEvents: 2 }), { inputPath: "a.b" }).respond();
  await using flow = await fn.start(QUIET);
  const first = flow.ask({ a: { b: 1 } });
  await rejects(flow.ask({ a: "text" }), /Cannot read inputPath "a.b"/);
  deepStrictEqual(await Promise.all([first, flow.ask({ a: { b: 2 } })]), [[1, 2], [1, 2]]);
});

Deno.test("merge() fails everybody whose part it has when its join fails, and holds nothing back", async () => {
  const broken = () => {
    throw new Error("no join");
  };
  const fn = serving("joins");
  const graph = fn.setTopology("flow");
  graph.to("join", merge<number>({ key: () => "k", expected: 2, join: broken })).respond();
  await using flow = await fn.start(QUIET);
  const asked = await Promise.allSettled([flow.ask(1), flow.ask(2)]);
  deepStrictEqual(asked.map(({ status }) => status), ["rejected", "rejected"]);

  const parts = serving("parts");
  const split = parts.setTopology("flow");
  const start = split.to("start", (n: number) => n);
  const handled: number[] = [];
  split.after(start.to("a", (n) => n), start.to("b", (n) => n)).to("join", merge({ join: broken })).respond()
    .errorHandler("catch", (n: number) => handled.push(n));
  await using server = await parts.toMockServer(QUIET);
  strictEqual(await server.test("/", 5), 1);
  deepStrictEqual(handled, [5], "one event has failed, so it is handled once");
});

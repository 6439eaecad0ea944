/**
 * Where MLRun is silent and Levada is not: one test for each row of that table in the design of the graph, in its order and titled by
 * its left side. Each would fail if Levada did what MLRun does.
 */

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import {
  aggregateByKey,
  batch,
  choice,
  collector,
  filter,
  flatMap,
  FlowEvent,
  type InferRequest,
  merge,
  ModelServer,
  queue,
  remote,
  serving,
  StatusError,
  votingEnsemble,
  type VotingEnsembleOptions,
} from "levada";
import { serveLoopback } from "../support/loopback.ts";
import { ManualClock, settle } from "../support/manual_clock.ts";
import { memoryLog } from "../support/run_graph.ts";

const QUIET = { log: memoryLog() };

/** Gives what its route says, for each row; fails where it says nothing. */
class Says extends ModelServer {
  predict({ inputs }: InferRequest): unknown[] {
    if (!Object.hasOwn(this.args, "answer")) throw new Error("the model is broken");
    return inputs.map(() => this.args.answer);
  }
}

/** What an ensemble of such models answers, and with which status. */
async function voted(options: VotingEnsembleOptions, answers: Readonly<Record<string, unknown>>) {
  const fn = serving("votes");
  const router = fn.setTopology("router", votingEnsemble(options));
  for (const [key, answer] of Object.entries(answers)) {
    router.addRoute(key, Says, answer === undefined ? {} : { answer });
  }
  await using server = await fn.toMockServer(QUIET);
  const response = await server.test("/v2/models/infer", { inputs: [[1]] }, { silent: true });
  const { outputs, failed, error } = await response.json();
  return { status: response.status, outputs, failed, error };
}

Deno.test("row 1: a duplicate name replaces a step | it is an error that names both places", async () => {
  const fn = serving("names");
  const graph = fn.setTopology("flow");
  graph.to("twice", (n: number) => n + 1);
  graph.to("twice", (n: number) => n + 2).respond();
  await rejects(fn.start(QUIET), (error: Error) => {
    match(error.message, /two steps have this name: one added at \w+_test\.ts:\d+:\d+, one at \w+_test\.ts:\d+:\d+/);
    return true;
  });
});

Deno.test("row 2: respond() on a step with successors does nothing | the reply leaves there, and the steps behind go on", async () => {
  const seen: number[] = [];
  const fn = serving("respond");
  fn.setTopology("flow").to("answer", (n: number) => n * 2).respond().to("later", (n) => void seen.push(n));
  await using server = await fn.toMockServer(QUIET);
  strictEqual(await server.test("/", 4), 8);
  await server.waitForCompletion();
  deepStrictEqual(seen, [8]);
});

Deno.test("row 3: two branches of a function behind one queue, or one fed by two queues, are refused | both work", async () => {
  const seen: string[] = [];
  const fn = serving("queues");
  fn.addChildFunction("child");
  const graph = fn.setTopology("flow");
  const start = graph.to("start", (text: string) => text);
  const one = start.to("one", queue({ path: "memory://one" }));
  one.to("left", (text) => void seen.push(`left ${text}`), { function: "child" });
  one.to("right", (text) => void seen.push(`right ${text}`), { function: "child" });
  const two = start.to("two", queue({ path: "memory://two" }));
  graph.after(one, two).to("both", (text) => void seen.push(`both ${text}`), { function: "child" });
  await using server = await fn.toMockServer(QUIET);
  await server.test("/", "x");
  await server.waitForCompletion();
  deepStrictEqual(seen.sort(), ["both x", "both x", "left x", "right x"]);
});

Deno.test("row 4: a failing member of an ensemble is left out in silence | it fails, or the reply and the log tell of it", async () => {
  deepStrictEqual(await voted({}, { a: 10, broken: undefined }), {
    status: 500,
    outputs: undefined,
    failed: undefined,
    error: `Cannot answer for ensemble "VotingEnsemble": member "broken" failed: the model is broken`,
  });
  deepStrictEqual(await voted({ onMemberError: "drop" }, { a: 10, broken: undefined }), {
    status: 200,
    outputs: [10],
    failed: { broken: "the model is broken" },
    error: undefined,
  });
});

Deno.test("row 5: weights below a sum of 1 raise, above it the mean is none | only their ratios matter", async () => {
  for (const scale of [0.1, 1, 50]) {
    const weights = { a: 1 * scale, b: 3 * scale };
    const { outputs } = await voted({ weights, voteType: "regression" }, { a: 10, b: 20 });
    deepStrictEqual(outputs, [17.5], `weights times ${scale}`);
  }
});

Deno.test("row 6: a batch before the responder never answers | it carries its members, and each caller is answered", async () => {
  const clock = new ManualClock();
  const fn = serving("batches");
  fn.setTopology("flow").to("batch", batch<number>({ maxEvents: 3, flushAfterMs: 100 }))
    .to("each", flatMap((all) => all.map((n) => n * all.length))).respond();
  const flow = await fn.start({ ...QUIET, clock });
  const full = [1, 2, 3].map((n) => flow.ask(n));
  deepStrictEqual(await Promise.all(full), [3, 6, 9]);
  const late = [flow.ask(4), flow.ask(5)];
  await clock.advance(100);
  deepStrictEqual(await Promise.all(late), [8, 10]);
  await flow.close();
});

Deno.test("row 7: a collector used as a join gives wrong answers | it refuses, and merge() joins", async () => {
  const joined = (join: ReturnType<typeof merge<number>>) => {
    const fn = serving("joins");
    const graph = fn.setTopology("flow");
    const start = graph.to("start", (n: number) => n);
    graph.after(start.to("more", (n) => n + 1), start.to("less", (n) => n - 1)).to("join", join).respond();
    return fn;
  };
  await rejects(joined(collector<number>()).start(QUIET), /step "join": .*"more" and "less" stream nothing.*merge\(\)/);
  await using server = await joined(merge<number>()).toMockServer(QUIET);
  deepStrictEqual(await server.test("/", 5), [6, 4]);
});

Deno.test("row 8: a side branch's error races with the reply | it goes to handler, error stream, log and counts, never to the caller", async () => {
  for (const isHandled of [false, true]) {
    const log = memoryLog();
    const [pushed, handled]: [string[], string[]] = [[], []];
    const fn = serving("sides");
    const graph = fn.setTopology("flow");
    const root = graph.to("root", (n: number) => n);
    root.to("side", (): number => {
      throw new Error("aside");
    });
    root.to("slow", async (n) => {
      await settle(); // MLRun answers with the failure, since it is there first
      return n + 1;
    }).respond();
    if (isHandled) {
      graph.errorHandler("catch", ({ error }: FlowEvent) => void handled.push(error!.message), { fullEvent: true });
    }
    await using server = await fn.toMockServer({ log, errorStream: ({ error }) => void pushed.push(error.message) });
    strictEqual(await server.test("/", 1), 2);
    deepStrictEqual([pushed, handled, log.lines, server.counts().side], [
      isHandled ? [] : ["aside"],
      isHandled ? ["aside"] : [],
      isHandled ? [] : [`error: Step "side" failed: aside`],
      isHandled ? undefined : { failed: 1, deadLetters: 1 },
    ]);
  }
});

Deno.test("row 9: an error handler that fails poisons the flow | its event is a dead letter, and the flow lives on", async () => {
  const fn = serving("handlers");
  fn.setTopology("flow").to("work", (n: number): number => {
    if (n < 0) throw new Error("first");
    return n;
  }).errorHandler("catch", () => {
    throw new Error("second");
  }).respond();
  await using server = await fn.toMockServer(QUIET);
  await rejects(server.test("/", -1), { status: 500, message: `Answered 500 by step "catch": second` });
  strictEqual(await server.test("/", 1), 1);
  const [{ step, event, error, handled }] = server.deadLetters() as [ReturnType<typeof server.deadLetters>[number]];
  deepStrictEqual([step, event.body, error.message, handled], ["catch", -1, "second", {
    step: "work",
    message: "first",
  }]);
});

Deno.test("row 10: a handler that is named before it is added does not build, and hangs its caller | it works as the page writes it", async () => {
  const fn = serving("named");
  const graph = fn.setTopology("flow");
  graph.to("pre-process", (body: { n?: number }): number => {
    if (body.n === undefined) throw new Error("no n");
    return body.n;
  }).errorHandler("catcher").to("end", (n) => n + 1).respond();
  graph.addStep("catcher", ({ error }: FlowEvent) => `caught at ${error!.step}`, { fullEvent: true, after: "" });
  await using server = await fn.toMockServer(QUIET);
  deepStrictEqual([await server.test("/", { n: 1 }), await server.test("/", {})], [2, "caught at pre-process"]);
});

Deno.test("row 11: an event that ends before the responder hangs its caller | 204 naming the step; a join is told", async () => {
  const ends = {
    filter: filter(() => false),
    flatMap: flatMap(() => []),
    choice: choice(() => []),
  };
  for (const [name, step] of Object.entries(ends)) {
    const fn = serving("ends");
    fn.setTopology("flow").to(name, step as typeof ends.filter).to("answer", (body: unknown) => body).respond();
    await using server = await fn.toMockServer(QUIET);
    const response = await server.test("/", 1, { silent: true });
    deepStrictEqual([response.status, response.headers.get("x-ended-at-step")], [204, name]);
    strictEqual(await server.test("/", 1), undefined);
  }
  for (const incomplete of ["end", "join"] as const) {
    const fn = serving("join");
    const graph = fn.setTopology("flow");
    const start = graph.to("start", (n: number) => n);
    const none = start.to("none", filter(() => false));
    graph.after(none, start.to("some", (n) => n)).to("join", merge({ incomplete })).respond();
    await using server = await fn.toMockServer(QUIET);
    deepStrictEqual(await server.test("/", 7), incomplete === "join" ? [7] : undefined);
  }
});

Deno.test("row 12: an ensemble answers a wrong number with 200 | it is right for numbers, classes, text, vectors and matrices", async () => {
  strictEqual((await voted({}, { a: undefined, b: undefined })).status, 500); // MLRun: 200 with 0.0
  deepStrictEqual((await voted({}, { a: -1, b: -1, c: 2 })).outputs, [-1]); // MLRun: 2
  deepStrictEqual((await voted({}, { a: "cat", b: "dog", c: "cat" })).outputs, ["cat"]); // MLRun: 400
  const vectors = (await voted({}, { a: [0.25, 0.75], b: [0.5, 0.5] })).outputs;
  deepStrictEqual(vectors, [[0.375, 0.625]]); // MLRun: transposed
  const matrices = await voted({ voteType: "regression" }, { a: [[1, 2], [3, 4]], b: [[3, 4], [5, 6]] });
  deepStrictEqual(matrices.outputs, [[[2, 3], [4, 5]]]);
  const dropped = await voted({ onMemberError: "drop", voteType: "regression", weights: { a: 1, b: 1, c: 2 } }, {
    a: 10,
    b: 20,
    c: undefined,
  });
  deepStrictEqual([dropped.outputs, Object.keys(dropped.failed)], [[15], ["c"]]); // MLRun: 7.5
});

Deno.test("row 13: a queue is chosen by another name than its own | one name everywhere", async () => {
  const fn = serving("chosen");
  const graph = fn.setTopology("flow");
  const pick = graph.to("pick", choice((n: number) => n > 9 ? "large" : "small"));
  pick.to("large", queue()).to("behind", (n) => `large ${n}`);
  pick.to("small", (n) => `small ${n}`);
  graph.addStep("answer", (text: string) => text, { after: ["behind", "small"] }).respond();
  await using server = await fn.toMockServer(QUIET);
  deepStrictEqual([await server.test("/", 10), await server.test("/", 1)], ["large 10", "small 1"]);
});

Deno.test("row 14: a failure in a step's own options hangs the caller, then the flow | it is that event's failure", async () => {
  const fn = serving("keys");
  fn.setTopology("flow").to("batch", batch({ maxEvents: 1, key: (body: { key: { id: string } }) => body.key.id }))
    .respond();
  await using server = await fn.toMockServer(QUIET);
  await rejects(server.test("/", {}), { status: 500, message: /Cannot read properties of undefined/ });
  deepStrictEqual(await server.test("/", { key: { id: "a" } }), [{ key: { id: "a" } }]);
});

Deno.test("row 14: a failing URL expression hangs the caller, then the flow | it is that event's failure", async () => {
  await using service = serveLoopback(() => Response.json("here"));
  const fn = serving("urls");
  fn.setTopology("flow").to("ask", remote({ url: (body: { at: { host: string } }) => body.at.host })).respond();
  await using server = await fn.toMockServer(QUIET);
  await rejects(server.test("/", {}), { status: 500, message: /Cannot read properties of undefined/ });
  deepStrictEqual(await server.test("/", { at: { host: service.url } }), "here");
});

Deno.test("row 15: late events lose their fields, or are lost again by the next | counted while their bucket is kept, then told", async () => {
  const minute = (n: number) => new Date(Date.UTC(2026, 0, 1, 10, n));
  // A fixed window is told whole; a sliding one as it was at the event's own time. The event behind the late one gets 4 in storey.
  for (const [window, told] of [[{}, [1, 2, 3, 4, 5]], [{ period: "10m" }, [1, 2, 3, 3, 5]]] as const) {
    const fn = serving("late");
    fn.setTopology("flow")
      .to(
        "count",
        aggregateByKey({
          aggregations: [{ name: "n", value: () => 1, operations: ["count"], windows: ["2h"], ...window }],
          lateness: "3h",
        }),
      )
      .respond();
    await using server = await fn.toMockServer(QUIET);
    const counts: (number | undefined)[] = [];
    for (const n of [0, 30, 60, 45, 61, -600]) {
      counts.push((await server.test("/", { n }, { key: "k", time: minute(n) })).n_count_2h);
    }
    deepStrictEqual(counts, [...told, undefined]);
    deepStrictEqual(server.counts().count, { late: 1 }, "what is refused is counted and shown");
  }
});

Deno.test("row 16: any exception is 400 | the caller's fault 4xx, the graph's 500, time-outs 504, overload 503, naming the step", async () => {
  const clock = new ManualClock();
  const fn = serving("statuses");
  fn.setTopology("flow").to("work", (how: string): string | Promise<string> => {
    if (how === "wrong") throw new StatusError(422, "that is no good");
    if (how === "broken") throw new TypeError("that is a bug");
    return new Promise(() => {});
  }, { timeoutMs: 10 }).respond();
  const flow = await fn.start({ ...QUIET, clock });
  for (const [how, status] of [["wrong", 422], ["broken", 500], ["slow", 504]] as const) {
    const asked = rejects(flow.ask(how), { step: "work", status });
    await clock.advance(10);
    await asked;
  }
  await using server = await fn.toMockServer(QUIET); // the status is the reply's, and its body says which step
  const reply = await server.test("/", "wrong", { silent: true, eventId: "e1" });
  deepStrictEqual([reply.status, await reply.json()], [422, { error: "that is no good", step: "work", id: "e1" }]);

  const full = serving("full");
  full.setTopology("flow").to("q", queue({ capacityEvents: 1, whenFull: "refuse" })).to(
    "work",
    () => new Promise(() => {}),
  ).respond();
  const busy = await full.start({ ...QUIET, clock });
  const working = rejects(busy.ask(1), { status: 503 }); // until it is closed
  await settle();
  const waiting = rejects(busy.ask(2), { status: 503 });
  await rejects(busy.ask(3), { step: "q", status: 503, message: /Queue "q" is full: 1 events wait in it/ });
  const closed = rejects(busy.close({ timeoutMs: 1 }));
  await clock.advance(1);
  await Promise.all([working, waiting, closed]);
});

Deno.test("row 17: falsy results leave raw | they are JSON", async () => {
  const fn = serving("falsy");
  fn.setTopology("flow").to("same", (body: unknown) => body).respond();
  await using server = await fn.toMockServer(QUIET);
  for (const body of [0, [], {}, false, null]) {
    const response = await server.test("/", body, { silent: true });
    deepStrictEqual([response.headers.get("content-type"), await response.text()], [
      "application/json",
      JSON.stringify(body),
    ]);
  }
  const text = await server.test("/", "", { silent: true });
  deepStrictEqual([text.status, await text.text()], [200, ""]);
});

Deno.test("row 18: acknowledgements depend on garbage collection | an event is acknowledged when its last leaf is done", async () => {
  const gates: (() => void)[] = [];
  const fn = serving("acks");
  const root = fn.setTopology("flow").to("root", (n: number) => n);
  for (const name of ["a", "b"]) root.to(name, () => new Promise<void>((open) => gates.push(open)));
  root.to("sink", () => {});
  const flow = await fn.start(QUIET);
  let isDone = false;
  const delivered = flow.deliver(new FlowEvent(1)).then(() => isDone = true);
  for (const open of gates.splice(0)) {
    await settle();
    ok(!isDone, "a leaf is not done");
    open();
  }
  await delivered;
  await flow.close();
});

Deno.test("row 19: nothing pushes back | emit waits while as many events wait as the flow may hold, and lets them in as they came", async () => {
  const gates: (() => void)[] = [];
  const entered: number[] = [];
  const fn = serving("full");
  fn.setTopology("flow", { maxInFlight: 2 }).to("odd", filter((n: number) => n % 2 === 1))
    .to("work", (n) => new Promise<void>((open) => gates.push(open)).then(() => void entered.push(n)), {
      maxInFlight: 9,
    });
  const flow = await fn.start(QUIET);
  const accepted: number[] = [];
  const all = [1, 3, 5, 2, 4, 7].map((n) => flow.emit(n).then(() => void accepted.push(n)));
  await settle();
  deepStrictEqual(accepted, [1, 3]);
  gates.shift()!();
  await settle();
  deepStrictEqual(accepted, [1, 3, 5], "room for one more");
  gates.shift()!();
  await settle();
  deepStrictEqual(
    accepted,
    [1, 3, 5, 2, 4, 7],
    "those that a filter ends take no room: the next is let in behind them",
  );
  for (const open of gates) open();
  await Promise.all(all);
  await flow.close();
  deepStrictEqual(entered, [1, 3, 5, 7]);
});

import { setImmediate } from "node:timers";
import { deepStrictEqual } from "node:assert/strict";
import { type Chain, serving } from "levada";
import { copyData } from "../../lib/flow/copy.ts";
import { nodeStreams, rxjs, rxjsStream, webStreams } from "./peers.ts";

const EVENTS = 1_000; // an iteration: enough that the timer's own cost is nothing

const WARM_UP_MS = 100;

type Numbers = Chain<number, number>;

/** Steps that each add one. */
function addOnes(length: number): ((n: number) => number)[] {
  return Array.from({ length }, () => (n: number) => n + 1);
}

/** What a user would write instead of a graph of synchronous steps. */
function handwritten(length: number): (n: number) => Promise<number> {
  const steps = addOnes(length);
  // deno-lint-ignore require-await -- its callers await, as they do a flow's
  return async (n) => {
    let body = n;
    for (const step of steps) body = step(body);
    return body;
  };
}

/** The same as a graph. */
async function graph(length: number): Promise<(n: number) => Promise<number>> {
  const fn = serving("chain");
  const [first, ...rest] = addOnes(length);
  let chain: Numbers = fn.setTopology("flow").to("s0", first!);
  for (const [index, step] of rest.entries()) chain = chain.to(`s${index + 1}`, step);
  chain.respond();
  const flow = await fn.start();
  return (n) => flow.ask(n);
}

/** Sends events one after another, each awaited. */
async function each<Event>(run: (event: Event) => Promise<unknown>, event: Event): Promise<void> {
  for (let sent = 0; sent < EVENTS; sent++) await run(event);
}

/** Times runners side by side; each has run before for a while, so that V8 has seen all of them before it measures one. */
async function bench(
  group: string,
  runners: Readonly<Record<string, () => unknown>>,
  baseline: string,
): Promise<void> {
  for (const [name, run] of Object.entries(runners)) {
    for (const end = performance.now() + WARM_UP_MS; performance.now() < end;) await run();
    Deno.bench(name, { group, baseline: name === baseline }, async () => {
      await run();
    });
  }
}

for (const length of [1, 5, 10, 100]) {
  const [byHand, asGraph] = [handwritten(length), await graph(length)];
  for (const run of [byHand, asGraph]) deepStrictEqual(await run(1), 1 + length);
  await bench(`chain of ${length}`, {
    handwritten: () => each(byHand, 1),
    graph: () => each(asGraph, 1),
  }, "handwritten");
}

/** A chain of five through what a user might pick instead: all events of an iteration, whichever way each is fastest. */
{
  const steps = addOnes(5);
  const inputs = Array.from({ length: EVENTS }, (_, index) => index);
  const asGraph = await graph(5);
  const runners = {
    graph: async () => {
      const out: number[] = [];
      for (const n of inputs) out.push(await asGraph(n));
      return out;
    },
    "RxJS, a subscription an event": () => rxjs(steps, inputs),
    "RxJS, one subscription": () => rxjsStream(steps, inputs),
    "Node object streams": () => nodeStreams(steps, inputs),
    "web TransformStreams": () => webStreams(steps, inputs),
  };
  const answer = inputs.map((n) => n + 5);
  for (const run of Object.values(runners)) deepStrictEqual(await run(), answer);
  await bench("chain of 5 beside peers", runners, "graph");
}

/** Asynchronous steps: a promise alone, and one that waits for the event loop to turn, as whatever talks to the world does. */
const WAITS: Readonly<Record<string, () => Promise<unknown>>> = {
  "a promise": () => Promise.resolve(),
  "the event loop": () => new Promise((turned) => setImmediate(turned)),
};

for (const [what, wait] of Object.entries(WAITS)) {
  const steps = Array.from({ length: 5 }, () => async (n: number) => {
    await wait();
    return n + 1;
  });
  const byHand = async (n: number) => {
    let body = n;
    for (const step of steps) body = await step(body);
    return body;
  };
  const fn = serving("later");
  let chain = fn.setTopology("flow").to("s0", steps[0]!) as Numbers;
  for (let index = 1; index < 5; index++) chain = chain.to(`s${index}`, steps[index]!) as Numbers;
  chain.respond();
  const flow = await fn.start();
  const asGraph = (n: number): Promise<number> => flow.ask(n);
  for (const run of [byHand, asGraph]) deepStrictEqual(await run(1), 6);
  await bench(`chain of 5 that wait for ${what}`, {
    handwritten: () => each(byHand, 1),
    graph: () => each(asGraph, 1),
  }, "handwritten");
}

const BODY = { id: 7, name: "water", points: [1, 2, 3], place: { height: 1862, levada: "Nova" } };

/** A step with so many branches behind it; `share` where the branches only read. */
async function fan(branches: number, share: boolean): Promise<() => Promise<unknown>> {
  let seen = 0;
  const fn = serving("fan");
  const start = fn.setTopology("flow").to("start", (body: typeof BODY) => body, { share }).respond();
  for (let index = 0; index < branches; index++) start.to(`b${index}`, (body) => seen += body.id);
  const flow = await fn.start();
  deepStrictEqual([await flow.ask(BODY), seen], [BODY, 7 * branches]);
  return () => each((body) => flow.ask(body), BODY);
}

await bench("fan", {
  "1 branch, shared": await fan(1, true),
  "4 branches, shared": await fan(4, true),
  "16 branches, shared": await fan(16, true),
  "16 branches, copied": await fan(16, false),
  "15 copies alone": () => {
    for (let event = 0; event < EVENTS * 15; event++) copyData(BODY);
  },
}, "1 branch, shared");

/** What somebody who looks costs; `watched, then left` is what is left of it when nobody looks any more. */
{
  const fn = serving("traced");
  fn.setTopology("flow").to("one", (n: number) => n + 1).to("two", (n) => n * 2).respond();
  const [plain, left, watched] = [await fn.start(), await fn.start(), await fn.start()];
  for (const flow of [plain, left, watched]) deepStrictEqual(await flow.ask(1), 4);
  left.watch({ enter() {}, leave() {} })();
  watched.watch({ enter() {}, leave() {} });
  await bench("watching", {
    "nobody looks": () => each((n) => plain.ask(n), 1),
    "watched, then left": () => each((n) => left.ask(n), 1),
    "a probe looks": () => each((n) => watched.ask(n), 1),
  }, "nobody looks");
}

/** Chains that V8 cannot fold into one function: events go from step to step by the engine's loop. */
for (const length of [10, 100]) {
  const fn = serving("walked");
  const [first, ...rest] = addOnes(length);
  let chain: Numbers = fn.setTopology("flow").to("s0", first!);
  for (const [index, step] of rest.entries()) chain = chain.to(`s${index + 1}`, step);
  let last = 0;
  chain.to("last", (n) => void (last = n));
  const flow = await fn.start();
  await flow.emit(1);
  deepStrictEqual(last, 1 + length);
  await bench(`emitted chain of ${length}`, { graph: () => each((n) => flow.emit(n), 1) }, "graph");
}

/** What a chain of five costs when its steps ask for more than the body. */
{
  type Ask = (n: number) => Promise<number>;
  const shape = async (step: (n: number, context: unknown) => unknown, options: object = {}): Promise<Ask> => {
    const fn = serving("shape");
    // deno-lint-ignore no-explicit-any -- steps of several forms
    let chain: any = fn.setTopology("flow").to("s0", step as never, options);
    for (let index = 1; index < 5; index++) chain = chain.to(`s${index}`, step, options);
    chain.respond();
    const flow = await fn.start();
    return (n) => flow.ask(n);
  };
  const asks: Record<string, Ask> = {
    "plain functions": await shape((n) => n + 1),
    "with a context": await shape(function (n, _context) {
      return n + 1;
    }),
    "with the event": await shape((event) => (event as unknown as { body: number }).body + 1, { fullEvent: true }),
    "with retries": await shape((n) => n + 1, { retries: 1 }),
    "with a time limit": await shape((n) => n + 1, { timeoutMs: 60_000 }),
  };
  for (const ask of Object.values(asks)) deepStrictEqual(await ask(1), 6);
  await bench(
    "chain of 5 by what steps ask for",
    Object.fromEntries(Object.entries(asks).map(([name, ask]) => [name, () => each(ask, 1)])),
    "plain functions",
  );
}

/** A hundred callers at once, each waiting for a promise. */
{
  const step = async (n: number) => {
    await null;
    return n + 1;
  };
  const fn = serving("crowd");
  fn.setTopology("flow").to("one", step).to("two", step).respond();
  const flow = await fn.start();
  const runners = {
    handwritten: async (n: number) => await step(await step(n)),
    graph: (n: number): Promise<number> => flow.ask(n),
  };
  const crowd = async (run: (n: number) => Promise<number>) => {
    for (let round = 0; round < EVENTS / 100; round++) {
      await Promise.all(Array.from({ length: 100 }, (_, n) => run(n)));
    }
  };
  for (const run of Object.values(runners)) deepStrictEqual(await run(1), 3);
  await bench("100 at once, 2 asynchronous steps", {
    handwritten: () => crowd(runners.handwritten),
    graph: () => crowd(runners.graph),
  }, "handwritten");
}

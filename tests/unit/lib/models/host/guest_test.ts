import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import type { Mechanism } from "../../../../../lib/graph/mechanism.ts";
import { serving } from "../../../../../lib/functions/serving.ts";
import { type Guard, Guest } from "../../../../../lib/models/host/guest.ts";
import { LOAD_LIMIT_MS, type Report } from "../../../../../lib/models/host/message.ts";
import type { TensorReply } from "../../../../../lib/tensor/tensor_reply.ts";
import { homeOf } from "../../../../support/fake_places.ts";
import { Below, Letters } from "../../../../support/hosted_models.ts";

const PATH = "/v2/models/below/infer";

type Chunks = AsyncGenerator<{ outputs: unknown }, void, undefined>;

async function start(mechanism: Mechanism) {
  const lines: string[] = [];
  let changed = () => {};
  const line = (message: string) => {
    lines.push(message);
    changed();
  };
  const log = { debug: line, info: line, warn: line, error: line };
  const fn = serving("streams");
  fn.setTopology("router").addRoute("below", Below, { mechanism }).addRoute("letters", Letters, { mechanism });
  const ask = (inputs: unknown[], options = {}) => flow.ask({ inputs }, { path: PATH, ...options }) as Promise<Chunks>;
  const until = async (message: string) => {
    while (!lines.includes(message)) await new Promise<void>((resolve) => changed = resolve);
  };
  const flow = await fn.start({ log });
  return { fn, flow, ask, lines, log, until };
}

async function collected<Chunk>(chunks: AsyncIterable<Chunk>): Promise<Chunk[]> {
  const all = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

for (const kind of ["inline", "worker", "pool", "process"] as const) {
  const mechanism: Mechanism = { kind, timeLimitMs: 20_000, workers: 1 };

  Deno.test(`mechanism "${kind}" streams what a generator yields, each chunk made when it is asked for`, async () => {
    const { flow, ask, lines, until } = await start(mechanism);
    const chunks = await ask([4]);
    deepStrictEqual((await chunks.next()).value!.outputs, [0]);
    await until("makes 1"); // the flow reads one ahead
    deepStrictEqual(lines, ["makes 0", "makes 1"], "the first is out before the last is made");
    deepStrictEqual((await collected(chunks)).map(({ outputs }) => outputs), [[1], [2], [3]]);
    await until("stops");
    deepStrictEqual(lines, ["makes 0", "makes 1", "makes 2", "makes 3", "stops"]);
    await flow.close();
  });

  Deno.test(`mechanism "${kind}" streams tensors, and a task's chunks`, async () => {
    const { flow } = await start(mechanism);
    const body = { id: "7", inputs: [{ name: "x", datatype: "INT32", shape: [1], data: [2] }] };
    const replies = await collected(await flow.ask(body, { path: PATH }) as AsyncIterable<TensorReply>);
    deepStrictEqual(replies.map(({ id, outputs }) => [id, outputs[0]!.name, outputs[0]!.shape, outputs[0]!.data[99]]), [
      ["7", "n", [100], 0],
      ["7", "n", [100], 1],
    ]);
    const letters = await flow.ask("ab?", { path: "/v2/models/letters/infer" }) as AsyncIterable<unknown>;
    deepStrictEqual(await collected(letters), [{ letter: "a" }, { letter: "b" }, "later"]);
    await flow.close();
  });

  Deno.test(`mechanism "${kind}" stops a generator whose reader leaves between chunks`, async () => {
    const { flow, ask, lines, until } = await start(mechanism);
    for await (const _ of await ask([1e9])) break;
    await until("stops");
    ok(lines.length <= 3, "no more is made than the flow reads ahead");
    deepStrictEqual((await collected(await ask([1]))).length, 1, "the place is free");
    await flow.close();
  });

  Deno.test(`mechanism "${kind}" tells what fails behind the first chunk`, async () => {
    const { flow, ask, until } = await start(mechanism);
    const chunks = await ask([1, "fail"]);
    await chunks.next();
    await rejects(chunks.next(), { message: /there is no more/ });
    await until("stops");
    deepStrictEqual((await collected(await ask([2]))).length, 2);
    await flow.close();
  });

  Deno.test(`mechanism "${kind}" answers over HTTP with lines of JSON, and is told when the caller leaves within a chunk`, async () => {
    const { fn, flow, log, until } = await start(mechanism);
    await flow.close();
    await using server = await fn.serve({ port: 0, log });
    const url = new URL(PATH, server.url);
    const ask = (...inputs: unknown[]) => fetch(url, { method: "POST", body: JSON.stringify({ inputs }) });
    const response = await ask(3);
    const rows = async () => (await response.text()).trim().split("\n").map((line) => JSON.parse(line).outputs);
    deepStrictEqual([response.status, await rows()], [200, [[0], [1], [2]]]);
    const reader = (await ask(1, "wait")).body!.getReader();
    await reader.read();
    await until("waits");
    await reader.cancel();
    await until("aborted");
  });

  if (kind === "inline") continue;

  Deno.test(`mechanism "${kind}" ends a generator that makes no chunk in time`, async () => {
    const { flow, ask } = await start({ ...mechanism, timeLimitMs: 700 });
    const chunks = await ask([1, "loop"]);
    await chunks.next();
    await rejects(chunks.next(), { status: 504, message: /there is none after 700 ms/ });
    strictEqual(flow.models().find(({ key }) => key === "below")!.state, "restarting");
    await flow.close();
  });

  Deno.test(`mechanism "${kind}" names what in a chunk or an answer cannot be sent`, async () => {
    const { flow, ask, until } = await start(mechanism);
    const chunks = await ask([1, "function"]);
    await chunks.next();
    await rejects(chunks.next(), { message: /answer of model "below": it\.outputs\[0\] is a function, and only data/ });
    await until("stops");
    await rejects(flow.ask({}, { path: "/v2/models/below/nested" }), (error) => {
      match((error as Error).message, /it\.list\[0\] is an AsyncGenerator, and only data can be sent/);
      return true;
    });
    await flow.close();
  });
}

Deno.test("Guest has each call of a model guarded, by the limit of loading or of the request", async () => {
  const reports: Report[] = [];
  const limits: number[] = [];
  const guard: Guard = (run, timeLimitMs) => {
    limits.push(timeLimitMs);
    return run();
  };
  const guest = new Guest((report) => reports.push(report), guard);
  const home = { ...homeOf("letters"), module: Letters.module, exportName: "Letters", timeLimitMs: 50 };
  await guest.take({ kind: "open", model: 1, home });
  const event = {
    body: "ab",
    id: "i",
    key: undefined,
    path: "/",
    method: "POST",
    headers: [],
    time: new Date(),
    trigger: undefined,
  };
  await guest.take({ kind: "ask", ask: 7, model: 1, operation: "", event });
  await guest.take({ kind: "next", ask: 7 });
  await guest.take({ kind: "stop", ask: 7 });
  await guest.take({ kind: "next", ask: 7 });
  deepStrictEqual(limits, [LOAD_LIMIT_MS, LOAD_LIMIT_MS, 50, 50, 50]);
  deepStrictEqual(reports.map(({ kind }) => kind), ["started", "opened", "streams", "chunk", "ended"]);
});

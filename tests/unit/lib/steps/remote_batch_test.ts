import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { z } from "zod";
import type { Flow } from "../../../../lib/flow/flow.ts";
import type { Clock } from "../../../../lib/graph/clock.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import type { StepOptions } from "../../../../lib/graph/step.ts";
import { remoteBatch, type RemoteBatchOptions } from "../../../../lib/steps/remote_batch.ts";
import { serveBytes, serveLoopback } from "../../../support/loopback.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { PauseClock } from "../../../support/pause_clock.ts";
import { runGraph } from "../../../support/run_graph.ts";

async function flowOf(
  options: RemoteBatchOptions<never, unknown, "fail" | "report">,
  { clock, ...step }: StepOptions & { clock?: Clock } = {},
): Promise<Flow> {
  const graph = new Graph<never>("g");
  graph.to("ask", remoteBatch(options) as never, { retries: 0, ...step } as object).respond();
  return await runGraph(graph, clock === undefined ? {} : { clock });
}

Deno.test("remoteBatch() asks for each item, and keeps their order whoever is answered first", async () => {
  const waiting: (() => void)[] = [];
  await using service = serveLoopback(async ({ path }) => {
    const n = Number(path.slice(1));
    if (n < 2) await new Promise<void>((go) => waiting.push(go));
    else for (const go of waiting.splice(0).reverse()) go();
    return Response.json(n * 10);
  });
  await using flow = await flowOf(
    { url: ({ n }: { n: number }) => `${service.url}/${n}`, body: (item: object) => ({ item }) },
    { inputPath: "req", resultPath: "resp" },
  );
  const req = [{ n: 0 }, { n: 1 }, { n: 2 }];
  deepStrictEqual(await flow.ask({ req }, { id: "ev1" }), { req, resp: [0, 10, 20] });
  deepStrictEqual(
    service.got.map(({ body, headers }) => `${headers.get("mlrun-event-id")} ${body}`).sort(),
    [0, 1, 2].map((n) => `ev1.${n} {"item":{"n":${n}}}`),
  );
  deepStrictEqual(await flow.ask({ req: [] }), { req: [], resp: [] });
});

Deno.test("remoteBatch() asks for so many items at once, and not more", async () => {
  for (const [maxInFlight, expected] of [[1, 1], [3, 3], [undefined, 8]] as const) {
    let [atOnce, most] = [0, 0];
    const waiting: (() => void)[] = [];
    await using service = serveLoopback(async ({ body }) => {
      most = Math.max(most, ++atOnce);
      if (atOnce < expected) await new Promise<void>((go) => waiting.push(go));
      else for (const go of waiting.splice(0)) go();
      atOnce -= 1;
      return Response.json(Number(body));
    });
    await using flow = await flowOf({ url: service.url, ...(maxInFlight === undefined ? {} : { maxInFlight }) });
    const items = Array.from({ length: 24 }, (_, n) => n);
    deepStrictEqual([await flow.ask(items), most], [items, expected]);
  }
});

Deno.test("remoteBatch() fails the event with the first item that fails, names it, and hangs up on the others", async () => {
  await using silent = serveBytes("", { closes: false });
  await using service = serveLoopback(async () => {
    await silent.asked;
    return new Response("no", { status: 500 });
  });
  const clock = new PauseClock();
  await using flow = await flowOf({ url: (item: string) => item === "silent" ? silent.url : service.url }, { clock });
  await rejects(flow.ask(["silent", "bad", "silent"]), (error: Error & { status: number }) => {
    strictEqual(error.status, 502);
    ok(error.message.includes(`Cannot ask POST ${service.url}/ for item 1: it answered 500`), error.message);
    return true;
  });
  await silent.hungUp;
  strictEqual(clock.limits, 0);
});

Deno.test("remoteBatch() leaves what went wrong in the place of an item that failed, if it is told to", async () => {
  await using service = serveLoopback(({ body }) =>
    body === "bad" ? new Response("no", { status: 404 }) : Response.json(Number(body))
  );
  await using flow = await flowOf({
    url: (item: string | number) => {
      if (item === "throws") throw new RangeError("no URL");
      return service.url;
    },
    reply: z.number().max(5),
    onItemError: "report",
  });
  deepStrictEqual(await flow.ask([1, "bad", "throws", 9, 2]), [
    1,
    { error: `Cannot ask POST ${service.url}/ for item 1: it answered 404 Not Found: no`, status: 502 },
    { error: "no URL", status: 500 },
    {
      error:
        `Cannot ask POST ${service.url}/ for item 3: its answer is not what reply says: it: Too big: expected number to be <=5`,
      status: 502,
    },
    2,
  ]);
});

Deno.test("remoteBatch() asks again for the item that failed, and for no other", async () => {
  await using service = serveLoopback(({ path }) => {
    const isFirst = service.got.filter((got) => got.path === path).length === 1;
    return isFirst ? new Response("busy", { status: 503 }) : Response.json(path);
  });
  const clock = new PauseClock();
  await using flow = await flowOf({ url: (n: number) => `${service.url}/${n}` }, { retries: 1, clock });
  deepStrictEqual(await flow.ask([0, 1]), ["/0", "/1"]);
  deepStrictEqual(service.got.map(({ path }) => path).sort(), ["/0", "/0", "/1", "/1"]);
  strictEqual(clock.pauses.length, 2);
});

Deno.test("remoteBatch() cuts off an item that takes too long, and tells which", async () => {
  await using silent = serveBytes("", { closes: false });
  const clock = new ManualClock();
  await using flow = await flowOf({ url: silent.url, onItemError: "report" }, { timeoutMs: 50, clock });
  const asked = flow.ask([1]);
  await silent.asked;
  await clock.advance(50);
  deepStrictEqual(await asked, [{
    error: `Cannot ask POST ${silent.url}/ for item 0: it has no answer after 50 ms (timeoutMs of step "ask")`,
    status: 504,
  }]);
});

Deno.test("remoteBatch() ends every request when the caller leaves", async () => {
  await using silent = serveBytes("", { closes: false });
  await using flow = await flowOf({ url: silent.url, onItemError: "report", maxInFlight: 1 });
  const caller = new AbortController();
  const asked = rejects(flow.ask([1, 2, 3], { signal: caller.signal }), { status: 499 });
  await silent.asked;
  caller.abort();
  await asked;
  await silent.hungUp;
});

Deno.test("remoteBatch() refuses a body that is no list, and options out of range", async () => {
  await using flow = await flowOf({ url: "http://127.0.0.1:4" });
  for (
    const [body, kind] of [[5, "number"], [null, "null"], [{ 0: 1 }, "object"], ["text", "string"], [
      new Map(),
      "a Map",
    ]] as const
  ) {
    await rejects(flow.ask(body), new RegExp(`Cannot ask for each item of the body: it is ${kind}, not a list`));
  }
  await rejects(flowOf({ url: "http://host", maxInFlight: 0, onItemError: "drop" as never }), (error: Error) => {
    ok(/option maxInFlight/.test(error.message) && /option onItemError/.test(error.message), error.message);
    return true;
  });
});

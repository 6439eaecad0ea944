import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { serving, StatusError } from "levada";
import { testClock } from "levada/testing";
import { StepError } from "../../../../lib/errors.ts";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { FailureTeller } from "../../../../lib/serve/tell_failure.ts";

/** A log that keeps its lines of level `error`. */
function errorLog() {
  const lines: Record<string, unknown>[] = [];
  const none = () => {};
  const error = (message: string, fields: object = {}) => void lines.push({ message, ...fields });
  return { lines, log: { debug: none, info: none, warn: none, error } };
}

const TRACE = "0af7651916cd43dd8448eb211c80319c";

Deno.test("FailureTeller.tell() writes why a request failed, with step, event and trace, without secrets", () => {
  const { log, lines } = errorLog();
  const teller = new FailureTeller({ log, name: "f" });
  const headers = { traceparent: `00-${TRACE}-b7ad6b7169203331-01` };
  const event = new FlowEvent(1, { id: "e1", headers });
  teller.tell(new StepError("bad", new Error("no https://u:pw@h/")), event);
  teller.tell(new StepError("bad", new StatusError(502, "elsewhere")), new FlowEvent(1, { id: "e2" }));
  teller.tell(new TypeError("cannot write"), new FlowEvent(1, { id: "e3", headers: { traceparent: "nonsense" } }));
  teller.tell(undefined);
  deepStrictEqual(lines, [
    {
      message: 'Step "bad" failed: no https://***@h/',
      function: "f",
      step: "bad",
      status: 500,
      event: "e1",
      traceId: TRACE,
    },
    { message: 'Step "bad" failed: elsewhere', function: "f", step: "bad", status: 502, event: "e2" },
    { message: "Answered 500: cannot write", function: "f", status: 500, event: "e3" },
    { message: "Answered 500: undefined", function: "f", status: 500 },
  ]);
});

Deno.test("FailureTeller.tell() leaves out what is the caller's, and a server that has enough to do or ends", () => {
  const { log, lines } = errorLog();
  const teller = new FailureTeller({ log, name: "f" });
  teller.tell(new StepError("s", new StatusError(422, "no")));
  teller.tell(new StepError("graph", new StatusError(499, "left")));
  teller.tell(new StepError("graph", new StatusError(503, "closed")));
  teller.tell(new StatusError(503, "too many wait"));
  deepStrictEqual(lines, []);
  teller.tell(new StepError("model", new StatusError(503, "could not be loaded")));
  teller.tell(new StepError("graph", new StatusError(504, "no answer")));
  strictEqual(lines.length, 2);
});

Deno.test("FailureTeller.tell() tells the same 5 times a second, then how often more", async () => {
  const { log, lines } = errorLog();
  const clock = testClock();
  const teller = new FailureTeller({ log, name: "f", clock });
  const fail = (step: string, reason: string) => teller.tell(new StepError(step, new Error(reason)));
  for (let n = 0; n < 1_000; n++) fail("bad", "boom");
  fail("other", "boom");
  deepStrictEqual(lines.length, 6);
  await clock.advance(1_000);
  deepStrictEqual(lines.slice(6), [
    {
      message: '995 times more in a second: Step "bad" failed: boom',
      function: "f",
      step: "bad",
      status: 500,
      untold: 995,
    },
  ]);
  for (let n = 0; n < 6; n++) fail("bad", "boom");
  teller.close();
  deepStrictEqual(lines.slice(7).map(({ untold }) => untold), [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    1,
  ]);
  await clock.advance(10_000);
  strictEqual(lines.length, 13);
});

Deno.test("FailureTeller.tell() is not flooded by words that are different each time", async () => {
  const { log, lines } = errorLog();
  const clock = testClock();
  const teller = new FailureTeller({ log, name: "f", clock });
  for (let n = 0; n < 1_000; n++) teller.tell(new StepError("bad", new Error(`no ${n}`)));
  await clock.advance(1_000);
  strictEqual(lines.length, 20 + 5 + 1);
  deepStrictEqual(lines.at(-1), {
    message: "975 times more in a second: other failures",
    function: "f",
    untold: 975,
  });
});

Deno.test("a served function writes each failure that it answers with once, in streams too", async () => {
  const { log, lines } = errorLog();
  const fn = serving("f");
  fn.setTopology("flow").to("gen", async function* (body: number) {
    if (body === 0) throw new Error("none");
    yield "a";
    await Promise.resolve();
    if (body === 1) throw new Error("half");
  }).respond();
  await using server = await fn.serve({ port: 0, log });
  const ask = (body: string, id: string) =>
    fetch(server.url, {
      method: "POST",
      body,
      headers: { "mlrun-event-id": id, accept: "application/x-ndjson", "content-type": "application/json" },
    });
  await (await ask("0", "e0")).text();
  await (await ask("1", "e1")).text();
  await (await ask("2", "e2")).text();
  deepStrictEqual(lines, [
    { message: 'Step "gen" failed: none', function: "f", step: "gen", status: 500, event: "e0" },
    { message: 'Step "gen" failed: half', function: "f", step: "gen", status: 500, event: "e1" },
  ]);
});

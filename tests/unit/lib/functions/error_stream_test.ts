import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import type { FailureRecord } from "../../../../lib/flow/failures.ts";
import { openErrorStream } from "../../../../lib/functions/error_stream.ts";
import { serving } from "../../../../lib/functions/serving.ts";
import { MemoryBroker } from "../../../../lib/streams/memory/memory_broker.ts";
import { openStream } from "../../../../lib/streams/open_stream.ts";

const TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const FAILURE: FailureRecord = {
  kind: "failed",
  step: "s",
  event: { id: "e", key: "k", path: "/p", body: { at: new Date(5) } },
  error: { name: "RangeError", message: "no" },
  handled: { step: "h", message: "before" },
  time: new Date(7),
};

Deno.test("openErrorStream() publishes failures with the event's key, its body as it was; one that cannot travel is left out", async () => {
  const broker = new MemoryBroker();
  const errors = await openErrorStream("memory://errors", {
    fn: "f",
    openStream: (path) => Promise.resolve(broker.open(path)),
  });
  await errors(FAILURE, () => ({ traceparent: TRACE }));
  await errors({ ...FAILURE, event: { ...FAILURE.event, key: undefined, body: /a/ } }, () => ({}));
  const [first, second] = broker.records("memory://errors");
  const { event: _, time: __, ...rest } = FAILURE;
  strictEqual(first!.headers.get("traceparent"), TRACE);
  deepStrictEqual([first!.key, first!.path, first!.time, first!.body], ["k", "/p", new Date(7), {
    function: "f",
    ...rest,
    event: { id: "e", key: "k", path: "/p", body: { at: new Date(5) } },
  }]);
  const { event } = second!.body as { event: { bodyLost: string } };
  match(event.bodyLost, /^Cannot publish the body: \$\.event\.body is a RegExp,/);
  deepStrictEqual([second!.key, Object.keys(event)], [undefined, ["id", "path", "bodyLost"]]);
});

Deno.test("openErrorStream() refuses more than 1,000 failures that wait for a stream which takes none", async () => {
  const stream = new MemoryBroker().open("memory://full");
  const taken = Promise.withResolvers<void>();
  const errors = await openErrorStream("memory://full", {
    fn: "f",
    openStream: () =>
      Promise.resolve({ ...stream, publish: () => taken.promise, close: () => stream.close() } as never),
  });
  const waiting = Array.from({ length: 1_000 }, () => errors(FAILURE, () => ({})));
  await rejects(Promise.resolve(errors(FAILURE, () => ({}))), /1000 failures wait for it already/);
  taken.resolve();
  await Promise.all(waiting);
  await errors(FAILURE, () => ({}));
});

Deno.test("a function with an errorStream that cannot be opened does not start; a mock server leaves real streams alone", async () => {
  const fn = serving("f", { errorStream: "nowhere://errors" });
  fn.setTopology("flow").to("same", (body: unknown) => body).respond();
  await rejects(fn.serve({ port: 0 }), {
    name: "GraphError",
    message: /^Cannot start function "f": 1 fault\n {2}its errorStream cannot be opened: .*nowhere/,
  });
  await using mock = await fn.toMockServer();
  strictEqual(await mock.test("/", 1), 1);
});

Deno.test("a flow that closes waits until its failures are published, then closes the error stream", async () => {
  const fn = serving("f", { errorStream: "memory://closing-errors" });
  fn.setTopology("flow").to("fail", () => {
    throw new RangeError("no");
  });
  await using reader = await openStream<{ step: string }>("memory://closing-errors");
  const server = await fn.serve({ port: 0, log: { debug() {}, info() {}, warn() {}, error() {} } });
  await (await fetch(server.url, { method: "POST", body: "1" })).text();
  await server.close();
  const { value } = await (await reader.subscribe({ group: "g" })).next();
  deepStrictEqual(value!.records.map(({ body }) => body.step), ["fail"]);
});

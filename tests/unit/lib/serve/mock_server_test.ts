import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { ReplyError, StatusError } from "../../../../lib/errors.ts";
import type { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { MockServer } from "../../../../lib/serve/mock_server.ts";
import { queue } from "../../../../lib/steps/queue.ts";
import { runGraph } from "../../../support/run_graph.ts";

async function mock(step: (event: FlowEvent) => unknown): Promise<MockServer> {
  const graph = new Graph("g");
  graph.to("step", (event: FlowEvent) => event.with(step(event)), { fullEvent: true }).respond();
  return new MockServer(await runGraph(graph));
}

Deno.test("MockServer.test() sends the value as JSON and gives back the value", async () => {
  await using server = await mock((event) => event.body);
  for (const body of ["4", "", 0, null, [1], { a: "b" }, "ü\u2028"]) {
    deepStrictEqual(await server.test("/", body), body);
  }
  strictEqual(await server.test("/"), null);
});

Deno.test("MockServer.test() gives path, method, id, headers, key, time and trigger to the event", async () => {
  await using server = await mock(({ path, method, id, headers, key, time, trigger }) => ({
    path,
    method,
    id,
    header: headers.get("x-a"),
    key,
    time,
    trigger,
  }));
  const time = new Date(5_000);
  deepStrictEqual(
    await server.test("v2/models/m", undefined, {
      eventId: "e",
      key: "k",
      time,
      trigger: "kafka://t",
      headers: { "x-a": "1" },
    }),
    {
      path: "/v2/models/m",
      method: "GET",
      id: "e",
      header: "1",
      key: "k",
      time: time.toISOString(),
      trigger: "kafka://t",
    },
  );
  strictEqual((await server.test("/", 1)).method, "POST");
  strictEqual((await server.test("/", 1, { method: "PUT" })).method, "PUT");
});

Deno.test("MockServer.test() throws a ReplyError from status 300 up, unless silent", async () => {
  await using server = await mock(() => {
    throw new StatusError(422, "no");
  });
  await rejects(server.test("/", 1, { eventId: "e" }), (error) => {
    strictEqual(error instanceof ReplyError, true);
    deepStrictEqual([(error as ReplyError).status, (error as ReplyError).body], [422, {
      error: "no",
      step: "step",
      id: "e",
    }]);
    return true;
  });
  strictEqual((await server.test("/", 1, { silent: true })).status, 422);
});

Deno.test("MockServer.test() refuses a body that cannot be sent", async () => {
  await using server = await mock((event) => event.body);
  await rejects(server.test("/", 1, { method: "GET" }), /a GET request has no body/);
  await rejects(server.test("/", () => 1), /Cannot test \/: \$ is a function/);
  await rejects(
    server.test("/", "{", { contentType: "application/json" }).then((reply) => {
      strictEqual(reply, "{");
      throw new Error("sent as a JSON text");
    }),
    /sent as a JSON text/,
  );
});

Deno.test("MockServer.sent() tells what left by a queue at the end", async () => {
  const graph = new Graph<number>("g");
  graph.to("q", queue({ path: "memory://q" }));
  await using server = new MockServer(await runGraph(graph));
  await server.test("/", 1);
  await server.test("/", 2);
  deepStrictEqual([server.sent("q"), server.sent("other")], [[1, 2], []]);
});

Deno.test("MockServer.waitForCompletion() closes the flow, once or twice", async () => {
  const server = await mock((event) => event.body);
  await server.waitForCompletion();
  await server.waitForCompletion();
  await rejects(server.test("/", 1), { status: 503 });
});

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { type ReplyBody, StatusError } from "../../../../lib/errors.ts";
import type { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import { type App, createApp } from "../../../../lib/serve/app.ts";
import { encodeReply } from "../../../../lib/serve/reply/encode_reply.ts";
import { allLimits } from "../../../../lib/serve/limits/server_limits.ts";
import { filter } from "../../../../lib/steps/filter.ts";
import { runGraph } from "../../../support/run_graph.ts";

/** Asks an app whose only step is this function. */
async function ask(step: (body: unknown) => unknown, init: RequestInit, path = "/"): Promise<Response> {
  const graph = new Graph("g");
  graph.to("step", step).respond();
  await using flow = await runGraph(graph);
  return await createApp(flow).fetch(new Request(`http://x${path}`, { method: "POST", ...init }));
}

const JSON_TYPE = { "content-type": "application/json" };

Deno.test("App.fetch() answers a JSON body with JSON", async () => {
  const response = await ask((body) => body, { body: `{"a":[1,2]}`, headers: JSON_TYPE });
  deepStrictEqual([response.status, response.headers.get("content-type")], [200, "application/json"]);
  deepStrictEqual(await response.json(), { a: [1, 2] });
});

Deno.test("App.fetch() answers 400 to a body that says it is JSON and is not", async () => {
  for (const body of ["{", "", "nul", `{"a":`, "\u0000", "[".repeat(100_000)]) {
    if (body === "") continue;
    const response = await ask((given) => given, { body, headers: { ...JSON_TYPE, "mlrun-event-id": "e1" } });
    const { error, id } = await response.json() as ReplyBody;
    deepStrictEqual([response.status, id, error.startsWith("Cannot read the body as application/json")], [
      400,
      "e1",
      true,
    ]);
  }
});

Deno.test("App.fetch() answers 400 to bytes that are no text in a JSON body", async () => {
  const response = await ask((given) => given, { body: new Uint8Array([0xff, 0xfe, 0x00]), headers: JSON_TYPE });
  strictEqual(response.status, 400);
});

Deno.test("App.fetch() reads text, bytes, and what says nothing of itself", async () => {
  const type = (value: unknown) => value instanceof Uint8Array ? `bytes ${value.length}` : typeof value;
  const bytes = new TextEncoder().encode("[1]");
  deepStrictEqual(await (await ask(type, { body: "[1]", headers: { "content-type": "text/plain" } })).text(), "string");
  deepStrictEqual(await (await ask(type, { body: bytes, headers: { "content-type": "image/png" } })).text(), "bytes 3");
  deepStrictEqual(await (await ask(type, { body: bytes })).text(), "object", "JSON where it can be read so");
  deepStrictEqual(await (await ask(type, { body: new Uint8Array([0xff]) })).text(), "bytes 1");
  deepStrictEqual(await (await ask((body) => body, {})).json(), null, "no body is null");
});

Deno.test("App.fetch() sends text as text, bytes as bytes, a Response as it is, and falsy results as JSON", async () => {
  const typeOf = async (result: unknown) => {
    const response = await ask(() => result, {});
    return [response.status, response.headers.get("content-type"), await response.text()];
  };
  deepStrictEqual(await typeOf("hi"), [200, "text/plain; charset=utf-8", "hi"]);
  deepStrictEqual(await typeOf(new Uint8Array([104])), [200, "application/octet-stream", "h"]);
  deepStrictEqual(await typeOf(new Response("tea", { status: 418, headers: { "content-type": "x/tea" } })), [
    418,
    "x/tea",
    "tea",
  ]);
  deepStrictEqual(await typeOf(0), [200, "application/json", "0"]);
  deepStrictEqual(await typeOf(null), [200, "application/json", "null"]);
  deepStrictEqual(await typeOf([]), [200, "application/json", "[]"]);
  deepStrictEqual(await typeOf(undefined), [204, null, ""]);
  deepStrictEqual(await typeOf({ f: new Float32Array([0.5]), d: new Date(0), n: 5n }), [
    200,
    "application/json",
    `{"f":[0.5],"d":"1970-01-01T00:00:00.000Z","n":5}`,
  ]);
});

Deno.test("App.fetch() answers 500 naming what JSON cannot hold", async () => {
  const loop: { self?: unknown } = {};
  loop.self = loop;
  for (
    const [result, text] of [
      [{ outputs: [1, NaN] }, "outputs[1] is NaN. JSON has no such number: return null in its place"],
      [new Map(), "it is a Map"],
      [{ outputs: [1].map((n) => Promise.resolve(n)) }, "outputs[0] is a Promise"],
      [[/a/], "[0] is a RegExp"],
      [{ f: () => 1 }, "f is a function"],
      [loop, "self is what it stands in: it holds itself"],
    ] as const
  ) {
    const response = await ask(() => result, {});
    const { error } = await response.json() as ReplyBody;
    deepStrictEqual([response.status, error.includes(text)], [500, true], error);
  }
});

Deno.test("App.fetch() tells the failing step, its status and its message", async () => {
  const failed = async (error: unknown) => {
    const response = await ask(() => {
      throw error;
    }, { headers: { "mlrun-event-id": "e" } });
    return [response.status, await response.json()];
  };
  deepStrictEqual(await failed(new StatusError(422, "too old")), [422, { error: "too old", step: "step", id: "e" }]);
  deepStrictEqual(await failed(new TypeError("boom")), [500, { error: "boom", step: "step", id: "e" }]);
  deepStrictEqual((await failed("text"))[0], 500);
});

Deno.test("App.fetch() hides what is a credential by its form in a step's words", async () => {
  const response = await ask(() => {
    throw new Error("password=hunter2 at https://u:pw@h/ by Bearer abcdefgh1234");
  }, { body: "1" });
  const { error } = await response.json() as ReplyBody;
  strictEqual(error, "password=*** at https://***@h/ by Bearer ***");
});

Deno.test("App.fetch() answers 204 naming the step where the event ended", async () => {
  const graph = new Graph("g");
  graph.to("none", filter(() => false)).to("end", (body) => body).respond();
  await using flow = await runGraph(graph);
  const response = await createApp(flow).fetch(new Request("http://x/", { method: "POST", body: "1" }));
  deepStrictEqual([response.status, response.headers.get("x-ended-at-step")], [204, "none"]);
});

Deno.test("App.fetch() names any event and step in headers, whatever letters they have", async () => {
  for (const [id, step] of [["ü✓", "a"], ["line\nbreak", "b"], ["e", "half \ud83d"]]) {
    const graph = new Graph("g");
    graph.to(step!, filter((body) => body !== "end"))
      .to("pieces", function* (body: unknown) {
        yield body;
      }).respond();
    await using flow = await runGraph(graph);
    const ask = (body: string) =>
      createApp(flow).fetch(
        new Request("http://x/", { method: "POST", body, headers: { "content-type": "text/plain" } }),
        { id: id! },
      );
    const ended = await ask("end");
    deepStrictEqual([ended.status, decodeURIComponent(ended.headers.get("x-event-id")!)], [204, id]);
    strictEqual(decodeURIComponent(ended.headers.get("x-ended-at-step")!), step!.toWellFormed());
    const streamed = await ask("piece");
    deepStrictEqual([streamed.status, decodeURIComponent(streamed.headers.get("x-event-id")!)], [200, id]);
    strictEqual(await streamed.text(), "piece");
    strictEqual(decodeURIComponent((await encodeReply(undefined, { id: id! })).headers.get("x-event-id")!), id);
  }
});

Deno.test("App.fetch() answers 503 when the flow is closed", async () => {
  const graph = new Graph("g");
  graph.to("same", (body) => body).respond();
  const flow = await runGraph(graph);
  await flow.close();
  const app: App = createApp(flow);
  strictEqual((await app.fetch(new Request("http://x/"))).status, 503);
  await rejects(flow.emit(1), /is closed/);
});

Deno.test("App.fetch() refuses a body of more than 500 levels; brackets inside texts do not count", async () => {
  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  const status = async (body: string) => (await ask(() => 1, { body, headers: JSON_TYPE })).status;
  deepStrictEqual([await status(nested(500)), await status(nested(501))], [200, 400]);
  deepStrictEqual(await status(JSON.stringify({ text: '\\"[{'.repeat(1_000) })), 200);
});

Deno.test("App.fetch() reads a body without a content type by the default one, and says where it is not that", async () => {
  const graph = new Graph("g");
  graph.to("same", (body) => body).respond();
  await using flow = await runGraph(graph);
  const app = createApp(flow, { defaultContentType: "application/json" });
  const post = async (text: string) => {
    const response = await app.fetch(
      new Request("http://x/", { method: "POST", body: new TextEncoder().encode(text) }),
    );
    return [response.status, await response.json()];
  };
  deepStrictEqual(await post("[1]"), [200, [1]]);
  const [status, { error }] = await post("xx") as [number, ReplyBody];
  deepStrictEqual([status, error.startsWith("Cannot read the body as application/json")], [400, true]);
});

Deno.test("App.close() answers what has come in, also where the body is still on its way, and refuses what comes later", async () => {
  const graph = new Graph<number>("g");
  graph.to("step", (n) => n + 1).respond();
  const app = createApp(await runGraph(graph));
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const slow = app.fetch(new Request("http://x/", { method: "POST", body: readable, headers: JSON_TYPE }));
  const quick = app.fetch(new Request("http://x/", { method: "POST", body: "1", headers: JSON_TYPE }));
  const closed = app.close();
  const late = await app.fetch(new Request("http://x/", { method: "POST", body: "1", headers: JSON_TYPE }));
  deepStrictEqual([late.status, (await late.json() as ReplyBody).error.endsWith("the server is closing")], [503, true]);
  const writer = writable.getWriter();
  await writer.write(new TextEncoder().encode("41"));
  await writer.close();
  deepStrictEqual([await (await slow).json(), await (await quick).json()], [42, 2]);
  await closed;
});

Deno.test("App.close() refuses large JSON that is still read when its time is over: in slices, in a thread, and what waits behind it", async () => {
  const graph = new Graph("g");
  graph.to("step", () => "read").respond();
  const app = createApp(await runGraph(graph), { limits: allLimits({ bodiesLimitBytes: 1e10 }) });
  const objects = `[${'{"a":[1,2,3]},'.repeat(400_000)}0]`; // 5.6 MB
  const tensors = JSON.stringify({
    inputs: [{ name: "x", datatype: "FP32", shape: [2_000_000], data: Array(2_000_000).fill(0.5) }],
  });
  const answers = [objects, tensors, objects, tensors].map((body) =>
    app.fetch(new Request("http://x/", { method: "POST", body, headers: JSON_TYPE }))
  );
  await app.close({ timeoutMs: 1 });
  deepStrictEqual((await Promise.all(answers)).map(({ status }) => status), [503, 503, 503, 503]);
});

Deno.test("App.fetch() answers 400 to a body that breaks off", async () => {
  const body = new ReadableStream({
    start: (controller) => controller.error(new Error("cut")),
  });
  const response = await ask((given) => given, { body });
  const { error } = await response.json() as ReplyBody;
  deepStrictEqual([response.status, error], [400, "Cannot read the request's body: it broke off (cut)"]);
});

Deno.test("App.fetch() stops work when the caller leaves, with 499", async () => {
  const graph = new Graph("g");
  const { promise: began, resolve: begin } = Promise.withResolvers<AbortSignal>();
  graph.to("wait", (_body: unknown, { signal }) => {
    begin(signal);
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  }).respond();
  await using flow = await runGraph(graph);
  const caller = new AbortController();
  const response = createApp(flow).fetch(
    new Request("http://x/", { method: "POST", body: "1", signal: caller.signal }),
  );
  const signal = await began;
  caller.abort();
  deepStrictEqual([(await response).status, signal.aborted], [499, true]);
});

Deno.test("App.fetch() takes the path that MLRun's header says, and names the step where an event ended as a header may", async () => {
  const graph = new Graph("g");
  graph.to("pfad ä", filter((event) => (event as FlowEvent).path !== "/m"), { fullEvent: true }).respond();
  await using flow = await runGraph(graph);
  const response = await createApp(flow).fetch(
    new Request("http://x/other", { method: "POST", body: "1", headers: { "mlrun-event-path": "/m" } }),
  );
  deepStrictEqual([response.status, response.headers.get("x-ended-at-step")], [204, "pfad%20%C3%A4"]);
});

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { z } from "zod";
import { RemoteError } from "../../../../lib/errors.ts";
import type { Flow } from "../../../../lib/flow/flow.ts";
import type { Clock } from "../../../../lib/graph/clock.ts";
import { FlowEvent } from "../../../../lib/graph/event.ts";
import { Graph } from "../../../../lib/graph/graph.ts";
import type { StepOptions } from "../../../../lib/graph/step.ts";
import { remote } from "../../../../lib/steps/remote.ts";
import type { RemoteOptions } from "../../../../lib/steps/remote/remote_options.ts";
import { type Got, SELF_SIGNED, serveBytes, serveLoopback } from "../../../support/loopback.ts";
import { ManualClock } from "../../../support/manual_clock.ts";
import { PauseClock } from "../../../support/pause_clock.ts";
import { runGraph } from "../../../support/run_graph.ts";

// deno-lint-ignore no-explicit-any -- tests look into bodies of every form
type Any = any;

/** A flow of one remote step, which is not tried again unless the options say so. */
async function flowOf(
  options: RemoteOptions<Any, unknown>,
  { clock, ...step }: StepOptions & { clock?: Clock } = {},
): Promise<Flow> {
  const graph = new Graph<Any>("g");
  graph.to("ask", remote(options), { retries: 0, ...step } as object).respond();
  return await runGraph(graph, clock === undefined ? {} : { clock });
}

function echo({ method, path, headers, body }: Got): Response {
  const own = ["content-type", "mlrun-event-id", "mlrun-event-path", "traceparent", "tracestate", "x-in", "x-own"];
  return Response.json({
    method,
    path,
    body,
    ...Object.fromEntries(own.flatMap((name) => headers.has(name) ? [[name, headers.get(name)]] : [])),
  });
}

/** What a failing ask fails with. */
async function failureOf(asked: Promise<unknown>): Promise<RemoteError> {
  try {
    await asked;
  } catch (error) {
    const cause = (error as Error).cause;
    ok(cause instanceof RemoteError, String(cause));
    return cause;
  }
  throw new Error("it did not fail");
}

Deno.test("remote() sends the body as JSON with the event's id, path and trace, and none of its other headers", async () => {
  await using service = serveLoopback(echo);
  await using flow = await flowOf({ url: `${service.url}/echo`, headers: { "X-Own": "yes" } }, {
    inputPath: "req",
    resultPath: "resp",
  });
  const trace = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: "a=1" };
  const reply = await flow.ask({ req: { x: 5 } }, { id: "ev1", path: "/a/b", headers: { "X-In": "1", ...trace } });
  deepStrictEqual(reply, {
    req: { x: 5 },
    resp: {
      method: "POST",
      path: "/echo",
      body: '{"x":5}',
      "content-type": "application/json",
      "mlrun-event-id": "ev1",
      "mlrun-event-path": "/a/b",
      "x-own": "yes",
      ...trace,
    },
  });
});

Deno.test("remote() escapes what a header cannot hold of the event's id and path", async () => {
  await using service = serveLoopback(echo);
  await using flow = await flowOf({ url: service.url });
  const reply = await flow.ask(1, { id: "a\r\nx-in: 1", path: "/ü" });
  deepStrictEqual([reply["mlrun-event-id"], reply["mlrun-event-path"], reply["x-in"]], [
    "a%0D%0Ax-in:%201",
    "/%C3%BC",
    undefined,
  ]);
});

Deno.test("remote() sends text, bytes and forms as they are, null not at all, and what the body function makes", async () => {
  await using service = serveLoopback(echo);
  await using flow = await flowOf({ url: service.url });
  for (
    const [body, sent, type] of [
      ["text", "text", "text/plain; charset=utf-8"],
      [new TextEncoder().encode("bytes"), "bytes", "application/octet-stream"],
      [new TextEncoder().encode("bytes").buffer, "bytes", "application/octet-stream"],
      [new URLSearchParams({ a: "1 2" }), "a=1+2", "application/x-www-form-urlencoded;charset=UTF-8"],
      [new Blob(["blob"], { type: "image/png" }), "blob", "image/png"],
      [0, "0", "application/json"],
      [null, "", undefined],
      [undefined, "", undefined],
    ] as const
  ) {
    const reply = await flow.ask(body);
    deepStrictEqual([reply.body, reply["content-type"]], [sent, type]);
  }
  await rejects(flow.ask({ a: NaN }), /Cannot send the body as JSON: \$\.a is NaN, .* form: "levada"/);
  await rejects(flow.ask(new Blob([]).stream()), /Cannot send a stream/);
  await rejects(
    flow.ask("x\ud83d"),
    /Cannot send the body as text: its letter \\ud83d at 1 is half of a surrogate pair/,
  );
  await using made = await flowOf({
    url: service.url,
    headers: { "content-type": "text/csv" },
    body: async ({ n }) => await Promise.resolve(`n\n${n}`),
  });
  const reply = await made.ask({ n: 3 });
  deepStrictEqual([reply.body, reply["content-type"]], ["n\n3", "text/csv"]);
});

Deno.test("remote() asks by the method that it is given, else by the event's; GET, HEAD and DELETE have no body", async () => {
  await using service = serveLoopback(echo);
  await using event = await flowOf({ url: service.url });
  for (const [method, body] of [["PUT", '{"x":1}'], ["patch", '{"x":1}'], ["GET", ""], ["DELETE", ""]] as const) {
    const reply = await event.ask({ x: 1 }, { method });
    deepStrictEqual([reply.method, reply.body], [method.toUpperCase(), body]);
  }
  strictEqual(await event.ask({ x: 1 }, { method: "HEAD" }), null);
  await using given = await flowOf({ url: service.url, method: "delete", body: (body) => body });
  const reply = await given.ask({ x: 1 }, { method: "GET" });
  deepStrictEqual([reply.method, reply.body], ["DELETE", '{"x":1}']);
});

Deno.test("remote() reads the answer by its content type", async () => {
  const answers: Record<string, () => Response> = {
    "/json": () => Response.json({ a: [1, null] }),
    "/more": () => new Response("[1]", { headers: { "content-type": "application/problem+json; charset=utf-8" } }),
    "/text": () => new Response("[1]"),
    "/bytes": () => new Response(new Uint8Array([0xff, 2])),
    "/png": () => new Response(new Uint8Array([1, 2]), { headers: { "content-type": "image/png" } }),
    "/none": () => new Response(null, { status: 204 }),
    "/empty": () => new Response("", { headers: { "content-type": "application/json" } }),
    "/created": () => Response.json({ code: 201 }, { status: 201 }),
    "/nowhere": () => Response.json({ code: 302 }, { status: 302 }),
  };
  await using service = serveLoopback(({ path }) => answers[path]!());
  await using flow = await flowOf({ url: (path) => service.url + path, method: "GET" });
  const replies = await Promise.all(Object.keys(answers).map((path) => flow.ask(path)));
  deepStrictEqual(replies, [
    { a: [1, null] },
    [1],
    "[1]",
    new Uint8Array([0xff, 2]),
    new Uint8Array([1, 2]),
    null,
    null,
    { code: 201 },
    { code: 302 },
  ]);
});

Deno.test("remote() makes URL, subpath and headers for each event, at once or later", async () => {
  await using service = serveLoopback(echo);
  await using text = await flowOf({ url: `${service.url}/v1$path`, subpath: "infer" });
  strictEqual((await text.ask(1, { path: "/models/m" })).path, "/v1/models/m/infer");
  await rejects(text.ask(1, { path: "/../admin" }), { status: 400 });
  await using made = await flowOf({
    url: async ({ n }) => await Promise.resolve(new URL(`/n/${n}`, service.url)),
    subpath: "$path",
    headers: (_, context, event) => new Headers({ "x-own": `${context.step} ${event.id}` }),
  });
  const reply = await made.ask({ n: 3 }, { id: "ev1", path: "/p" });
  deepStrictEqual([reply.path, reply["x-own"], reply["mlrun-event-path"]], ["/n/3/p", "ask ev1", undefined]);
});

Deno.test("remote() with fullEvent hands its functions the event, and sends its body", async () => {
  await using service = serveLoopback(echo);
  await using flow = await flowOf(
    { url: (event: FlowEvent<{ n: number }>) => `${service.url}/${event.body.n}/${event.id}` },
    { fullEvent: true },
  );
  const reply = await flow.ask({ n: 3 }, { id: "ev1" });
  deepStrictEqual([reply.path, reply.body], ["/3/ev1", '{"n":3}']);
});

Deno.test("remote() fails an event whose URL, headers or body function fails: at once, and the flow lives on", async () => {
  await using service = serveLoopback(echo);
  const { url } = service;
  const fail = (): never => {
    throw new RangeError("no such user");
  };
  const clock = new PauseClock();
  for (
    const [options, message] of [
      [{ url: fail }, /no such user/],
      [{ url: () => Promise.reject(new RangeError("no such user")) }, /no such user/],
      [{ url, body: fail }, /no such user/],
      [{ url, headers: fail }, /no such user/],
      [{ url: ({ at }: Any) => at }, /its URL is undefined/],
      [{ url: () => "file:///etc/passwd" }, /its URL begins with "file:"/],
      [{ url, headers: () => ({ "x-own": "a\r\nx-admin: 1" }) }, /header "x-own": its value has a line break/],
    ] as const
  ) {
    await using flow = await flowOf(options as RemoteOptions<Any>, { retries: 6, clock });
    await rejects(flow.ask({ n: 1 }), message);
    await rejects(flow.ask({ n: 2 }), message);
  }
  deepStrictEqual([clock.pauses, clock.limits, service.got], [[], 0, []]);
});

Deno.test("remote() keeps the class of what its functions throw, so that a handler may choose it", async () => {
  await using service = serveLoopback(echo);
  const graph = new Graph<number>("g");
  graph.to(
    "ask",
    remote<number>({
      url: () => {
        throw new RangeError("no");
      },
    }),
  ).respond().errorHandler("caught", () => "caught", { only: [RangeError] });
  await using flow = await runGraph(graph);
  strictEqual(await flow.ask(1), "caught");
  deepStrictEqual(service.got, []);
});

Deno.test("remote() asks again after growing pauses, each time with the same id and body", async () => {
  let left = 3;
  await using service = serveLoopback((got) => left-- > 0 ? new Response("busy", { status: 500 }) : echo(got));
  const clock = new PauseClock();
  await using flow = await flowOf({ url: service.url }, { retries: 6, backoffMs: 1_000, clock });
  const reply = await flow.ask({ x: 1 });
  deepStrictEqual(service.got.map(({ body }) => body), new Array(4).fill('{"x":1}'));
  deepStrictEqual(new Set(service.got.map(({ headers }) => headers.get("mlrun-event-id"))).size, 1);
  strictEqual(reply["mlrun-event-id"], service.got[0]!.headers.get("mlrun-event-id"));
  for (const [index, longest] of [1_000, 2_000, 4_000].entries()) {
    const pause = clock.pauses[index]!;
    ok(pause >= longest / 2 && pause <= longest, `pause ${index} is ${pause} ms`);
  }
  deepStrictEqual([clock.pauses.length, clock.limits], [3, 0]);
});

Deno.test("remote() has MLRun's six retries and pauses, where the step does not say", async () => {
  await using service = serveLoopback(() => new Response("down", { status: 500 }));
  const clock = new PauseClock();
  const graph = new Graph<number>("g");
  graph.to("ask", remote<number>({ url: service.url })).respond();
  await using flow = await runGraph(graph, { clock });
  await rejects(flow.ask(1), /answered 500/);
  strictEqual(service.got.length, 7);
  const longest = clock.pauses.map((pause) => 2 ** Math.ceil(Math.log2(pause / 1_000)) * 1_000);
  deepStrictEqual(longest, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000]);
});

Deno.test("remote() asks again only where that may help, and waits as long as the service says", async () => {
  const nowMs = Date.UTC(2026, 0, 1);
  const later = new Date(nowMs + 29_000).toUTCString();
  for (
    const [status, retryAfter, pauses] of [
      [400, undefined, 0],
      [404, "1", 0],
      [408, undefined, 0],
      [429, undefined, 0],
      [429, "7", [7_000]],
      [429, later, [29_000]],
      [503, "7", [7_000]],
      [503, undefined, 1],
      [503, "soon", 1],
      [503, "3600", 0],
      [500, "7", 1],
      [502, undefined, 1],
    ] as const
  ) {
    await using service = serveLoopback(() =>
      new Response("no", { status, headers: retryAfter === undefined ? {} : { "retry-after": retryAfter } })
    );
    const clock = new PauseClock({ nowMs });
    await using flow = await flowOf({ url: service.url }, { retries: 1, backoffMs: 100, clock });
    const { remoteStatus } = await failureOf(flow.ask(1));
    const got = typeof pauses === "number" ? clock.pauses.length : clock.pauses;
    deepStrictEqual([remoteStatus, got, service.got.length], [
      status,
      pauses,
      1 + (typeof pauses === "number" ? pauses : 1),
    ], `${status} ${retryAfter}`);
  }
});

Deno.test("remote() answers like a gateway: the service's failure is not the caller's fault", async () => {
  await using service = serveLoopback(({ path }) =>
    Response.json({ why: "so\n  it is" }, { status: Number(path.slice(1)), statusText: "As It Is" })
  );
  await using flow = await flowOf({ url: (status) => `${service.url}/${status}` });
  for (
    const [remoteStatus, status] of [
      [400, 502],
      [401, 502],
      [404, 502],
      [422, 502],
      [429, 503],
      [500, 502],
      [503, 503],
      [
        504,
        504,
      ],
      [599, 502],
    ] as const
  ) {
    const failure = await failureOf(flow.ask(remoteStatus));
    deepStrictEqual([failure.status, failure.remoteStatus, failure.answer], [status, remoteStatus, {
      why: "so\n  it is",
    }]);
    ok(
      failure.message.startsWith(`Cannot ask POST ${service.url}/${remoteStatus}: it answered ${remoteStatus}`),
      failure.message,
    );
    ok(failure.message.endsWith(`: {"why":"so\\n it is"}`), failure.message);
  }
});

Deno.test("remote() tells the beginning of a long failure, and does not wait for the end of an endless one", async () => {
  await using service = serveLoopback(() => new Response(endless(), { status: 500 }));
  await using flow = await flowOf({ url: service.url });
  const { message } = await failureOf(flow.ask(1));
  ok(message.endsWith(`: ${"x".repeat(200)}…`), message);
});

Deno.test("remote() cuts off a service that does not answer, tells whom and how long, and hangs up", async () => {
  await using service = serveBytes("", { closes: false });
  const clock = new ManualClock();
  await using flow = await flowOf({ url: `${service.url.replace("//", "//user:secret@")}/x?key=secret` }, {
    timeoutMs: 50,
    clock,
  });
  const failed = failureOf(flow.ask(1));
  await service.asked;
  await clock.advance(50);
  const { status, message } = await failed;
  strictEqual(status, 504);
  strictEqual(
    message,
    `Cannot ask POST ${service.url}/x?…: it has no answer after 50 ms (timeoutMs of step "ask")`,
  );
  await service.hungUp;
  strictEqual(clock.timers, 0);
});

Deno.test("remote() cuts off an answer that does not end, and asks again", async () => {
  await using service = serveBytes("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab", { closes: false });
  const clock = new ManualClock();
  await using flow = await flowOf({ url: service.url }, { timeoutMs: 50, retries: 1, backoffMs: 10, clock });
  const failed = failureOf(flow.ask(1));
  await service.asked;
  await clock.advance(50 + 10 + 50);
  strictEqual((await failed).status, 504);
  await service.hungUp;
});

Deno.test("remote() ends the request when the caller leaves: the service sees it", async () => {
  await using service = serveBytes("", { closes: false });
  await using flow = await flowOf({ url: service.url }, { retries: 3 });
  const caller = new AbortController();
  const asked = rejects(flow.ask(1, { signal: caller.signal }), { status: 499 });
  await service.asked;
  caller.abort();
  await asked;
  await service.hungUp;
});

Deno.test("remote() counts no caller who leaves as a failure of the service", async () => {
  const caller = new AbortController();
  let isFirst = true;
  await using service = serveLoopback(() => {
    if (!isFirst) return Response.json("ok");
    isFirst = false;
    caller.abort();
    return new Promise(() => {});
  });
  await using flow = await flowOf({ url: service.url }, { breaker: { failures: 1, coolDownMs: 1_000 } });
  await rejects(flow.ask(1, { signal: caller.signal }), { status: 499 });
  strictEqual(await flow.ask(1), "ok");
});

Deno.test("remote() opens its breaker when the service is down, not when it refuses", async () => {
  await using service = serveLoopback(({ path }) => new Response("no", { status: Number(path.slice(1)) }));
  await using flow = await flowOf({ url: (status) => `${service.url}/${status}` }, {
    breaker: { failures: 2, coolDownMs: 1_000 },
  });
  for (const status of [404, 404, 404, 500, 404, 500, 500]) await rejects(flow.ask(status), /answered/);
  await rejects(flow.ask(500), /Cannot run step "ask": it failed 2 times in a row/);
  strictEqual(service.got.length, 7);
});

Deno.test("remote() tells connections that are refused, broken and half closed, and asks again", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const refused = `http://127.0.0.1:${listener.addr.port}`;
  listener.close();
  const broken: [string, RegExp][] = [
    ["", /connection closed/],
    ["garbage\r\n\r\n", /invalid HTTP/],
    ["HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", /error reading a body/],
    ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc", /error reading a body/],
    ["HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc", /unexpected end|gzip|corrupt/],
  ];
  for (const [bytes, reason] of [["refused", /Connection refused|refused/] as const, ...broken]) {
    await using service = bytes === "refused" ? undefined : serveBytes(bytes, { closes: true });
    const url = service?.url ?? refused;
    const clock = new PauseClock();
    await using flow = await flowOf({ url: `${url.replace("//", "//user:secret@")}/?key=secret` }, {
      retries: 1,
      clock,
    });
    const { status, message, remoteStatus } = await failureOf(flow.ask(1));
    deepStrictEqual([status, remoteStatus, clock.pauses.length], [502, undefined, 1], message);
    ok(message.startsWith(`Cannot ask POST ${url}/?…: `) && reason.test(message), message);
    ok(!message.includes("secret"), message);
  }
});

Deno.test("remote() refuses an answer that is too large, with and without a length, and fetches no more of it", async () => {
  let isCancelled = false;
  await using service = serveLoopback(({ path }) =>
    new Response(path === "/endless" ? endless(() => isCancelled = true) : "x".repeat(1_001))
  );
  const clock = new PauseClock();
  await using flow = await flowOf({ url: (path) => service.url + path, replyLimitBytes: 1_000 }, { retries: 3, clock });
  for (const path of ["/long", "/endless"]) {
    const { status, message } = await failureOf(flow.ask(path));
    deepStrictEqual([status, message], [
      502,
      `Cannot ask POST ${service.url}${path}: its answer is larger than 1000 bytes (replyLimitBytes)`,
    ]);
  }
  deepStrictEqual(clock.pauses, []);
  await service[Symbol.asyncDispose]();
  strictEqual(isCancelled, true);
  await using exact = serveLoopback(() => new Response("x".repeat(1_000)));
  await using fits = await flowOf({ url: exact.url, replyLimitBytes: 1_000 });
  strictEqual((await fits.ask(1)).length, 1_000);
});

Deno.test("remote() refuses an answer that is not what its content type says", async () => {
  const deep = "[".repeat(5_000) + "]".repeat(5_000);
  for (const text of ["{bad", "[1,", deep, "\ud800".toWellFormed() + "{", "<html>"]) {
    await using service = serveLoopback(() => new Response(text, { headers: { "content-type": "application/json" } }));
    const clock = new PauseClock();
    await using flow = await flowOf({ url: service.url }, { retries: 3, clock });
    const { status, message, remoteStatus } = await failureOf(flow.ask(1));
    deepStrictEqual([status, remoteStatus, clock.pauses], [502, 200, []]);
    ok(message.startsWith(`Cannot ask POST ${service.url}/: its answer cannot be read as application/json: `), message);
  }
});

Deno.test("remote() checks the answer by reply, and tells every field", async () => {
  await using service = serveLoopback(({ body }) =>
    new Response(body, { headers: { "content-type": "application/json" } })
  );
  const reply = z.object({ n: z.number().transform((n) => n * 2), list: z.array(z.string()) });
  await using flow = await flowOf({ url: service.url, reply });
  deepStrictEqual(await flow.ask({ n: 1, list: [], more: 1 }), { n: 2, list: [] });
  for (const body of [{ n: "1", list: [1] }, [], null]) {
    const { status, message } = await failureOf(flow.ask(body));
    strictEqual(status, 502);
    ok(message.includes("its answer is not what reply says: "), message);
    if (body !== null && "n" in body) ok(/n: .*number.*; list\.0: .*string/.test(message), message);
  }
});

Deno.test("remote() follows redirects as browsers do: 303 by GET, 307 by the same method and body", async () => {
  await using service = serveLoopback((got) => {
    const status = Number(got.path.slice(1));
    return status > 0 ? new Response("see", { status, headers: { location: "/there?x=1" } }) : echo(got);
  });
  await using flow = await flowOf({ url: (status) => `${service.url}/${status}`, headers: { "x-own": "1" } });
  for (
    const [status, method, body, type] of [
      [301, "GET", "", undefined],
      [302, "GET", "", undefined],
      [303, "GET", "", undefined],
      [307, "POST", "x", "application/json"],
      [308, "POST", "x", "application/json"],
    ] as const
  ) {
    const reply = await flow.ask(status);
    deepStrictEqual([reply.method, reply.body, reply["content-type"], reply["x-own"], reply.path], [
      method,
      body === "" ? "" : String(status),
      type,
      "1",
      "/there?x=1",
    ]);
  }
  strictEqual((await flow.ask(301, { method: "PUT" })).method, "PUT");
});

Deno.test("remote() follows so many redirects, and no loop", async () => {
  await using service = serveLoopback(({ path }) => {
    const left = Number(path.slice(1));
    return left === 0
      ? Response.json("there")
      : new Response(null, { status: 307, headers: { location: `/${Number.isNaN(left) ? "loop" : left - 1}` } });
  });
  await using flow = await flowOf({ url: (path) => service.url + path, maxRedirects: 3 });
  strictEqual(await flow.ask("/3"), "there");
  for (const path of ["/4", "/loop"]) {
    const { status, message } = await failureOf(flow.ask(path));
    deepStrictEqual([status, message], [
      502,
      `Cannot ask POST ${service.url}${path}: it redirects more than 3 times (maxRedirects)`,
    ]);
  }
  await using none = await flowOf({ url: `${service.url}/1`, maxRedirects: 0 });
  await rejects(none.ask(1), /more than 0 times/);
});

Deno.test("remote() takes the user's headers to no other origin, and follows no redirect that is no http", async () => {
  await using other = serveLoopback(({ headers }) =>
    Response.json(
      Object.fromEntries(
        ["authorization", "x-key", "accept", "mlrun-event-id"].map((name) => [name, headers.get(name)]),
      ),
    )
  );
  await using service = serveLoopback(({ path }) =>
    new Response(null, {
      status: 307,
      headers: { location: path === "/" ? other.url : decodeURIComponent(path.slice(1)) },
    })
  );
  const headers = { "x-key": "secret", accept: "application/json" };
  await using flow = await flowOf({ url: service.url.replace("//", "//user:secret@"), headers });
  deepStrictEqual(await flow.ask(1, { id: "ev1" }), {
    authorization: null,
    "x-key": null,
    accept: "application/json",
    "mlrun-event-id": "ev1",
  });
  await using away = await flowOf({ url: (to) => `${service.url}/${encodeURIComponent(to)}`, headers });
  for (const to of ["file:///etc/passwd", "data:,x", "http://"]) {
    const { message } = await failureOf(away.ask(to));
    ok(message.endsWith("it redirects to what is no http or https URL"), message);
  }
});

Deno.test("remote() checks certificates, and trusts those that it is given", async () => {
  await using service = serveLoopback(
    ({ path }) =>
      path === "/down"
        ? new Response(null, { status: 302, headers: { location: "http://127.0.0.1:4/x" } })
        : Response.json("hello"),
    SELF_SIGNED,
  );
  const clock = new PauseClock();
  await using strict = await flowOf({ url: service.url }, { retries: 6, clock });
  const { status, message } = await failureOf(strict.ask(1));
  deepStrictEqual([status, clock.pauses, service.got], [502, [], []]);
  strictEqual(
    message,
    `Cannot ask POST ${service.url}/: its TLS certificate is not trusted (UnknownIssuer). Give the certificate of its issuer as caCerts`,
  );
  await using trusting = await flowOf({ url: (path) => service.url + path, caCerts: [SELF_SIGNED.cert] });
  strictEqual(await trusting.ask("/"), "hello");
  await rejects(trusting.ask("/down"), /it redirects from https to http:\/\/127\.0\.0\.1:4\/x/);
  await rejects(
    flowOf({ url: service.url, caCerts: ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"] }),
    /Cannot trust caCerts: /,
  );
});

Deno.test("remote() sends a URL's credentials as a header, and hides what a service repeats of the request's secrets", async () => {
  await using service = serveLoopback(({ headers, path }) =>
    new Response(`denied ${headers.get("authorization")} ${headers.get("x-key")} ${path} pä:ss`, { status: 403 })
  );
  await using flow = await flowOf({
    url: `${service.url.replace("//", "//us:p%C3%A4@")}/?token=abcdef`,
    headers: { "x-key": "key-secret" },
  });
  const failure = await failureOf(flow.ask(1));
  strictEqual(service.got[0]!.headers.get("authorization"), `Basic ${new TextEncoder().encode("us:pä").toBase64()}`);
  for (const text of [failure.message, String(failure.answer), String(failure.stack), Deno.inspect(failure)]) {
    ok(!/dXM6|key-secret|abcdef|pä/.test(text), text);
  }
});

Deno.test("remote() works on eight events at once, and keeps their order", async () => {
  let [atOnce, most] = [0, 0];
  const open: (() => void)[] = [];
  await using service = serveLoopback(async ({ body }) => {
    most = Math.max(most, ++atOnce);
    if (atOnce < 8 && open.length < 7) await new Promise<void>((go) => open.push(go));
    else open.splice(0).reverse().forEach((go) => go());
    atOnce -= 1;
    return Response.json(Number(body));
  });
  const seen: number[] = [];
  const graph = new Graph<number>("g");
  graph.to("ask", remote<number, number>({ url: service.url })).to("see", (n) => void seen.push(n));
  const flow = await runGraph(graph);
  const all = Array.from({ length: 16 }, (_, n) => n);
  await Promise.all(all.map((n) => flow.emit(n)));
  await flow.close();
  deepStrictEqual([seen, most], [all, 8]);
});

Deno.test("remote() takes an answer that its reply finds right later", async () => {
  await using service = serveLoopback(({ body }) => Response.json(Number(body)));
  const reply = z.number().refine(
    (n) => n === 0 ? Promise.reject(new Error("the table is away")) : n < 5,
    "is too much",
  );
  await using flow = await flowOf({ url: service.url, reply });
  strictEqual(await flow.ask(1), 1);
  await rejects(flow.ask(9), /its answer is not what reply says: it: is too much/);
  await rejects(flow.ask(0), /the table is away/);
});

Deno.test("compile() tells every fault of a remote's options at once", async () => {
  const failed = flowOf({
    url: "ftp://host",
    method: "GET THIS",
    headers: { "x-a": "a\nb", "content-length": "3" },
    caCerts: ["none"],
    maxRedirects: -1,
    replyLimitBytes: 0.5,
    reply: {} as never,
  });
  await rejects(failed, (error: Error) => {
    for (
      const part of [
        "option url: is no absolute http or https URL",
        "option method: is no method of HTTP",
        "option headers.x-a: its value has a line break",
        "option headers.content-length: HTTP sets it itself",
        "option caCerts.0: is no certificate as PEM text",
        "option maxRedirects",
        "option replyLimitBytes",
        "its reply is object",
      ]
    ) ok(error.message.includes(part), `${part} in ${error.message}`);
    return true;
  });
  await rejects(flowOf({} as never), /it has no url/);
  await rejects(
    flowOf({ url: "http://host", method: "get", body: () => 1 }),
    /a GET request has no body, but option body/,
  );
});

function endless(onCancel: () => void = () => {}): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull: (controller) => controller.enqueue(new TextEncoder().encode("x".repeat(1_000))),
    cancel: onCancel,
  });
}

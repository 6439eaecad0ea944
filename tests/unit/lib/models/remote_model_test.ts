import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import type { RemoteError, StepError } from "../../../../lib/errors.ts";
import { serving } from "../../../../lib/functions/serving.ts";
import { functionModel } from "../../../../lib/models/function_model.ts";
import type { InferRequest } from "../../../../lib/protocol/reply.ts";
import { RemoteModel, type RemoteModelArgs } from "../../../../lib/models/remote_model.ts";
import { ListModel } from "../../../support/models.ts";

const QUIET = { log: { debug() {}, info() {}, warn() {}, error() {} } };
const SPECS = {
  inputs: [{ name: "x", datatype: "FP64", shape: [-1] }],
  outputs: [{ name: "y", datatype: "FP64", shape: [-1] }],
};

/** A server of a stranger, that answers as it is told; what it was asked is kept. */
function stranger(answer: (request: Request) => Response | Promise<Response>) {
  const asked: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    asked.push(`${request.method} ${new URL(request.url).pathname}`);
    const isMetadata = request.method === "GET" && !request.url.endsWith("/ready");
    return isMetadata ? Response.json({ name: "m", platform: "strange", ...SPECS }) : answer(request);
  });
  return {
    asked,
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** A log that keeps its warnings. */
function kept(warned: string[]) {
  return { log: { debug() {}, info() {}, error() {}, warn: (line: string) => void warned.push(line) } };
}

async function near(args: RemoteModelArgs, warned: string[] = []) {
  const fn = serving("near");
  fn.setTopology("router").addRoute("flowers:v2", RemoteModel, { retries: 0, ...args });
  return await fn.start(kept(warned));
}

Deno.test("RemoteModel() sends rows and tensors as tensors, and answers each as it was asked", async () => {
  const far = serving("far");
  far.setTopology("router").addRoute("flowers:v2", ListModel, { k: 2, ...SPECS });
  await using server = await far.serve({ port: 0, ...QUIET });
  await using flow = await near({ url: server.url.toString() });
  const rows = await flow.ask({ inputs: [1, 2.5] }, { path: "/v2/models/flowers/infer" }) as Record<string, unknown>;
  deepStrictEqual([rows.model_name, rows.outputs], ["flowers", [2, 5]]);
  const tensor = { name: "x", datatype: "FP64", shape: [2], data: new Float64Array([1, NaN]) };
  const reply = await flow.ask({ id: "7", inputs: [tensor] }, { path: "/v2/models/flowers/infer" }) as {
    id: string;
    outputs: { name: string; data: unknown }[];
  };
  deepStrictEqual([reply.id, reply.outputs[0]!.name, reply.outputs[0]!.data], ["7", "y", new Float64Array([2, NaN])]);
  const [model] = flow.models();
  deepStrictEqual([model!.state, model!.facts().inputs, model!.facts().outputs], [
    "ready",
    SPECS.inputs,
    SPECS.outputs,
  ]);
});

Deno.test("RemoteModel() cannot be loaded where nobody answers, and says which URL", async () => {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => new Response());
  const url = `http://127.0.0.1:${server.addr.port}/base`;
  await server.shutdown();
  await rejects(
    near({ url }),
    new RegExp(`Cannot load model "flowers:v2": Cannot ask GET ${url}/v2/models/flowers/versions/v2`),
  );
  await rejects(near({ url: "no url" }), /its URL is text that is no absolute URL/);
});

Deno.test("RemoteModel() answers 502, 503 and 504 for a server that fails, is busy, or takes too long", async () => {
  const answers = [
    [() => new Response("boom", { status: 500 }), {}, 502],
    [() => Response.json({ error: "bad input" }, { status: 400 }), {}, 502],
    [() => new Response("", { status: 503, headers: { "retry-after": "1" } }), {}, 503],
    [
      () => new Promise<Response>((resolve) => setTimeout(() => resolve(new Response("late")), 300)),
      { timeoutMs: 50 },
      504,
    ],
    [() => new Response("<html>", { headers: { "content-type": "text/html" } }), {}, 502],
    [() => Response.json({ outputs: [{ name: "y", datatype: "FP64", shape: [9], data: [1] }] }), {}, 502],
    [() => Response.json({ outputs: [] }, { headers: { "inference-header-content-length": "-1" } }), {}, 502],
    [
      () =>
        Response.json({ outputs: [{ name: "y", datatype: "FP64", shape: [1], data: [1] }], more: "x".repeat(2_000) }),
      {
        replyLimitBytes: 1_000,
      },
      502,
    ],
  ] as const;
  for (const [answer, args, status] of answers) {
    await using server = stranger(answer);
    await using flow = await near({ url: server.url, ...args });
    await rejects(flow.ask({ inputs: [1] }, { path: "/v2/models/flowers/infer" }), { status });
  }
});

Deno.test("RemoteModel() sends a request again that failed", async () => {
  let asked = 0;
  await using server = stranger(() => {
    asked += 1;
    if (asked < 3) return new Response("not yet", { status: 500 });
    return Response.json({ model_name: "m", outputs: [{ name: "y", datatype: "FP64", shape: [1], data: [42] }] });
  });
  await using flow = await near({ url: server.url, retries: 2, backoffMs: 1 });
  const reply = await flow.ask({ inputs: [1] }, { path: "/v2/models/flowers/infer" }) as { outputs: unknown };
  deepStrictEqual([reply.outputs, asked], [[42], 3]);
});

Deno.test("RemoteModel() tells callers a sentence, and the log the server's address and words", async () => {
  const cases = [
    [() => new Response("Traceback: /srv/model.py, line 7", { status: 500 }), 502, "its server answered 500"],
    [
      () => Response.json({ error: "/srv" }, { status: 503, headers: { "retry-after": "7" } }),
      503,
      "its server answered 503",
    ],
    [() => new Response("{/srv", { status: 200 }), 502, "what its server answered cannot be used"],
  ] as const;
  for (const [answer, status, sentence] of cases) {
    const warned: string[] = [];
    await using server = stranger(answer);
    await using flow = await near({ url: server.url }, warned);
    const asked = flow.ask({ inputs: [1] }, { path: "/v2/models/flowers/infer" });
    await rejects(asked, (error: StepError) => {
      const { cause } = error as { cause: RemoteError };
      deepStrictEqual([error.status, cause.message], [status, `Cannot ask model "flowers:v2": ${sentence}`]);
      strictEqual(cause.retryAfterMs, status === 503 ? 7_000 : undefined);
      return !/srv|127\.0\.0\.1/.test(error.message);
    });
    deepStrictEqual([warned.length, warned[0]!.includes(server.url)], [1, true]);
  }
  const warned: string[] = [];
  const server = stranger(() => new Response());
  await using flow = await near({ url: server.url }, warned);
  await server[Symbol.asyncDispose]();
  for (let n = 0; n < 15; n++) {
    await rejects(flow.ask({ inputs: [1] }, { path: "/v2/models/flowers/infer" }), /its server cannot be asked$/);
  }
  deepStrictEqual(warned.length, 10, "a minute's lines");
});

Deno.test("RemoteModel() ends its request when the caller leaves", async () => {
  const arrived = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  await using server = stranger((request) => {
    request.signal.addEventListener("abort", () => left.resolve());
    arrived.resolve();
    return left.promise.then(() => new Response());
  });
  await using flow = await near({ url: server.url });
  const leaving = new AbortController();
  const asked = flow.ask({ inputs: [1] }, { path: "/v2/models/flowers/infer", signal: leaving.signal });
  await arrived.promise;
  leaving.abort();
  await rejects(asked);
  await left.promise;
});

Deno.test("RemoteModel() is ready when it is ready there", async () => {
  let isReady = true;
  await using server = stranger(() => new Response(null, { status: isReady ? 200 : 400 }));
  await using flow = await near({ url: server.url });
  const ready = () => flow.ask(null, { path: "/v2/models/flowers/ready", method: "GET" });
  match(await (await ready() as Response).text(), /is ready/);
  isReady = false;
  await rejects(ready(), {
    status: 503,
    message: /Model "flowers:v2" is not ready\. Cannot ask model "flowers:v2": its server answered 400$/,
  });
  ok(server.asked.includes("GET /v2/models/flowers/versions/v2/ready"));
});

Deno.test("RemoteModel() tells rows that are no tensors of the model, and asks nobody", async () => {
  await using server = stranger(() => new Response());
  await using flow = await near({ url: server.url });
  await rejects(flow.ask({ inputs: ["text"] }, { path: "/v2/models/flowers/infer" }), {
    status: 400,
    message: /Cannot ask model "flowers:v2": Cannot read x\[0\] as FP64: it is the text "text"/,
  });
  deepStrictEqual(server.asked, ["GET /v2/models/flowers/versions/v2", "GET /v2"]);
});

Deno.test("RemoteModel() keeps secrets of its headers out of errors", async () => {
  class Secret extends RemoteModel {
    override headers() {
      return { authorization: "Bearer topsecret" };
    }
  }
  await using server = stranger((request) => {
    const given = request.headers.get("authorization")!;
    return new Response(`no: ${given}, token ${given.slice("Bearer ".length)}`, { status: 401 });
  });
  const fn = serving("near");
  fn.setTopology("router").addRoute("m", Secret, { url: server.url, retries: 0 });
  const warned: string[] = [];
  await using flow = await fn.start(kept(warned));
  await rejects(flow.ask({ inputs: [1] }, { path: "/v2/models/m/infer" }), { message: /its server answered 401$/ });
  match(warned[0]!, /answered 401/);
  strictEqual(warned.join().includes("topsecret"), false);
});

Deno.test("RemoteModel() sends a URL's user and password as a header, and tells them to nobody", async () => {
  let given: string | null = null;
  await using server = stranger((request) => {
    given = request.headers.get("authorization");
    return new Response(`no: ${atob(given!.slice("Basic ".length))} ${given}`, { status: 401 });
  });
  const warned: string[] = [];
  await using flow = await near({ url: server.url.replace("//", "//somebody:letmein@") }, warned);
  await rejects(flow.ask({ inputs: [1] }, { path: "/v2/models/flowers/infer" }), (error) => {
    strictEqual(/letmein|somebody/.test((error as Error).message), false);
    return true;
  });
  strictEqual(/letmein|somebody/.test(warned.join()), false);
  match(warned[0]!, /argument url has a secret written out/);
  match(warned[1]!, /answered 401 Unauthorized: no: \*\*\*:\*\*\* \*\*\*/);
  strictEqual(given, `Basic ${btoa("somebody:letmein")}`);
});

Deno.test("RemoteModel() follows no redirect of a request with tensors", async () => {
  const asked: string[] = [];
  await using elsewhere = stranger((request) => {
    asked.push(request.method);
    return Response.json({ model_name: "m", outputs: [] });
  });
  for (const status of [301, 302, 303, 307, 308]) {
    const location = `${elsewhere.url}/stolen/ready`;
    await using server = stranger(() => new Response(null, { status, headers: { location } }));
    const warned: string[] = [];
    await using flow = await near({ url: server.url }, warned);
    await rejects(flow.ask({ inputs: [1] }, { path: "/v2/models/flowers/infer" }), {
      status: 502,
      message: new RegExp(`its server answered ${status}$`),
    });
    match(
      warned[0]!,
      new RegExp(`it redirects \\(${status}\\), which is not followed\\. If ${location} is where it is now`),
    );
  }
  deepStrictEqual([asked, elsewhere.asked], [[], []]);
});

Deno.test("RemoteModel() asks again whether the server knows binary tensors where it could not say", async () => {
  let isBusy = true;
  const types: (string | null)[] = [];
  const told = Promise.withResolvers<void>();
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    if (request.method === "POST") {
      types.push(request.headers.get("content-type"));
      await request.bytes();
      return Response.json({ model_name: "m", outputs: [{ name: "y", datatype: "FP64", shape: [1], data: [1] }] });
    }
    if (new URL(request.url).pathname !== "/v2") return Response.json({ name: "m", platform: "strange", ...SPECS });
    if (isBusy) return new Response("busy", { status: 503 });
    told.resolve();
    return Response.json({ name: "s", version: "1", extensions: ["binary_tensor_data"] });
  });
  await using flow = await near({ url: `http://127.0.0.1:${server.addr.port}` });
  const ask = () => flow.ask({ inputs: [1] }, { path: "/v2/models/flowers/infer" });
  isBusy = false;
  await ask();
  await told.promise;
  for (let turns = 0; turns < 100 && types.at(-1) === "application/json"; turns++) await ask();
  deepStrictEqual([types[0], types.at(-1)], ["application/json", "application/octet-stream"]);
});

Deno.test("RemoteModel() sends integers beyond 2^53 that came as text without a loss", async () => {
  let sent = "";
  const inputs = [{ name: "id", datatype: "INT64", shape: [-1] }];
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    if (request.method === "GET") return Response.json({ name: "m", inputs, outputs: [] });
    sent = await request.text();
    return Response.json({ model_name: "m", outputs: [{ name: "y", datatype: "INT64", shape: [1], data: [1] }] });
  });
  await using flow = await near({ url: `http://127.0.0.1:${server.addr.port}` });
  await flow.ask({ inputs: ["9007199254740993"] }, { path: "/v2/models/flowers/infer" });
  match(sent, /"data":\[9007199254740993\]/);
});

Deno.test("RemoteModel() says of rows without names that it cannot ask with them", async () => {
  const inputs = ["INPUT0", "INPUT1"].map((name) => ({ name, datatype: "FP64", shape: [-1] }));
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => Response.json({ name: "m", inputs, outputs: [] }),
  );
  await using flow = await near({ url: `http://127.0.0.1:${server.addr.port}` });
  await rejects(flow.ask({ inputs: [1] }, { path: "/v2/models/flowers/infer" }), {
    status: 400,
    message: /Cannot ask model "flowers:v2" with INPUT0, INPUT1: rows without names were given/,
  });
});

Deno.test("models stand one after another in a flow, each with its paths, in both dialects", async () => {
  const Clean = functionModel(({ inputs }: InferRequest) => inputs.map((n) => Math.abs(Number(n))), SPECS);
  const Double = functionModel(({ inputs }: InferRequest) => inputs.map((n) => Number(n) * 2), SPECS);
  const fn = serving("chain");
  fn.setTopology("flow")
    .to("read", ({ rows }: { rows: number[] }) => ({ request: { inputs: rows } }))
    .to("clean", Clean, { inputPath: "request", resultPath: "clean" })
    .to("next", (body) => ({ ...body, second: { inputs: body.clean.outputs } }))
    .to("double", Double, { inputPath: "second", resultPath: "double" })
    .to("answer", ({ clean, double }) => [clean.outputs, double.outputs])
    .respond();
  await using flow = await fn.start(QUIET);
  deepStrictEqual(await flow.ask({ rows: [-1, 2] }), [[1, 2], [2, 4]]);

  const tensors = serving("tensors");
  const tensor = (data: number[]) => ({ inputs: [{ name: "x", datatype: "FP64", shape: [data.length], data }] });
  tensors.setTopology("flow")
    .to("read", ({ rows }: { rows: number[] }) => ({ request: tensor(rows) }))
    .to("clean", Clean, { inputPath: "request", resultPath: "clean" })
    // deno-lint-ignore no-explicit-any -- a reply of either dialect
    .to("next", (body: any) => ({ ...body, second: tensor(body.clean.output("y").values()) }))
    .to("double", Double, { inputPath: "second", resultPath: "double" })
    // deno-lint-ignore no-explicit-any -- a reply of either dialect
    .to("answer", (body: any) => body.double)
    .respond();
  await using other = await tensors.toMockServer(QUIET);
  const reply = await other.test("/", { rows: [-1, 2] });
  deepStrictEqual(reply.outputs, [{ name: "y", datatype: "FP64", shape: [2], data: [2, 4] }]);
});

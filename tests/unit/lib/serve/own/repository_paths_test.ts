import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import {
  type InferRequest,
  modelRouter,
  ModelServer,
  openTelemetry,
  type ServeOptions,
  type ServerLimits,
  serving,
} from "levada";
import { StatusError } from "../../../../../lib/errors.ts";
import { RawConnection } from "../../../../support/raw_http.ts";

class Counted extends ModelServer {
  static loads = 0;
  static isBroken = false;

  override load(): void {
    Counted.loads += 1;
    if (Counted.isBroken) throw new RangeError("the file is cut off");
  }

  predict({ inputs }: InferRequest): unknown[] {
    return [...inputs];
  }
}

async function started() {
  Counted.isBroken = false;
  const fn = serving("repository");
  fn.setTopology("router", modelRouter()).addRoute("a", Counted).addRoute("b:v1", Counted).addRoute("b:v2", Counted);
  const server = await fn.toMockServer();
  return {
    server,
    async post(path: string, body?: unknown, headers?: HeadersInit): Promise<[number, unknown]> {
      const init = { method: "POST", ...(headers === undefined ? {} : { headers }) };
      const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
      const response = await server.fetch(
        new Request(`http://x${path}`, { ...init, ...(text === undefined ? {} : { body: text }) }),
      );
      const answered = await response.text();
      return [response.status, answered === "" ? "" : JSON.parse(answered)];
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function entry(name: string, version: string, state = "READY", reason = "") {
  return { name, version, state, reason };
}

Deno.test("REPOSITORY_PATHS list the models with states, unload and load them", async () => {
  await using kit = await started();
  const { post, server } = kit;
  const all = [entry("a", ""), entry("b", "v1"), entry("b", "v2")];
  for (const body of [undefined, "", "{}", {}, { ready: false }]) {
    deepStrictEqual(await post("/v2/repository/index", body), [200, all]);
  }
  deepStrictEqual(await post("/v2/repository/models/b/unload"), [200, ""]);
  const gone = [all[0], entry("b", "v1", "UNAVAILABLE", "unloaded"), entry("b", "v2", "UNAVAILABLE", "unloaded")];
  deepStrictEqual(await post("/v2/repository/index"), [200, gone]);
  deepStrictEqual(await post("/v2/repository/index", { ready: true }), [200, [all[0]]]);
  strictEqual((await server.test("/v2/models/b/versions/v1/infer", { inputs: [1] }, { silent: true })).status, 404);
  deepStrictEqual(await post("/v2/repository/models/b:v1/load", { parameters: {} }), [200, ""]);
  deepStrictEqual((await server.test("/v2/models/b/versions/v1/infer", { inputs: [1] })).outputs, [1]);
  deepStrictEqual(await post("/v2/repository/index", { ready: true }), [200, all.slice(0, 2)]);
});

Deno.test("REPOSITORY_PATHS take away one version: the one before answers for the name, and the metadata tells which there are", async () => {
  await using kit = await started();
  const { server, post } = kit;
  const told = async (path: string) => await (await server.fetch(new Request(`http://x${path}`))).json();
  deepStrictEqual((await told("/v2/models/b")).versions, ["v1", "v2"]);
  deepStrictEqual((await told("/v2/models/b/versions/v1")).versions, ["v1"]);
  deepStrictEqual((await told("/v2/models/b:v2")).versions, ["v2"]);
  await post("/v2/repository/models/b:v2/unload");
  deepStrictEqual((await told("/v2/models/b")).versions, ["v1"]);
  deepStrictEqual((await server.test("/v2/models/b/infer", { inputs: [1] })).outputs, [1]);
  strictEqual((await server.fetch(new Request("http://x/v2/models/b/ready"))).status, 200);
  strictEqual((await told("/v2/models/b/config")).name, "b");
});

Deno.test("REPOSITORY_PATHS answer 405 to GET", async () => {
  await using kit = await started();
  for (const path of ["index", "models/a/load", "models/a/unload"]) {
    const response = await kit.server.fetch(new Request(`http://x/v2/repository/${path}`));
    deepStrictEqual([response.status, response.headers.get("allow")], [405, "POST"]);
    match((await response.json()).error, /Cannot ask the repository with method GET: use POST/);
  }
});

Deno.test("REPOSITORY_PATHS load anew a model that is loaded; a failure is told, and the old one answers on", async () => {
  await using kit = await started();
  const before = Counted.loads;
  deepStrictEqual(await kit.post("/v2/repository/models/a/load"), [200, ""]);
  strictEqual(Counted.loads, before + 1);
  Counted.isBroken = true;
  const [status, body] = await kit.post("/v2/repository/models/a/load");
  strictEqual(status, 500);
  strictEqual((body as { error: string }).error, 'Cannot load model "a": the file is cut off');
  deepStrictEqual((await kit.server.test("/v2/models/a/infer", { inputs: [1] })).outputs, [1]);
});

Deno.test("REPOSITORY_PATHS refuse unknown models, overrides, and bodies that are none", async () => {
  await using kit = await started();
  const text = async (path: string, body?: unknown, headers?: HeadersInit) => {
    const [status, answer] = await kit.post(path, body, headers);
    return [status, (answer as { error: string }).error];
  };
  deepStrictEqual(await text("/v2/repository/models/none/load"), [
    404,
    'Cannot find model "none": available models are a, b',
  ]);
  deepStrictEqual(await text("/v2/repository/models/%2e%2e%2fa/unload"), [
    404,
    'Cannot find model "../a": available models are a, b',
  ]);
  deepStrictEqual(await text("/v2/repository/models/a/load", { parameters: { config: "{}" } }), [
    400,
    'Cannot load model "a" with config: a model is loaded as its function declares it',
  ]);
  strictEqual((await text("/v2/repository/models/a/load", { parameters: { "file:1/m.onnx": "eA==" } }))[0], 400);
  const json = { "content-type": "application/json" };
  strictEqual((await text("/v2/repository/index", "{", json))[0], 400);
  strictEqual((await text("/v2/repository/index", "[1]"))[0], 400);
  strictEqual((await text("/v2/repository/index", "x", { "content-type": "text/plain" }))[0], 400);
});

Deno.test("REPOSITORY_PATHS refuse to unload a model that is a step of a flow", async () => {
  const fn = serving("step");
  fn.setTopology("flow").to("m", Counted).respond();
  await using server = await fn.toMockServer();
  const response = await server.test("/v2/repository/models/m/unload", {}, { silent: true });
  deepStrictEqual([response.status, (await response.json()).error], [
    400,
    'Cannot unload model "m": it is a step of a flow, not a route of a router',
  ]);
});

/** Loads once, and then never again. */
class Stuck extends Counted {
  static begun = Promise.withResolvers<void>();
  static go = Promise.withResolvers<void>();

  override async load(): Promise<void> {
    Counted.loads += 1;
    if (Counted.loads === 1) return;
    Stuck.begun.resolve();
    await Stuck.go.promise;
  }
}

async function served(
  limits: ServerLimits,
  options: Pick<ServeOptions, "changeEverywhere" | "log" | "telemetry"> = {},
) {
  Counted.loads = 0;
  Stuck.begun = Promise.withResolvers();
  Stuck.go = Promise.withResolvers();
  const fn = serving("repository");
  fn.setTopology("router", modelRouter()).addRoute("stuck", Stuck);
  return await fn.serve({ port: 0, log: { debug() {}, info() {}, warn() {}, error() {} }, limits, ...options });
}

Deno.test("REPOSITORY_PATHS take no large body, told, packed or in pieces, and wait for none", async () => {
  await using server = await served({ bodyTimeoutMs: 50 });
  const packed = new Blob(["[".repeat(5_000_000)]).stream().pipeThrough(new CompressionStream("gzip"));
  const gzip = new Uint8Array(await new Response(packed).arrayBuffer());
  const pieces = () => new Blob(["[".repeat(5_000_000)]).stream();
  const bodies: readonly [BodyInit, HeadersInit][] = [[new Uint8Array(5_000_000), {}], [pieces(), {}], [gzip, {
    "content-encoding": "gzip",
  }]];
  for (const path of ["index", "models/stuck/load", "models/stuck/unload"]) {
    const url = `${server.url}/v2/repository/${path}`;
    for (const [body, headers] of path === "index" ? bodies : bodies.slice(0, 1)) {
      const response = await fetch(url, { method: "POST", body, headers });
      deepStrictEqual([response.status, (await response.text()).includes("1048576 bytes")], [413, true]);
    }
    using half = await RawConnection.open(server.url);
    await half.send(`POST /v2/repository/${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{`);
    strictEqual((await half.reply()).status, 408);
  }
});

Deno.test("REPOSITORY_PATHS wait for a model no longer than a request may take, and not for who has left", async () => {
  await using server = await served({ requestTimeoutMs: 100 });
  const url = `${server.url}/v2/repository/models/stuck/load`;
  const leaving = new AbortController();
  const left = rejects(fetch(url, { method: "POST", signal: leaving.signal }), /abort/);
  await Stuck.begun.promise;
  leaving.abort();
  await left;
  const response = await fetch(url, { method: "POST" });
  deepStrictEqual([response.status, (await response.json()).error], [
    504,
    'Cannot wait longer for loading model "stuck": 100 ms are over; it is still being loaded: ask the index',
  ]);
  Stuck.go.resolve();
});

Deno.test("REPOSITORY_PATHS give up what other processes do where nobody waits for it, and tell whether it had begun", async () => {
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  const givenUp: string[] = [];
  const changeEverywhere = (name: string, act: "load" | "unload") => {
    const { promise: done, reject } = Promise.withResolvers<void>();
    return {
      done,
      giveUp(): Promise<boolean> {
        givenUp.push(`${act} ${name}`);
        reject(new StatusError(504, "Nobody waited for it")); // as WorkerChanges do
        if (givenUp.length === 2) leave();
        return Promise.resolve(false);
      },
    };
  };
  {
    await using server = await served({ requestTimeoutMs: 100 }, { changeEverywhere });
    const response = await fetch(`${server.url}/v2/repository/models/stuck/unload`, { method: "POST" });
    deepStrictEqual([response.status, (await response.json()).error], [
      504,
      'Cannot wait longer for unloading model "stuck": 100 ms are over; ' +
      "it has not begun, since another change of the model is under way, and never will",
    ]);
  }
  const lines = Promise.withResolvers<string>();
  const tell = (line: string) =>
    line.startsWith("POST") || line.startsWith("Answered") ? lines.resolve(line) : undefined;
  const log = { debug() {}, info: tell, warn() {}, error: tell };
  await using server = await served({}, { changeEverywhere, log, telemetry: await openTelemetry({ accessLog: log }) });
  const leaving = new AbortController();
  const url = `${server.url}/v2/repository/models/stuck/load`;
  const asked = rejects(fetch(url, { method: "POST", signal: leaving.signal }), /abort/);
  setTimeout(() => leaving.abort(), 50);
  await Promise.all([asked, left]);
  deepStrictEqual(givenUp, ["unload stuck", "load stuck"]);
  strictEqual(await lines.promise, "POST /v2/repository/models/stuck/load 499");
});

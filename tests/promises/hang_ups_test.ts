/** A client that hangs up stops the work: over a socket, for every kind of step that there is. */

import { deepStrictEqual } from "node:assert/strict";
import { join } from "node:path";
import {
  aggregateByKey,
  assertEvents,
  batch,
  CATALOGUE,
  choice,
  choiceByField,
  collector,
  concurrent,
  type Context,
  dateExtractor,
  dropFields,
  extend,
  filter,
  flatMap,
  flatten,
  forEach,
  imputer,
  joinWithTable,
  map,
  mapValues,
  mapWithState,
  merge,
  modelRouter,
  modelRunner,
  ModelServer,
  oneHotEncoder,
  parallel,
  parallelRun,
  partition,
  queryByKey,
  queue,
  reifyMetadata,
  remote,
  remoteBatch,
  RemoteModel,
  rename,
  sampleWindow,
  serving,
  type ServingFunction,
  setEventMetadata,
  shadow,
  validator,
  votingEnsemble,
  weightedRouter,
  writeCsv,
  writeJsonLines,
  writeParquet,
  writeSql,
} from "levada";
import { serveBytes } from "../support/loopback.ts";
import { RawConnection } from "../support/raw_http.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };
const BODY = { user: "ana", n: 1, at: "2026-01-01T00:00:00Z", color: "red", to: "wait", list: [1, 2], inputs: [1] };

type Body = typeof BODY;
type Fn = (body: unknown, context: Context) => unknown;

/** What a graph is built with. */
interface Tools {
  /** Waits until it is told to stop, and tells that it was. */
  readonly wait: Fn;
  readonly folder: string;
}

/** Any ready step, as a function: what its neighbours are is the test's to know. */
function plain(step: unknown): Fn {
  return step as Fn;
}

/** The step itself, or its code, waits. */
const WITHIN: Readonly<Record<string, (tools: Tools) => unknown>> = {
  concurrent: ({ wait }) => concurrent((body: object, context) => wait(body, context), { maxInFlight: 2 }),
  extend: ({ wait }) => extend(async (body: object, context) => ({ waited: await wait(body, context) })),
  filter: ({ wait }) => filter(async (body: object, context) => await wait(body, context) === true),
  flatMap: ({ wait }) => flatMap(async (body: object, context) => [await wait(body, context)]),
  forEach: ({ wait }) => forEach((body: object, context) => wait(body, context)),
  map: ({ wait }) => map((body: object, context) => wait(body, context)),
  parallel: ({ wait }) => parallel({ one: (body: object, context) => wait(body, context), two: () => 2 }),
};

/** The event goes through the step, and the work behind it has to stop. */
const BEHIND: Readonly<Record<string, (tools: Tools) => unknown>> = {
  aggregateByKey: () =>
    aggregateByKey({
      key: () => "ana",
      time: () => BODY.at,
      aggregations: [{ name: "n", value: () => 1, operations: ["count"], windows: ["1h"], period: "10m" }],
    }),
  assertEvents: () => assertEvents({ each: () => true }),
  batch: () => batch({ maxEvents: 1 }),
  choice: () => choice(() => "wait"),
  choiceByField: () => choiceByField<{ to: string }>("to"),
  dateExtractor: () => dateExtractor<Body, "hour", "at">({ column: "at", parts: ["hour"] }),
  dropFields: () => dropFields<Body, ["color"]>("color"),
  imputer: () => imputer({ columns: { n: 1 } }),
  joinWithTable: () => joinWithTable("users", { key: "user" }),
  mapValues: () => mapValues<Body, object>({ color: { values: { red: 1 } } }),
  mapWithState: () => mapWithState(() => 0, (body: object, n) => [body, n + 1], { key: () => "k" }),
  oneHotEncoder: () => oneHotEncoder({ color: ["red"] }),
  partition: () => partition(() => true),
  queryByKey: () => queryByKey(["city"], { key: "user", table: "users" }),
  queue: () => queue({ capacityEvents: 4 }),
  reifyMetadata: () => reifyMetadata({ id: "id" }),
  rename: () => rename({ color: "colour" }),
  sampleWindow: () => sampleWindow({ windowEvents: 2, emit: "first" }),
  setEventMetadata: () => setEventMetadata({ keyPath: "user" }),
  validator: () => validator({ n: { min: 0 } }),
  writeCsv: ({ folder }) => writeCsv({ path: join(folder, "a.csv"), columns: ["n"], maxEvents: 1 }),
  writeJsonLines: ({ folder }) => writeJsonLines({ path: join(folder, "a.jsonl") }),
  writeParquet: ({ folder }) => writeParquet({ path: join(folder, "parts/"), columns: ["n"], maxEvents: 1 }),
  writeSql: ({ folder }) => writeSql({ database: join(folder, "a.db"), table: "t", columns: ["n"], maxEvents: 1 }),
};

/** Graphs of their own. */
const SPECIAL: Readonly<Record<string, (fn: ServingFunction, tools: Tools) => void>> = {
  collector(fn, { wait }) {
    fn.setTopology("flow").to("count", function* () {
      yield 1;
      yield 2;
    }).to("all", collector()).to("wait", wait).respond();
  },
  flatten(fn, { wait }) {
    fn.setTopology("flow").to("list", () => [1]).to("items", flatten<number>()).to("wait", wait).respond();
  },
  merge(fn, { wait }) {
    const graph = fn.setTopology("flow");
    const start = graph.to("start", (body: object) => body);
    graph.after(start.to("a", (body) => body), start.to("b", (body) => body)).to("join", merge()).to("wait", wait)
      .respond();
  },
  modelRouter(fn, { wait }) {
    fn.setTopology("flow").to("router", modelRouter()).respond().addRoute("m", modelThat(wait));
  },
  modelRunner(fn, { wait }) {
    fn.setTopology("flow").to("same", (body: object) => body).to("runner", modelRunner()).respond().addRoute("m", wait);
  },
  parallelRun(fn, { wait }) {
    fn.setTopology("flow").to("same", (body: object) => body).to("run", parallelRun()).respond().addRoute("m", wait);
  },
  shadow(fn, { wait }) {
    fn.setTopology("flow").to("same", (body: object) => body).to("shadowed", shadow("new")).respond()
      .addRoute("m", modelThat(wait)).addRoute("new", modelThat(() => [1]));
  },
  weightedRouter(fn, { wait }) {
    fn.setTopology("flow").to("same", (body: object) => body).to("canary", weightedRouter({ m: 100 })).respond()
      .addRoute("m", wait);
  },
  votingEnsemble(fn, { wait }) {
    const vote = votingEnsemble({ voteType: "regression" });
    fn.setTopology("flow").to("vote", vote).respond().addRoute("m", modelThat(wait));
  },
  "a function": (fn, { wait }) => void fn.setTopology("flow").to("wait", wait).respond(),
  "a class"(fn, { wait }) {
    class Waits {
      do(body: unknown, context: Context): unknown {
        return wait(body, context);
      }
    }
    fn.setTopology("flow").to("wait", Waits).respond();
  },
  "a function with retries and a time limit"(fn, { wait }) {
    fn.setTopology("flow").to("wait", wait, { retries: 3, timeoutMs: 60_000 }).respond();
  },
  "an error handler"(fn, { wait }) {
    fn.setTopology("flow").to("fail", () => {
      throw new Error("no");
    }).respond().errorHandler("wait", wait as (body: unknown) => unknown);
  },
  "a generator before its first chunk"(fn, { wait }) {
    fn.setTopology("flow").to("stream", async function* (body: unknown, context: Context) {
      yield await wait(body, context);
    }).respond();
  },
};

/** A model that waits. */
function modelThat(wait: Fn) {
  return class extends ModelServer {
    predict(request: unknown, context?: Context): unknown {
      return wait(request, context!);
    }
  };
}

/** Kinds that no caller waits behind, or whose work is somewhere else. */
const OTHERWISE: Readonly<Record<string, string>> = {
  reduce: "it answers when the flow closes, so no caller waits behind it",
  remote: "a test of its own below",
  remoteBatch: "a test of its own below",
};

/** Serves a function, sends a request, hangs up when the work has begun, and resolves when it has stopped. */
async function hangUp(build: (fn: ServingFunction, tools: Tools) => void): Promise<void> {
  await using folder = await temporaryFolder();
  const [begun, stopped] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const wait: Fn = (_body, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        stopped.resolve();
        reject(signal.reason);
      });
      begun.resolve();
    });
  const fn = serving("hung").addTable("users", { ana: { city: "Funchal" } });
  build(fn, { wait, folder: folder.path });
  await using server = await fn.serve({ port: 0, log });
  const client = await send(server.url);
  await begun.promise;
  client[Symbol.dispose]();
  await stopped.promise;
}

/** How a request comes. */
interface Coming {
  /** So many letters more in its body. Default 0. */
  readonly more?: number;
  /** Its body comes when its head has been read. Default false. */
  readonly isApart?: boolean;
  readonly tls?: { readonly cert: string; readonly key: string };
}

async function send(url: string, { more = 0, isApart = false, tls }: Coming = {}): Promise<RawConnection> {
  const client = await RawConnection.open(url, tls);
  const body = JSON.stringify({ ...BODY, more: "a".repeat(more) });
  const head = "POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
  await client.send(`${head}Content-Length: ${body.length}\r\n\r\n${isApart ? "" : body}`);
  if (isApart) {
    await new Promise((go) => setTimeout(go, 50)); // so that the server reads it apart
    await client.send(body);
  }
  return client;
}

Deno.test("a client that hangs up stops the work of every kind of step", async (t) => {
  for (const [kind, make] of Object.entries(WITHIN)) {
    await t.step(
      `within ${kind}`,
      () => hangUp((fn, tools) => void fn.setTopology("flow").to("step", plain(make(tools))).respond()),
    );
  }
  for (const [kind, make] of Object.entries(BEHIND)) {
    await t.step(
      `behind ${kind}`,
      () =>
        hangUp((fn, tools) =>
          void fn.setTopology("flow").to("step", plain(make(tools))).to("wait", tools.wait).respond()
        ),
    );
  }
  for (const [what, build] of Object.entries(SPECIAL)) await t.step(what, () => hangUp(build));
  const known = new Set([WITHIN, BEHIND, SPECIAL, OTHERWISE].flatMap((kinds) => Object.keys(kinds)));
  deepStrictEqual([...CATALOGUE.keys()].filter((kind) => !known.has(kind)), [], "kinds that nobody thought of");
});

Deno.test("a client that hangs up stops the work, however large its request is and however it comes", async (t) => {
  const cert = await Deno.readTextFile(new URL("../support/loopback_cert.pem", import.meta.url));
  const key = await Deno.readTextFile(new URL("../support/loopback_key.pem", import.meta.url));
  const ports: Record<string, { tls?: { cert: string; key: string; clientCa?: string }; hostname?: string }> = {
    "the plain port": {},
    "the plain port of version 6": { hostname: "::1" },
    "every address": { hostname: "0.0.0.0" },
    TLS: { tls: { cert, key } },
    "client certificates": { tls: { cert, key, clientCa: cert } },
  };
  const comings: Record<string, Coming> = {
    "a body of a few bytes, apart from its head": { isApart: true },
    "a body of 1 kB": { more: 1_000 },
    "a body of 1 kB, apart from its head": { more: 1_000, isApart: true },
    "a body of 3 MB": { more: 3_000_000 },
  };
  for (const [port, options] of Object.entries(ports)) {
    for (const [what, coming] of Object.entries(comings)) {
      await t.step(`${port}: ${what}`, async () => {
        const [begun, stopped] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        const fn = serving("hung");
        fn.setTopology("flow").to("wait", (_body: unknown, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => {
              stopped.resolve();
              reject(signal.reason);
            });
            begun.resolve();
          })).respond();
        await using server = await fn.serve({ port: 0, log, ...options });
        const client = await send(server.url, {
          ...coming,
          ...options.tls === undefined ? {} : { tls: { cert, key } },
        });
        await begun.promise;
        client[Symbol.dispose]();
        await stopped.promise;
      });
    }
  }
});

Deno.test("a client that waits for its answer, and asks again on the same connection, is not taken for one who left", async () => {
  const fn = serving("patient");
  const signals: AbortSignal[] = [];
  fn.setTopology("flow").to("wait", async (_body: unknown, { signal }) => {
    signals.push(signal);
    await new Promise((go) => setTimeout(go, 1_200)); // looked at some four times
    return "done";
  }).respond();
  await using server = await fn.serve({ port: 0, log });
  for (let n = 0; n < 2; n++) {
    const response = await fetch(server.url, { method: "POST", body: JSON.stringify({ more: "a".repeat(1_000) }) });
    deepStrictEqual([response.status, await response.text()], [200, "done"]);
  }
  deepStrictEqual(signals.map(({ aborted }) => aborted), [false, false]);
});

Deno.test("a client that hangs up ends the requests of remote steps to others", async () => {
  const builds: ((fn: ServingFunction, url: string) => void)[] = [
    (fn, url) => fn.setTopology("flow").to("ask", plain(remote({ url, method: "POST" }))).respond(),
    (fn, url) =>
      fn.setTopology("flow").to("list", (body: object) => [body]).to("ask", plain(remoteBatch({ url, method: "POST" })))
        .respond(),
  ];
  for (const build of builds) {
    await using service = serveBytes("", { closes: false });
    const fn = serving("remote");
    build(fn, service.url);
    await using server = await fn.serve({ port: 0, log });
    const client = await send(server.url);
    await service.asked;
    client[Symbol.dispose]();
    await service.hungUp;
  }
});

Deno.test("a client that hangs up stops a model of another server", async () => {
  const [begun, stopped] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const wait: Fn = (_body, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        stopped.resolve();
        reject(signal.reason);
      });
      begun.resolve();
    });
  await using far = await serving("far").addModel("m", modelThat(wait)).serve({ port: 0, log });
  await using near = await serving("near").addModel("m", RemoteModel, { url: far.url }).serve({ port: 0, log });
  const client = await send(near.url);
  await begun.promise;
  client[Symbol.dispose]();
  await stopped.promise;
});

Deno.test("a client that hangs up in the midst of a streamed reply stops the generator", async () => {
  const stopped = Promise.withResolvers<void>();
  const fn = serving("streamed");
  fn.setTopology("flow").to("stream", async function* () {
    try {
      for (let n = 0;; n++) yield await Promise.resolve(`${n}\n`.repeat(1_000));
    } finally {
      stopped.resolve();
    }
  }).respond();
  await using server = await fn.serve({ port: 0, log });
  const response = await fetch(server.url, { method: "POST", body: "1" });
  const reader = response.body!.getReader();
  await reader.read();
  await reader.cancel();
  await stopped.promise;
});

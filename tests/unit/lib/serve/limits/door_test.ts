import { deepStrictEqual, match, strictEqual, throws } from "node:assert/strict";
import { type InferRequest, modelRouter, ModelServer, type ServerLimits, serving } from "levada";
import { testClock } from "levada/testing";
import { ReplyStream } from "../../../../../lib/flow/reply_stream.ts";
import { Door } from "../../../../../lib/serve/limits/door.ts";
import { allLimits } from "../../../../../lib/serve/limits/server_limits.ts";
import { RawConnection } from "../../../../support/raw_http.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };
const JSON_TYPE = { "content-type": "application/json" };

/** Answers when it is told to. */
class Slow extends ModelServer {
  static begun = 0;
  static go = Promise.withResolvers<void>();
  static onBegin = () => {};

  static reset(): void {
    Slow.begun = 0;
    Slow.go = Promise.withResolvers<void>();
  }

  /** Resolves when so many requests are being worked on. */
  static async working(count: number): Promise<void> {
    while (Slow.begun < count) await new Promise<void>((begun) => Slow.onBegin = begun);
  }

  async predict({ inputs }: InferRequest): Promise<unknown[]> {
    Slow.begun += 1;
    Slow.onBegin();
    await Slow.go.promise;
    return [...inputs];
  }
}

class Quick extends ModelServer {
  predict({ inputs }: InferRequest): number[] {
    return inputs.map((input) => JSON.stringify(input).length);
  }
}

async function serveTwo(limits: ServerLimits) {
  Slow.reset();
  const fn = serving("two");
  fn.setTopology("router", modelRouter()).addRoute("slow", Slow).addRoute("quick", Quick);
  return await fn.serve({ port: 0, log, limits });
}

function ask(url: string, model: string, inputs: unknown[] = [1]): Promise<Response> {
  return fetch(`${url}/v2/models/${model}/infer`, {
    method: "POST",
    body: JSON.stringify({ inputs }),
    headers: JSON_TYPE,
  });
}

async function told(
  response: Response | Promise<Response>,
): Promise<[status: number, retryAfter: string | null, error: string]> {
  const { status, headers, ...rest } = await response;
  const { error } = await (await response).json();
  void rest;
  return [status, headers.get("retry-after"), error];
}

Deno.test("Door lets a slow model's requests fill its own room only: the quick one answers meanwhile", async () => {
  await using server = await serveTwo({ maxConcurrent: 4, maxQueued: 8 });
  const slow = Array.from({ length: 6 }, () => ask(server.url, "slow")); // two work, four wait
  await Slow.working(2);
  const fat = "x".repeat(1_000_000);
  slow.push(); // nothing more
  for (let n = 0; n < 10; n++) deepStrictEqual((await (await ask(server.url, "quick")).json()).outputs, [1]);
  deepStrictEqual((await (await ask(server.url, "quick", [fat])).json()).outputs, [1_000_002]);
  strictEqual(Slow.begun, 2);
  Slow.go.resolve();
  for (const response of slow) strictEqual((await (await response).json()).outputs[0], 1);
});

Deno.test("Door answers 503 at once, with Retry-After, where too many wait for one model, and health all the while", async () => {
  await using server = await serveTwo({
    maxConcurrent: 2,
    maxConcurrentPerModel: 1,
    maxQueued: 4,
    maxQueuedPerModel: 1,
  });
  const first = ask(server.url, "slow");
  await Slow.working(1);
  const answers = [ask(server.url, "slow"), ask(server.url, "slow"), ask(server.url, "slow")];
  const refused = await Promise.any(
    answers.map(async (answer) => (await answer).status === 503 ? told(answer) : Promise.reject()),
  );
  deepStrictEqual(refused, [503, "1", 'Cannot take a request for model "slow": too many wait already']);
  strictEqual(await (await fetch(`${server.url}/ready`)).text(), '{"ready":true}');
  deepStrictEqual((await (await ask(server.url, "quick")).json()).outputs, [1]);
  Slow.go.resolve();
  const statuses = await Promise.all([first, ...answers].map(async (answer) => {
    const response = await answer;
    if (!response.bodyUsed) await response.body?.cancel();
    return response.status;
  }));
  deepStrictEqual(statuses.sort(), [200, 200, 503, 503]);
});

Deno.test("Door answers 503 to who has waited too long, and 504 to what takes too long", async () => {
  await using server = await serveTwo({ maxConcurrent: 1, queueTimeoutMs: 20, requestTimeoutMs: 200 });
  const first = ask(server.url, "slow");
  await Slow.working(1);
  deepStrictEqual(await told(ask(server.url, "quick")), [
    503,
    "1",
    "Cannot take the request: its turn has not come after 20 ms",
  ]);
  deepStrictEqual(await told(first), [
    504,
    null,
    "The event has no answer after 200 ms, the time that graph or server give it",
  ]);
  Slow.go.resolve();
});

Deno.test("Door refuses a body that is too large: before it is read where its length is told, else as it comes", async () => {
  await using server = await serveTwo({ bodyLimitBytes: 1_000 });
  const head = "POST /v2/models/quick/infer HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
  using told = await RawConnection.open(server.url);
  await told.send(`${head}Content-Length: 1000000000000\r\n\r\n`);
  const { status, body } = await told.reply();
  deepStrictEqual([status, JSON.parse(body).error], [413, "Cannot take the body: it has more than 1000 bytes"]);
  using chunked = await RawConnection.open(server.url);
  await chunked.send(`${head}Transfer-Encoding: chunked\r\n\r\n`);
  for (let n = 0; n < 3; n++) await chunked.send(`190\r\n${"1".repeat(400)}\r\n`);
  strictEqual((await chunked.reply()).status, 413);
  strictEqual((await ask(server.url, "quick").then((response) => response.json())).outputs[0], 1);
});

Deno.test("Door answers 408 to a body that never comes, and holds no others up for it", async () => {
  await using server = await serveTwo({ bodyTimeoutMs: 30, maxConcurrent: 1 });
  const head = "POST /v2/models/quick/infer HTTP/1.1\r\nHost: x\r\n";
  for (const form of ["Content-Length: 10\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"]) {
    using slow = await RawConnection.open(server.url);
    await slow.send(head + form);
    const reply = slow.reply();
    deepStrictEqual((await (await ask(server.url, "quick")).json()).outputs, [1]);
    const { status, body } = await reply;
    deepStrictEqual([status, JSON.parse(body).error], [
      408,
      "Cannot read the request's body: it has not come after 30 ms",
    ]);
  }
});

Deno.test("Door refuses bodies that are too large all together, and packed ones by what they may become", async () => {
  await using server = await serveTwo({ bodyLimitBytes: 100_000, bodiesLimitBytes: 150_000, bodyTimeoutMs: 60_000 });
  using slow = await RawConnection.open(server.url);
  await slow.send(
    "POST /v2/models/quick/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n".padEnd(99_999, "1"),
  );
  const big = () => ask(server.url, "quick", ["x".repeat(60_000)]);
  let [status, , error] = await told(big()).catch(() => [200, null, ""] as const);
  while (status === 200) [status, , error] = await told(big()).catch(() => [200, null, ""] as const);
  match(`${status} ${error}`, /^503 Cannot take the body: bodies of \d+ bytes are being worked on$/);
  slow[Symbol.dispose]();
  const bomb = new Blob(["0".repeat(50_000_000)]).stream().pipeThrough(new CompressionStream("gzip"));
  const response = await fetch(`${server.url}/v2/models/quick/infer`, {
    method: "POST",
    body: new Uint8Array(await new Response(bomb).arrayBuffer()),
    headers: { ...JSON_TYPE, "content-encoding": "gzip" },
  });
  match(`${response.status} ${await response.text()}`, /^413 .*unpacked it has more than 100000 bytes/);
});

Deno.test("Door counts bodies as they come: who promises much and sends nothing takes no room", async () => {
  await using server = await serveTwo({ bodyLimitBytes: 100_000, bodiesLimitBytes: 150_000, bodyTimeoutMs: 60_000 });
  using promising = new DisposableStack();
  for (let n = 0; n < 16; n++) {
    const connection = promising.use(await RawConnection.open(server.url));
    await connection.send("POST /v2/models/quick/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{");
  }
  for (let n = 0; n < 16; n++) {
    deepStrictEqual((await (await ask(server.url, "quick", ["x".repeat(60_000)])).json()).outputs, [60_002]);
  }
});

Deno.test("Door answers 414 to a URL that is too long, for the server's own paths too", async () => {
  await using server = await serveTwo({ urlLimitCharacters: 200 });
  for (const path of ["/v2/models/quick/infer", "/live"]) {
    const response = await fetch(`${server.url}${path}?${"q".repeat(200)}`);
    strictEqual(response.status, 414);
    await response.body?.cancel();
  }
});

Deno.test("Door forgets a caller who leaves while waiting", async () => {
  await using server = await serveTwo({ maxConcurrent: 1 });
  const first = ask(server.url, "slow");
  await Slow.working(1);
  using leaver = await RawConnection.open(server.url);
  await leaver.send('POST /v2/models/slow/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 14\r\n\r\n{"inputs":[1]}');
  const next = ask(server.url, "quick");
  leaver[Symbol.dispose]();
  Slow.go.resolve();
  await (await first).body?.cancel();
  deepStrictEqual((await (await next).json()).outputs, [1]);
});

Deno.test("allLimits() refuses what is no limit, naming it", () => {
  throws(() => allLimits({ maxConcurrent: 0 }), /Cannot limit maxConcurrent to 0: it is a number above 0/);
  throws(() => allLimits({ maxConcurrent: NaN }), /to NaN/);
  throws(() => allLimits({ maxCurrent: 1 } as ServerLimits), /Cannot limit "maxCurrent": limits are maxConcurrent, /);
  deepStrictEqual([
    allLimits({ maxConcurrent: 9 }).maxConcurrentPerModel,
    allLimits({ maxQueued: 3 }).maxQueuedPerModel,
  ], [5, 2]);
});

Deno.test("Door has no body read of who asks a router for a model that is not there", async () => {
  const fn = serving("some");
  fn.setTopology("router", modelRouter()).addRoute("quick:v1", Quick).addRoute("own", (body: unknown) => ({ body }));
  await using server = await fn.serve({ port: 0, log });
  for (const path of ["/v2/models/none/infer", "/v2/models/quick/versions/v2/infer", "/v2/models/constructor"]) {
    for (const headers of [`POST ${path} HTTP/1.1\r\n`, `POST / HTTP/1.1\r\nmlrun-event-path: ${path}\r\n`]) {
      using connection = await RawConnection.open(server.url);
      await connection.send(`${headers}Host: x\r\nContent-Length: 1000000\r\n\r\n{`);
      const { status, body } = await connection.reply();
      deepStrictEqual([status, JSON.parse(body).error.endsWith("available models are quick:v1, own")], [404, true]);
    }
  }
  for (const name of ["quick", "quick:v1", "quick/versions/v1", "%71uick"]) {
    deepStrictEqual((await (await ask(server.url, name)).json()).outputs, [1]);
  }
  deepStrictEqual(await (await ask(server.url, "own")).json(), { body: { inputs: [1] } });
});

Deno.test("Door gives a turn before a body is decoded", async () => {
  await using server = await serveTwo({ maxConcurrent: 1, queueTimeoutMs: 20 });
  const first = ask(server.url, "slow");
  await Slow.working(1);
  const broken = await fetch(`${server.url}/v2/models/quick/infer`, { method: "POST", body: "{", headers: JSON_TYPE });
  deepStrictEqual((await told(broken))[0], 503); // 400 if it had been read
  Slow.go.resolve();
  await (await first).body?.cancel();
});

Deno.test("Door bounds JSON by what becomes of it, whatever its type says and however it is packed", async () => {
  await using server = await serveTwo({ jsonLimitBytes: 2_000_000, bodiesLimitBytes: 20_000_000 });
  const post = async (body: BodyInit, headers: Record<string, string>) => {
    const url = `${server.url}/v2/models/quick/infer`;
    const response = await fetch(url, { method: "POST", body, headers: { "content-type": "", ...headers } });
    return `${response.status} ${await response.text()}`;
  };
  const json = (length: number) => new TextEncoder().encode(`{"inputs":[${"[],".repeat(length / 3)}[]]}`);
  for (const type of ["application/json", "text/plain", "application/octet-stream", ""]) {
    const headers = { "content-type": type };
    match(await post(json(2_100_000), headers), /^413 .*as JSON it has more than 2000000 bytes/);
    match(await post(json(1_800_000), headers), /^503 .*being worked on/);
    match(await post(json(900_000), headers), /^200 /);
  }
  const packed = new Blob([json(2_100_000)]).stream().pipeThrough(new CompressionStream("gzip"));
  const headers = { ...JSON_TYPE, "content-encoding": "gzip" };
  match(await post(new Uint8Array(await new Response(packed).arrayBuffer()), headers), /^413 .*as JSON/);
});

Deno.test("Door gives a model one room, however a request spells it", async () => {
  await using server = await serveTwo({ maxConcurrent: 4, maxConcurrentPerModel: 1, queueTimeoutMs: 20 });
  const first = ask(server.url, "slow");
  await Slow.working(1);
  const post = (path: string, headers: Record<string, string>, body: unknown) =>
    fetch(server.url + path, { method: "POST", body: JSON.stringify(body), headers: { ...JSON_TYPE, ...headers } });
  const body = { inputs: [1] };
  const spellings = [
    () => post("/v2/models/%73low/infer", {}, body),
    () => post("/v2/models//slow/infer", {}, body),
    () => post("/v2/models/quick/infer", { "mlrun-event-path": "/v2/models/slow/infer" }, body),
    () => post("/", {}, { ...body, model: "slow" }),
    () => post("/", { "content-type": "text/plain" }, { ...body, model: "slow" }),
    () => post("/", {}, body), // the first model
  ];
  for (const spelling of spellings) strictEqual((await told(spelling()))[0], 503);
  deepStrictEqual((await (await post("/", {}, { ...body, model: "quick" })).json()).outputs, [1]);
  deepStrictEqual((await (await ask(server.url, "quick")).json()).outputs, [1]);
  strictEqual(Slow.begun, 1);
  Slow.go.resolve();
  await (await first).body?.cancel();
});

Deno.test("Visit.lend() keeps the room until the stream has ended, whether it is read or not", async () => {
  const door = new Door(allLimits({ maxConcurrent: 1, queueTimeoutMs: 1_000 }), { clock: testClock() });
  const { signal } = new AbortController();
  const ends: ((stream: ReplyStream) => unknown)[] = [
    (stream) => stream.end(),
    (stream) => stream.giveUp(new Error("its time is over")),
    (stream) => stream.return(),
  ];
  for (const end of ends) {
    const streaming = door.visit({ url: "http://x/" }, "/");
    strictEqual(streaming.enter({ signal }), undefined);
    const stream = new ReplyStream(() => {});
    stream.push("nobody reads this", () => {});
    streaming.lend(stream);
    streaming.close(); // the request is answered: the reply goes on
    const next = door.visit({ url: "http://x/" }, "/");
    const turn = next.enter({ signal });
    strictEqual(turn instanceof Promise, true);
    deepStrictEqual([door.waiting, streaming.isInTheWay, next.isInTheWay], [1, true, false]);
    end(stream);
    await turn;
    deepStrictEqual([streaming.isInTheWay, next.isInTheWay], [false, false]);
    next.close();
  }
});

Deno.test("Door counts a stream among the requests that are worked on until its last chunk is made", async () => {
  const last = Promise.withResolvers<void>();
  const fn = serving("streaming");
  fn.setTopology("flow").to("stream", async function* (_body: unknown) {
    yield "first";
    await last.promise;
    yield "last";
  }).respond();
  await using server = await fn.serve({ port: 0, log, limits: { maxConcurrent: 1, queueTimeoutMs: 20 } });
  const streaming = await fetch(server.url, { method: "POST", body: "1" });
  const refused = await fetch(server.url, { method: "POST", body: "1" });
  last.resolve();
  await refused.body?.cancel();
  strictEqual(refused.status, 503);
  strictEqual(await streaming.text(), "firstlast");
  strictEqual(await (await fetch(server.url, { method: "POST", body: "1" })).text(), "firstlast");
});

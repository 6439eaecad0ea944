/** Who asks by gRPC and does not read what comes takes nothing from the others for longer than the limits say: over HTTP/2 without a window. */

import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { once } from "node:events";
import http2 from "node:http2";
import { ModelServer, type ServerLimits, serving, Tensor, type TensorRequest } from "levada";
import { loadWire } from "../../lib/serve/grpc/wire.ts";

const WIRE = await loadWire();
const log = { debug() {}, info() {}, error() {}, warn: (message: string) => void warnings.push(message) };
const warnings: string[] = [];
const MANY = 250_000;
const MEBIBYTE = 2 ** 20;
const NO_WINDOW = 10;

/** How many endless streams have begun and ended, and who waits to hear of that. */
class Streams {
  static begun = 0;
  static ended = 0;
  static onChange = () => {};

  static async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((change) => Streams.onChange = change);
  }
}

class Endless extends ModelServer {
  async *predict(): AsyncGenerator<number[]> {
    Streams.begun += 1;
    Streams.onChange();
    try {
      for (;;) yield await Promise.resolve([1, 2, 3]);
    } finally {
      Streams.ended += 1;
      Streams.onChange();
    }
  }
}

class Fat extends ModelServer {
  predict(): number[] {
    return [];
  }

  override predictTensors({ inputs }: TensorRequest): Tensor[] {
    const first = Number(inputs[0]!.data[0]);
    return [Tensor.from("y", Array.from({ length: MANY }, (_, i) => first + i), "INT32")];
  }
}

async function serve(limits: ServerLimits) {
  Streams.begun = Streams.ended = warnings.length = 0;
  const fn = serving("streams");
  fn.setTopology("router").addRoute("one", Endless).addRoute("two", Endless).addRoute("fat", Fat);
  return await fn.serve({ port: 0, grpcPort: 0, log, limits, graceMs: 1 });
}

function frame(model: string): Uint8Array {
  const writer = new WIRE.BinaryWriter().tag(1, 2).string(model).tag(5, 2).fork();
  writer.tag(1, 2).string("x").tag(2, 2).string("INT32").tag(3, 0).int64(1).join();
  const message = writer.tag(7, 2).bytes(new Uint8Array(new Int32Array([7]).buffer)).finish();
  const head = new DataView(new ArrayBuffer(5));
  head.setUint32(1, message.length);
  return Buffer.concat([new Uint8Array(head.buffer), message]);
}

/** One call on a connection of its own, whose reader has room for so many bytes that it has not read. */
class Call {
  readonly #connection: http2.ClientHttp2Session;
  readonly #stream: http2.ClientHttp2Stream;
  /** How the stream ends: the code, where it is broken off. */
  readonly broken: Promise<number>;

  constructor(port: number, { model, method, window }: { model: string; method: string; window: number }) {
    this.#connection = http2.connect(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: window } });
    this.#connection.on("error", () => {});
    this.#stream = this.#connection.request({
      ":method": "POST",
      ":path": `/inference.GRPCInferenceService/${method}`,
      "content-type": "application/grpc",
      te: "trailers",
    });
    this.#stream.on("error", () => {});
    this.broken = new Promise((resolve) => this.#stream.on("close", () => resolve(this.#stream.rstCode ?? 0)));
    this.#stream.end(frame(model));
  }

  /** The head of its reply: of one that has a message, or of one that has failed. */
  async head(): Promise<http2.IncomingHttpHeaders> {
    const [headers] = await once(this.#stream, "response");
    return headers;
  }

  /** Reads the reply to its end: its bytes, and what stands behind them. */
  async rest(): Promise<{ bytes: Buffer; trailers: http2.IncomingHttpHeaders }> {
    const trailers = once(this.#stream, "trailers");
    const parts: Buffer[] = [];
    this.#stream.on("data", (part: Buffer) => parts.push(part));
    const [read] = await trailers;
    return { bytes: Buffer.concat(parts), trailers: read };
  }

  [Symbol.dispose](): void {
    this.#connection.destroy();
  }
}

const stream = (port: number, model: string) =>
  new Call(port, { model, method: "ModelStreamInfer", window: NO_WINDOW });
const fat = (port: number, window: number) => new Call(port, { model: "fat", method: "ModelInfer", window });

/** Four streams, as many as there are turns, that nobody reads. */
async function openUnread(port: number): Promise<Call[]> {
  const unread = ["one", "two", "one", "two"].map((model) => stream(port, model));
  await Streams.until(() => Streams.begun === 4);
  return unread;
}

async function askByHttp(url: string): Promise<void> {
  const response = await fetch(`${url}/v2/models/fat/infer`, {
    method: "POST",
    body: JSON.stringify({ inputs: [{ name: "x", shape: [1], datatype: "INT32", data: [1] }] }),
  });
  const { outputs } = await response.json();
  deepStrictEqual([response.status, outputs?.[0].data.length], [200, MANY]);
}

const WAITED_FOR = "others wait for them";
const WAYS: Readonly<Record<string, ServerLimits>> = {
  "the time of a request is over": { requestTimeoutMs: 300, replyTimeoutMs: Infinity, queueTimeoutMs: 60_000 },
  "the time of a reader is over": { requestTimeoutMs: Infinity, replyTimeoutMs: 300 },
  [WAITED_FOR]: { requestTimeoutMs: Infinity, queueTimeoutMs: 1_000 },
};

for (const [when, limits] of Object.entries(WAYS)) {
  Deno.test(`streams by gRPC that nobody reads give their turns back when ${when}, and their steps stop`, async () => {
    await using server = await serve({ maxConcurrent: 4, maxConcurrentPerModel: 2, ...limits });
    const unread = await openUnread(server.grpcPort!);
    await askByHttp(server.url); // it waits for a turn: 503 if none came
    if (limits.replyTimeoutMs === Infinity) deepStrictEqual(warnings, []); // the flow's end alone gives the turn back
    const many = when === WAITED_FOR ? 1 : 4; // one turn is enough for the one who waits
    await Streams.until(() => Streams.ended >= many);
    for (const call of unread) call[Symbol.dispose]();
    await Streams.until(() => Streams.ended === 4); // those that nobody waited for, when their readers leave
  });
}

Deno.test("single replies in streams by gRPC that nobody reads keep no turn", async () => {
  await using server = await serve({ maxConcurrent: 2, replyTimeoutMs: Infinity, queueTimeoutMs: 300 });
  const model = { model: "fat", method: "ModelStreamInfer", window: NO_WINDOW };
  using one = new Call(server.grpcPort!, model);
  using other = new Call(server.grpcPort!, model);
  await Promise.all([one.head(), other.head()]);
  await askByHttp(server.url);
  deepStrictEqual(warnings, []);
});

Deno.test("by gRPC a call whose reader takes nothing breaks off as RESOURCE_EXHAUSTED, be it a stream or one reply, and the log tells", async () => {
  await using server = await serve({ replyTimeoutMs: 200 });
  using streamed = stream(server.grpcPort!, "one");
  using whole = fat(server.grpcPort!, NO_WINDOW);
  const { NGHTTP2_ENHANCE_YOUR_CALM } = http2.constants;
  deepStrictEqual(await Promise.all([streamed.broken, whole.broken]), [
    NGHTTP2_ENHANCE_YOUR_CALM,
    NGHTTP2_ENHANCE_YOUR_CALM,
  ]);
  await Streams.until(() => Streams.ended === 1);
  const told = "A reply broke off: its reader has taken nothing for 200 ms";
  deepStrictEqual(warnings, [told, told]);
});

Deno.test("by gRPC a reply is refused while too much waits for others' readers, with when to come again; not once they have left", async () => {
  await using server = await serve({ repliesLimitBytes: 1.5 * MEBIBYTE, replyTimeoutMs: Infinity });
  const unread = fat(server.grpcPort!, NO_WINDOW);
  strictEqual((await unread.head())["grpc-status"], undefined);
  using refused = fat(server.grpcPort!, MEBIBYTE);
  const head = await refused.head();
  strictEqual(head["grpc-status"], "14");
  strictEqual(head["grpc-retry-pushback-ms"], "1000");
  match(decodeURI(String(head["grpc-message"])), /^Cannot write the reply: replies of \d+ bytes wait to be read$/);
  unread[Symbol.dispose]();
  for (let status: unknown = "14"; status === "14";) { // until the server has heard that it left
    using call = fat(server.grpcPort!, MEBIBYTE);
    status = (await call.head())["grpc-status"];
    if (status === undefined) strictEqual((await call.rest()).trailers["grpc-status"], "0");
  }
  using read = fat(server.grpcPort!, MEBIBYTE); // what has been read counts no more
  strictEqual((await read.head())["grpc-status"], undefined);
  strictEqual((await read.rest()).trailers["grpc-status"], "0");
});

Deno.test("by gRPC a stream ends as UNAVAILABLE where too much waits to be read, and its step stops", async () => {
  await using server = await serve({ repliesLimitBytes: 10 });
  using refused = new Call(server.grpcPort!, { model: "one", method: "ModelStreamInfer", window: MEBIBYTE });
  strictEqual((await refused.head())["grpc-status"], "14");
  await Streams.until(() => Streams.ended === 1);
});

Deno.test("by gRPC a large reply comes whole, in pieces as small as its reader's room", async () => {
  await using server = await serve({});
  for (const window of [1_000, 65_535, 4 * MEBIBYTE]) {
    using call = fat(server.grpcPort!, window);
    const { bytes, trailers } = await call.rest();
    strictEqual(trailers["grpc-status"], "0");
    const data = bytes.subarray(-4 * MANY);
    const expected = Buffer.from(Int32Array.from({ length: MANY }, (_, i) => 7 + i).buffer);
    strictEqual(Buffer.compare(data, expected), 0);
  }
});

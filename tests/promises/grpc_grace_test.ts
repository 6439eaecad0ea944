/** A server that is asked to end answers the gRPC calls that it has accepted within its grace, and tells of those that it cuts off. */

import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { once } from "node:events";
import http2 from "node:http2";
import { type HttpServer, ModelServer, type ServerLimits, serving, Tensor } from "levada";
import { loadWire } from "../../lib/serve/grpc/wire.ts";
import { startServe } from "../support/serve_process.ts";

const WIRE = await loadWire();
const NO_WINDOW = 100;
const MANY = 1_000_000; // 4 MB
const BEYOND_LEAVING_MS = 1_300; // longer than connections have whose calls have ended

class Slow extends ModelServer {
  static onAsked = () => {};

  predict(): number[] {
    return [];
  }

  override async predictTensors(): Promise<Tensor[]> {
    Slow.onAsked();
    await new Promise((done) => setTimeout(done, BEYOND_LEAVING_MS));
    return [Tensor.from("y", [7], "INT32")];
  }
}

class Fat extends ModelServer {
  predict(): number[] {
    return [];
  }

  override predictTensors(): Tensor[] {
    return [Tensor.from("y", new Array(MANY).fill(1), "INT32")];
  }
}

class Endless extends ModelServer {
  async *predict(): AsyncGenerator<number[]> {
    for (;;) yield await Promise.resolve([1, 2, 3]);
  }
}

/** Never answers. */
class Stuck extends ModelServer {
  static onAsked = () => {};

  predict(): Promise<number[]> {
    Stuck.onAsked();
    return new Promise(() => {});
  }
}

const none = () => {};
const log = { debug: none, info: none, warn: none, error: none };

async function serve(graceMs: number, limits: ServerLimits = {}): Promise<HttpServer> {
  const fn = serving("graced");
  fn.setTopology("router").addRoute("slow", Slow).addRoute("fat", Fat).addRoute("endless", Endless).addRoute(
    "stuck",
    Stuck,
  );
  return await fn.serve({ port: 0, grpcPort: 0, graceMs, limits, log });
}

function frame(model: string): Buffer {
  const writer = new WIRE.BinaryWriter().tag(1, 2).string(model).tag(5, 2).fork();
  writer.tag(1, 2).string("x").tag(2, 2).string("INT32").tag(3, 0).int64(1).join();
  const message = writer.tag(7, 2).bytes(new Uint8Array(new Int32Array([7]).buffer)).finish();
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** A connection, whose streams have room for so many bytes that nobody has read. */
class Connection {
  readonly session: http2.ClientHttp2Session;
  readonly closed: Promise<void>;

  constructor(server: HttpServer, window = MANY * 8) {
    this.session = http2.connect(`http://127.0.0.1:${server.grpcPort}`, { settings: { initialWindowSize: window } });
    this.session.on("error", () => {});
    this.closed = new Promise((closed) => this.session.on("close", () => closed()));
  }

  call(method: "ModelInfer" | "ModelStreamInfer"): Call {
    return new Call(this.session, method);
  }

  /** Resolves when the server has all that was sent. */
  arrived(): Promise<void> {
    return new Promise((arrived) => this.session.ping(() => arrived()));
  }

  [Symbol.dispose](): void {
    this.session.destroy();
  }
}

class Call {
  readonly stream: http2.ClientHttp2Stream;
  readonly head: Promise<http2.IncomingHttpHeaders>;
  /** gRPC's status: in the head, behind the messages, or "none" where the stream ends without. */
  readonly status: Promise<string>;

  constructor(session: http2.ClientHttp2Session, method: string) {
    this.stream = session.request({
      ":method": "POST",
      ":path": `/inference.GRPCInferenceService/${method}`,
      "content-type": "application/grpc",
      te: "trailers",
    });
    this.stream.on("error", () => {});
    this.head = once(this.stream, "response").then(([headers]) => headers);
    this.head.catch(() => {});
    this.status = new Promise((told) => {
      const tell = (headers: http2.IncomingHttpHeaders) =>
        headers["grpc-status"] && told(String(headers["grpc-status"]));
      this.stream.on("response", tell);
      this.stream.on("trailers", tell);
      this.stream.on("close", () => told("none"));
    });
  }

  /** Reads what comes. */
  read(): this {
    this.stream.resume();
    return this;
  }
}

Deno.test("SIGTERM lets a gRPC call end, which takes longer than its connection has to leave, and the exit code is 0", async () => {
  const folder = await Deno.makeTempDir();
  const module = `${folder}/slow.ts`;
  await Deno.writeTextFile(
    module,
    `import { serving, ModelServer, Tensor } from ${JSON.stringify(import.meta.resolve("../../mod.ts"))};
class Slow extends ModelServer {
  predict() { return []; }
  async predictTensors() {
    console.log("asked");
    await new Promise((done) => setTimeout(done, ${BEYOND_LEAVING_MS}));
    return [Tensor.from("y", [7], "INT32")];
  }
}
export default serving("slow").addModel("slow", Slow);
`,
  );
  await using server = startServe([module, "--grpc-port", "0", "--grace", "20"]);
  const [, port] = await server.wrote(/gRPC on port (\d+)/);
  using connection = new Connection({ grpcPort: Number(port) } as HttpServer);
  const call = connection.call("ModelInfer").read();
  call.stream.end(frame("slow"));
  await server.wrote(/asked/);
  server.kill("SIGTERM");
  strictEqual(await call.status, "0");
  strictEqual(await server.code, 0, server.err());
  await Deno.remove(folder, { recursive: true });
});

/** A server with room for one call, and a connection on which one is under way. */
async function busy() {
  const server = await serve(20_000, { maxConcurrent: 1 });
  const connection = new Connection(server);
  const asked = new Promise<void>((done) => Slow.onAsked = done);
  const under = connection.call("ModelInfer").read();
  under.stream.end(frame("slow"));
  await asked;
  return { server, connection, under };
}

Deno.test("HttpServer.close() lets gRPC calls end: those under way, and those that wait for their turn", async () => {
  const { server, connection, under } = await busy();
  const waiting = connection.call("ModelInfer").read();
  waiting.stream.end(frame("fat"));
  const stream = connection.call("ModelStreamInfer").read();
  stream.stream.write(frame("fat"));
  await connection.arrived();
  const closed = server.close();
  deepStrictEqual(await Promise.all([under.status, waiting.status, stream.status]), ["0", "0", "14"]);
  strictEqual((await stream.head)["grpc-status"], undefined); // a reply, then that it takes no more
  await Promise.all([closed, connection.closed]);
});

Deno.test("HttpServer.close() lets a gRPC call end whose message is on its way, also where it waits for its turn then", async () => {
  const { server, connection, under } = await busy();
  const arriving = connection.call("ModelInfer").read();
  const message = frame("fat");
  arriving.stream.write(message.subarray(0, 20));
  await connection.arrived();
  const closed = server.close();
  await once(connection.session, "goaway");
  arriving.stream.end(message.subarray(20));
  deepStrictEqual(await Promise.all([under.status, arriving.status]), ["0", "0"]);
  await Promise.all([closed, connection.closed]);
});

Deno.test("HttpServer.close() tells how many gRPC replies it cut off, not read to their end", async () => {
  const server = await serve(200);
  using connection = new Connection(server, NO_WINDOW);
  const whole = connection.call("ModelInfer");
  whole.stream.end(frame("fat"));
  const [fat, endless] = [connection.call("ModelStreamInfer"), connection.call("ModelStreamInfer")];
  fat.stream.end(frame("fat"));
  endless.stream.end(frame("endless"));
  await Promise.all([whole.head, fat.head, endless.head]);
  await rejects(server.close(), ({ errors }: AggregateError) => {
    const told = errors.map(String);
    strictEqual(told.at(-1), "Error: 3 replies were cut off, not read to the end after 200 ms");
    return true;
  });
  for (const call of [whole, fat, endless]) strictEqual(await call.read().status, "none");
});

Deno.test("HttpServer.close() answers gRPC calls when the grace is over: what goes on, and whose message has not come", async () => {
  const server = await serve(200);
  using connection = new Connection(server);
  const asked = new Promise<void>((done) => Stuck.onAsked = done);
  const [stuck, half] = [connection.call("ModelInfer").read(), connection.call("ModelInfer").read()];
  const endless = connection.call("ModelStreamInfer").read();
  half.stream.write(frame("fat").subarray(0, 20));
  endless.stream.end(frame("endless"));
  stuck.stream.end(frame("stuck"));
  await Promise.all([asked, endless.head]);
  await rejects(server.close(), ({ errors }: AggregateError) => {
    deepStrictEqual(errors.map(String).filter((error) => error.includes("cut off")), []);
    match(errors.map(String).join(), /Step "modelRouter" had no answer for event \S+ and 1 more after \d+ ms/);
    return true;
  });
  deepStrictEqual(await Promise.all([stuck.status, half.status, endless.status]), ["14", "14", "14"]);
});

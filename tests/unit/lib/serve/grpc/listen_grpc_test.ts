import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import http2 from "node:http2";
import { connect } from "node:net";
import { type Flow, ModelServer, serving, Tensor, type TensorRequest } from "../../../../../mod.ts";
import { type GrpcListener, type GrpcListenOptions, listenGrpc } from "../../../../../lib/serve/grpc/listen_grpc.ts";
import { loadWire } from "../../../../../lib/serve/grpc/wire.ts";

const WIRE = await loadWire();

class Twice extends ModelServer {
  predict(): number[] {
    return [];
  }

  override predictTensors({ inputs }: TensorRequest): Tensor[] {
    return inputs.map(({ data }) => Tensor.from("y", Array.from(data as Float32Array, (value) => value * 2), "FP32"));
  }
}

/** A client of the library's: strangers' are in the conformance suite. */
interface Client {
  makeUnaryRequest(
    path: string,
    serialize: (message: Uint8Array) => Uint8Array,
    deserialize: (message: Uint8Array) => Uint8Array,
    message: Uint8Array,
    done: (error: { code: number; details: string } | null, reply: Uint8Array) => void,
  ): void;
  close(): void;
}

/** With `tls`, what it trusts, and what it shows of itself: key and certificate. */
async function connected(port: number, tls?: readonly Buffer[]): Promise<Client> {
  const name = "@grpc/grpc-js";
  const { Client, credentials } = (await import(name)).default;
  return new Client(
    `localhost:${port}`,
    tls === undefined ? credentials.createInsecure() : credentials.createSsl(...tls),
  );
}

function ask(client: Client, method: string, message: Uint8Array = new Uint8Array()): Promise<Uint8Array> {
  const bytes = (data: Uint8Array) => Buffer.from(data);
  return new Promise((resolve, reject) => {
    const path = method.startsWith("/") ? method : `/inference.GRPCInferenceService/${method}`;
    client.makeUnaryRequest(path, bytes, bytes, Buffer.from(message), (error, reply) => {
      if (error === null) resolve(reply);
      else reject(Object.assign(new Error(error.details), { code: error.code }));
    });
  });
}

async function served(options: GrpcListenOptions = {}): Promise<{ flow: Flow; listener: GrpcListener }> {
  const flow = await serving("listened").addModel("twice", Twice).start();
  const listener = await listenGrpc({ flow, state: "open", models: () => flow.models() }, { port: 0, ...options });
  return { flow, listener };
}

function request(model: string): Uint8Array {
  const writer = new WIRE.BinaryWriter().tag(1, 2).string(model).tag(5, 2).fork();
  writer.tag(1, 2).string("x").tag(2, 2).string("FP32").tag(3, 0).int64(2).join();
  return writer.tag(7, 2).bytes(new Uint8Array(new Float32Array([1, 2.5]).buffer)).finish();
}

Deno.test("listenGrpc() answers requests and health, and tells failures by gRPC's codes", async () => {
  const { flow, listener } = await served();
  const client = await connected(listener.port);
  try {
    const reply = Buffer.from(await ask(client, "ModelInfer", request("twice")));
    deepStrictEqual(new Float32Array(new Uint8Array(reply.subarray(-8)).buffer), new Float32Array([2, 5]));
    strictEqual(Buffer.from(await ask(client, "/grpc.health.v1.Health/Check")).toString("hex"), "0801");
    await rejects(ask(client, "ModelInfer", request("nobody")), { code: 5 });
    await rejects(ask(client, "ModelInfer", new Uint8Array([7])), { code: 3, message: /^Cannot read the request/ });
    await rejects(ask(client, "Nothing"), { code: 12 });
  } finally {
    client.close();
    await listener.close();
    await flow.close();
  }
});

Deno.test("listenGrpc() refuses a message that is longer than the limit", async () => {
  const { flow, listener } = await served({ messageLimitBytes: 1_000 });
  const client = await connected(listener.port);
  try {
    await rejects(ask(client, "ModelInfer", new Uint8Array(2_000)), { code: 8 });
    await ask(client, "ServerLive");
  } finally {
    client.close();
    await listener.close();
    await flow.close();
  }
});

Deno.test("listenGrpc() says so where the port is taken", async () => {
  const { flow, listener } = await served();
  await rejects(listenGrpc({ flow, state: "open", models: () => [] }, { port: listener.port }), /EADDRINUSE|in use/);
  await listener.close();
  await flow.close();
});

Deno.test("listenGrpc() closes connections beyond the limit, and others that say nothing when it closes", async () => {
  const { flow, listener } = await served({ connections: 1 });
  const [first, second] = [connect(listener.port, "127.0.0.1"), connect(listener.port, "127.0.0.1")];
  const ends = [first, second].map((socket) => {
    socket.on("error", () => {});
    socket.resume();
    return new Promise<void>((ended) => socket.on("close", () => ended()));
  });
  await Promise.race(ends); // one is closed at once
  await listener.close({ timeoutMs: 100 });
  await Promise.all(ends);
  await flow.close();
});

Deno.test("fn.serve({ grpcPort }) answers both, and closes both: what was asked before is answered", async () => {
  const { promise: asked, resolve: tellAsked } = Promise.withResolvers<void>();
  const { promise: go, resolve: goOn } = Promise.withResolvers<void>();
  const fn = serving("both");
  fn.setTopology("flow").to("slow", async () => {
    tellAsked();
    await go;
    return [1];
  }).respond();
  const server = await fn.serve({ port: 0, grpcPort: 0 });
  const client = await connected(server.grpcPort!);
  const reply = ask(client, "ModelInfer", request("any"));
  await asked;
  const closed = server.close();
  goOn();
  strictEqual(Buffer.from(await reply).includes("output"), true);
  client.close();
  await closed;
  Deno.listen({ port: server.grpcPort! }).close(); // it is free again
});

/** Fails, with a secret in its words. */
class Broken extends ModelServer {
  predict(): number[] {
    return [];
  }

  override predictTensors(): Tensor[] {
    throw new Error("no https://u:pw@h/");
  }
}

Deno.test("fn.serve({ grpcPort }) writes why a call failed, and tells it without secrets", async () => {
  const lines: unknown[] = [];
  const none = () => {};
  const error = (message: string, { step, status }: Record<string, unknown> = {}) =>
    lines.push([message, step, status]);
  const log = { debug: none, info: none, warn: none, error };
  const fn = serving("broken").addModel("broken", Broken);
  await using server = await fn.serve({ port: 0, grpcPort: 0, log });
  const client = await connected(server.grpcPort!);
  await rejects(ask(client, "ModelInfer", request("broken")), { code: 13, message: /no https:\/\/\*\*\*@h\// });
  await rejects(ask(client, "ModelInfer", request("nobody")), { code: 5 });
  client.close();
  strictEqual(lines.length, 1);
  match(String(lines[0]), /failed: .*no https:\/\/\*\*\*@h\/,\w+,500$/);
});

Deno.test("fn.serve({ grpcPort }) says that the port is taken before anything is loaded", async () => {
  const { flow, listener } = await served();
  const fn = serving("taken").addModel("twice", Twice);
  await rejects(fn.serve({ port: 0, grpcPort: listener.port }), {
    name: "ListenError",
    message: new RegExp(`^Cannot serve "taken" on 127\\.0\\.0\\.1:${listener.port}: another program listens there`),
  });
  await listener.close();
  await flow.close();
});

Deno.test("listenGrpc() speaks TLS, and asks for certificates of callers where it is to check them", async () => {
  const [cert, key] = await Promise.all(
    ["cert", "key"].map((part) =>
      Deno.readTextFile(new URL(`../../../../support/loopback_${part}.pem`, import.meta.url))
    ),
  ) as [string, string];
  const cases = [{ tls: { cert, key }, shows: [] }, {
    tls: { cert, key, ca: cert },
    shows: [Buffer.from(key), Buffer.from(cert)],
  }];
  for (const { tls, shows } of cases) {
    const { flow, listener } = await served({ tls });
    const client = await connected(listener.port, [Buffer.from(cert), ...shows]);
    strictEqual(Buffer.from(await ask(client, "ServerLive")).toString("hex"), "0801");
    client.close();
    strictEqual(await isGreeted(listener.port, cert), shows.length === 0);
    await listener.close();
    await flow.close();
  }
});

/** Whether a caller that shows no certificate is spoken to. */
async function isGreeted(port: number, cert: string): Promise<boolean> {
  using connection = await Deno.connectTls({ hostname: "localhost", port, caCerts: [cert], alpnProtocols: ["h2"] });
  try {
    await connection.write(new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"));
    return (await connection.read(new Uint8Array(100)) ?? 0) > 0;
  } catch {
    return false; // TLS says no, or the connection is gone
  }
}

Deno.test("listenGrpc() answers UNAUTHENTICATED to who may not ask, but for health", async () => {
  const { flow, listener } = await served({ mayAsk: () => false });
  const client = await connected(listener.port);
  try {
    await rejects(ask(client, "ModelInfer", request("twice")), { code: 16 });
    await rejects(ask(client, "ServerMetadata"), { code: 16 });
    strictEqual(Buffer.from(await ask(client, "/grpc.health.v1.Health/Check")).toString("hex"), "0801");
  } finally {
    client.close();
    await listener.close();
    await flow.close();
  }
});

Deno.test("fn.serve({ limits }) are gRPC's too: how much is held of all messages, and how long one may take to come", async () => {
  const fn = serving("limited").addModel("twice", Twice);
  const limits = { bodiesLimitBytes: 100_000, bodyTimeoutMs: 50 };
  const server = await fn.serve({ port: 0, grpcPort: 0, limits });
  const client = await connected(server.grpcPort!);
  await rejects(ask(client, "ModelInfer", new Uint8Array(500_000)), {
    code: 14,
    message: /^Cannot take the body: bodies of/,
  });
  strictEqual((await ask(client, "ModelInfer", request("twice"))).length > 0, true);
  client.close();
  for (const sent of ["the beginning", "all, but not that it is all"] as const) {
    strictEqual(await statusOfUnfinished(server.grpcPort!, sent), "14", sent);
  }
  await server.close();
});

/** gRPC's status for a message that does not end. */
async function statusOfUnfinished(
  port: number,
  sent: "the beginning" | "all, but not that it is all",
): Promise<unknown> {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  const call = session.request({
    ":method": "POST",
    ":path": "/inference.GRPCInferenceService/ModelInfer",
    "content-type": "application/grpc",
    te: "trailers",
  });
  call.write(Buffer.from([0, 0, 0, sent === "the beginning" ? 1 : 0, 3, 1, 2, 3])); // 259 bytes, or 3, and three of them
  const { promise, resolve } = Promise.withResolvers<unknown>();
  call.on("response", (headers) => resolve(headers["grpc-status"]));
  call.on("error", () => {});
  const timer = setTimeout(() => resolve("nothing in 10 s"), 10_000);
  const status = await promise;
  clearTimeout(timer);
  await new Promise<void>((closed) => {
    session.on("close", () => closed());
    session.destroy();
  });
  return status;
}

import { Buffer } from "node:buffer";
import { once } from "node:events";
import { type AddressInfo, createServer, type ListenOptions, type Server, type Socket } from "node:net";
import type { ServerView } from "../own/own_path.ts";
import { type GrpcCredentials, type GrpcRuntime, loadGrpc } from "./grpc_runtime.ts";
import { Closing } from "./closing.ts";
import { callLimits } from "./call_limits.ts";
import { OpenCalls } from "./open_calls.ts";
import { addServices } from "./service.ts";
import { loadWire } from "./wire.ts";

/** How gRPC is served. */
export interface GrpcListenOptions {
  /** Where to listen; default 127.0.0.1. */
  readonly hostname?: string | undefined;
  /** Default 9000; 0 takes one that is free. */
  readonly port?: number;
  /** Whether other processes may listen on the same port; needs Deno's `--unstable-net`. Default false. */
  readonly isShared?: boolean | undefined;
  /** PEM texts; with `ca`, callers must show a certificate that it signed. Default: no encryption. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string } | undefined;
  /** Whether who sends this as `authorization` may ask; health is everybody's to ask. Default: everybody may. */
  readonly mayAsk?: ((authorization: string | null) => boolean) | undefined;
  /** How long a message may be, unpacked. Default 64 MiB. */
  readonly messageLimitBytes?: number;
  /** How many calls may be under way on one connection; more wait at the client. Default 128. */
  readonly callsPerConnection?: number;
  /** How many connections may be open; more are closed at once. Default 1,024. */
  readonly connections?: number;
}

/** A port that is served. */
export interface GrpcListener {
  readonly hostname: string;
  readonly port: number;
  /** Takes no more calls; resolves when those under way have ended and the connections are closed. */
  stop(): Promise<void>;
  /** Breaks off the calls that go on, and closes the connections; tells how many calls that were. */
  cut(): number;
  /** Takes no more calls, waits for those under way, and cuts those off that are not done in time; default 30,000 ms. */
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
}

const MESSAGE_BYTES = 64 * 2 ** 20;
const CLOSE_MS = 30_000;
const LEAVE_MS = 1_000;
const IDLE_MS = 10 * 60_000; // a connection without a call for so long is closed; clients open another

/**
 * Serves the open inference protocol over gRPC.
 *
 * @throws {Error} If the port cannot be had.
 */
export async function listenGrpc(server: ServerView, options: GrpcListenOptions = {}): Promise<GrpcListener> {
  const [grpc, wire] = await Promise.all([loadGrpc(), loadWire()]);
  const limit = options.messageLimitBytes ?? MESSAGE_BYTES;
  const open = new OpenCalls();
  const calls = new grpc.Server({
    "grpc.max_receive_message_length": limit,
    "grpc.max_send_message_length": -1,
    "grpc.max_concurrent_streams": options.callsPerConnection ?? 128,
    "grpc.max_connection_idle_ms": IDLE_MS,
    "grpc.keepalive_time_ms": 60_000, // a peer that is gone without a word is found out
    "grpc.keepalive_timeout_ms": 20_000,
    "grpc.enable_channelz": 0,
    interceptors: [open.counter(), ...callLimits(server, grpc)],
  });
  const closing = new Closing();
  addServices(calls, { server, grpc, wire, closing, mayAsk: options.mayAsk });
  const injector = calls.createConnectionInjector(credentialsOf(grpc, options.tls));
  const port = new Port(options.connections ?? 1_024, (socket) => injector.injectConnection(socket));
  const { address, port: number } = await port.listen({
    host: options.hostname ?? "127.0.0.1",
    port: options.port ?? 9000,
    ...(options.isShared === true ? { reusePort: true } : {}),
  });
  let stopped: Promise<void> | undefined;
  const stop = () => stopped ??= shut();
  async function shut(): Promise<void> {
    port.stop();
    closing.ask();
    calls.tryShutdown(() => {}); // says GOAWAY; in Deno 2.9.6 it does not wait for the calls under way, which it lets go on
    await open.ended();
    await port.closed();
  }
  const cut = () => {
    const many = open.count;
    calls.forceShutdown();
    port.cut();
    return many;
  };
  return {
    hostname: address,
    port: number,
    stop,
    cut,
    async close({ timeoutMs = CLOSE_MS } = {}) {
      const timer = setTimeout(cut, timeoutMs);
      await stop();
      clearTimeout(timer);
    },
  };
}

function credentialsOf({ ServerCredentials }: GrpcRuntime, tls: GrpcListenOptions["tls"]): GrpcCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  // Empty, not null: else the roots that an environment variable names come in, and Deno asks every caller for a certificate of theirs.
  const ca = Buffer.from(tls.ca ?? "");
  const pair = { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) };
  return ServerCredentials.createSsl(ca, [pair], tls.ca !== undefined);
}

/** A port whose connections are counted. gRPC's own listening cannot share a port with other workers. */
class Port {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(most: number, take: (socket: Socket) => void) {
    this.#server = createServer({ noDelay: true }, (socket) => {
      socket.on("error", () => {}); // the calls on it are told
      if (this.#sockets.size >= most) {
        socket.destroy();
        return;
      }
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      take(socket);
    });
  }

  async listen(options: ListenOptions): Promise<AddressInfo> {
    this.#server.listen(options);
    await once(this.#server, "listening");
    return this.#server.address() as AddressInfo;
  }

  stop(): void {
    this.#server.close();
  }

  /** Waits until the connections are closed, whose calls have ended; those that go on are cut off. */
  async closed(): Promise<void> {
    if (this.#sockets.size > 0) {
      // Replies may still be on their way out: gRPC tells that its calls have ended, not that they have left.
      const timer = setTimeout(() => this.cut(), LEAVE_MS);
      for (const socket of [...this.#sockets]) if (socket.bytesRead === 0) socket.destroy();
      await Promise.all([...this.#sockets].map((socket) => once(socket, "close")));
      clearTimeout(timer);
    }
    if (this.#server.listening) await once(this.#server, "close");
  }

  /** Closes all connections now. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

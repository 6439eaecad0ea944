import { isA, ListenError } from "../../errors.ts";
import type { ServedModel } from "../../graph/served_model.ts";
import type { App } from "../app.ts";
import { answerHealth } from "../own/health_paths.ts";
import type { GrpcListener } from "../grpc/listen_grpc.ts";
import { checkTls } from "./check_tls.ts";
import { Drain } from "./drain.ts";
import { openPort, type Port, type TlsOptions } from "./open_port.ts";
import { portsOf, refuseNew } from "./shared_port.ts";

/** Where a server listens. */
export interface Address {
  /** A name or address of this machine; `0.0.0.0` is all of them. Default `127.0.0.1`: only this machine may ask. */
  readonly hostname?: string;
  /** 0 to 65535; 0 takes a free one. Default 8080. */
  readonly port?: number;
}

/** How a server listens. */
export interface ListenOptions extends Address {
  /** Who asks for the port, for messages. */
  readonly name: string;
  /** How long `close` waits for what has been accepted, in milliseconds. Default 30,000, the time that Kubernetes gives. */
  readonly graceMs?: number | undefined;
  /** Default: no encryption. */
  readonly tls?: TlsOptions | undefined;
  /** Whether other processes may listen on the same port; needs Deno's `--unstable-net`. Default false. */
  readonly sharesPort?: boolean | undefined;
  /** What serves gRPC beside it, and ends with it. Default: nothing. */
  readonly grpc?: GrpcListener | undefined;
}

const PORT = 8080;
const GRACE_MS = 30_000;
const LEAVING_MS = 300; // of a shared port: who asks again on a connection is told to leave it
const LOOK_MS = 10; // then until who has come to it is taken in
const LAST_WORDS_MS = 1_000; // what answers at the end of the grace take to be read

/** A function that listens on a port. Made by `fn.serve`; close it by `await using`, or by `close()`. */
export class HttpServer implements AsyncDisposable {
  /** Where it can be asked: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** The port that it has. */
  readonly port: number;
  /** The port where it answers gRPC; undefined where it does not. */
  readonly grpcPort: number | undefined;
  readonly #app: App;
  readonly #grpc: GrpcListener | undefined;
  readonly #port: Port;
  readonly #graceMs: number;
  readonly #isShared: boolean;
  #closed: Promise<void> | undefined;
  #late: ReturnType<typeof setTimeout> | undefined;

  /** Made by `listen`. */
  constructor(app: App, { port, graceMs, isSecure, isShared, grpc }: Listening) {
    this.url = `${isSecure ? "https" : "http"}://${urlHost(port.hostname)}:${port.port}`;
    this.port = port.port;
    this.grpcPort = grpc?.port;
    this.#app = app;
    this.#grpc = grpc;
    this.#port = port;
    this.#graceMs = graceMs;
    this.#isShared = isShared;
  }

  /** The models that its steps serve, in the order of the graph, each with how far it is. */
  models(): readonly ServedModel[] {
    return this.#app.view.models();
  }

  /** What its health paths answer, for who asks at another port. */
  answerHealth(request: Request): Response {
    return answerHealth(request, this.#app.view);
  }

  /**
   * Takes no more connections, answers what has been accepted, closes the function. A second call waits for the first.
   *
   * @throws {AggregateError} With what failed: what was given up in the function, and how many replies were cut off.
   * @param options `graceMs`: what is still under way after so many milliseconds is cut off; default: what the server was made with.
   */
  close({ graceMs = this.#graceMs }: { graceMs?: number } = {}): Promise<void> {
    return this.#closed ??= this.#close(graceMs);
  }

  async #close(graceMs: number): Promise<void> {
    const beganMs = performance.now();
    if (this.#isShared) await this.#leave(beganMs + graceMs / 2);
    this.#app.end(); // before the port reads no more
    const shut = this.#port.shutdown();
    const stopped = this.#grpc?.stop();
    const closed = this.#app.close({ timeoutMs: Math.max(1, Math.round(graceMs - (performance.now() - beganMs))) });
    await closed.catch(() => {});
    // Every request has its answer; who does not read it keeps nobody waiting.
    const leftMs = Math.max(LAST_WORDS_MS, graceMs - (performance.now() - beganMs));
    await Promise.race([
      Promise.all([shut, stopped]),
      new Promise<void>((late) => this.#late = setTimeout(late, leftMs)),
    ]);
    clearTimeout(this.#late);
    const cut = this.#app.cut() + (this.#grpc?.cut() ?? 0);
    await stopped; // its connections are closed
    if (cut === 0) return void await closed;
    const told = `${cut} ${cut === 1 ? "reply was" : "replies were"} cut off, not read to the end after ${graceMs} ms`;
    const errors = await closed.then(() => [], (error) => isA(error, AggregateError) ? error.errors : [error]);
    throw new AggregateError([...errors, new Error(told)], `Cannot close the server as it should: ${told}`);
  }

  /** Leaves the port to the processes that share it: whatever still came to it when it closes is lost. */
  async #leave(untilMs: number): Promise<void> {
    this.#app.end("soon");
    await passed(Math.min(LEAVING_MS, (untilMs - performance.now()) / 2));
    const ports = portsOf(this);
    refuseNew(ports);
    using drain = new Drain(ports);
    while (performance.now() < untilMs && !drain.isEmpty()) await passed(LOOK_MS);
  }

  /** Closes the server, see `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** A server that has its port. */
export interface Listening {
  readonly port: Port;
  readonly graceMs: number;
  readonly grpc: GrpcListener | undefined;
  readonly isSecure: boolean;
  readonly isShared: boolean;
}

/**
 * Has an app listen on a port.
 *
 * @throws {ListenError} If the port is not to be had.
 */
export async function listen(app: App, options: ListenOptions): Promise<HttpServer> {
  const { hostname = "127.0.0.1", port = PORT, graceMs = GRACE_MS, sharesPort = false, tls, name, grpc } = options;
  try {
    const opened = await openPort((request, caller) => app.fetch(request, { caller }), {
      hostname,
      port,
      tls,
      isShared: sharesPort,
    });
    return new HttpServer(app, { port: opened, graceMs, isSecure: tls !== undefined, isShared: sharesPort, grpc });
  } catch (error) {
    throw refusedAddress(error, { hostname, port, name });
  }
}

/**
 * Looks whether a port can be had, and gRPC's too where there is one, with its certificate, before anything is loaded.
 *
 * @throws {ListenError} If not.
 */
export function checkAddress(
  { hostname = "127.0.0.1", port = PORT, grpcPort, sharesPort = false, tls, name }:
    & ListenOptions
    & { readonly grpcPort?: number | undefined },
): void {
  if (tls !== undefined) checkTls(tls, name);
  if (sharesPort) return;
  for (const wanted of grpcPort === undefined ? [port] : [port, grpcPort]) {
    try {
      Deno.listen({ hostname, port: wanted }).close();
    } catch (error) {
      throw refusedAddress(error, { hostname, port: wanted, name });
    }
  }
}

/** Why an address cannot be had, in words. */
export function refusedAddress(error: unknown, { hostname, port, name }: Address & { name: string }): unknown {
  const act = `Cannot serve "${name}" on ${hostname}:${port}`;
  if (isA(error, Deno.errors.AddrInUse)) {
    return new ListenError(
      `${act}: another program listens there. Stop it, or take another port; port 0 finds a free one`,
      {
        cause: error,
      },
    );
  }
  if (isA(error, Deno.errors.PermissionDenied)) {
    return new ListenError(`${act}: this user may not have ports below 1024. Take one above, such as ${PORT}`, {
      cause: error,
    });
  }
  if (isA(error, Deno.errors.NotCapable)) {
    return new ListenError(`${act}: Deno may not listen there. Allow it: --allow-net=${hostname}:${port}`, {
      cause: error,
    });
  }
  if (isA(error, Deno.errors.AddrNotAvailable) || isA(error, Error) && error.message.includes("lookup address")) {
    return new ListenError(
      `${act}: this machine has no address ${hostname}. 127.0.0.1 is this machine alone, 0.0.0.0 every network`,
      {
        cause: error,
      },
    );
  }
  if (isA(error, URIError)) {
    const state = `${JSON.stringify(hostname)} is no name or address`;
    return new ListenError(`${act}: ${state}. 127.0.0.1 is this machine alone, 0.0.0.0 every network`, {
      cause: error,
    });
  }
  if (isA(error, Deno.errors.InvalidData) || isA(error, Error) && /certificate|key|pem/i.test(error.message)) {
    return new ListenError(`${act}: its certificate or key is not what it should be, PEM text (${error.message})`, {
      cause: error,
    });
  }
  return error;
}

function passed(ms: number): Promise<void> {
  return new Promise((passed) => setTimeout(passed, ms));
}

/** A host as URLs write it, and as one can be asked: not `0.0.0.0`. */
function urlHost(hostname: string): string {
  if (hostname === "0.0.0.0" || hostname === "::") return "127.0.0.1";
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}

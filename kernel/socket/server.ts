/** The side that binds: accepts connections, meets each peer, and lets none of them hurt another. */

import { WireError } from "../wire/wire_error.ts";
import type { SocketType } from "../wire/socket_type.ts";
import { decodeAddress, encodeAddress, hangUp, listen, type Listening } from "./address.ts";
import { closeOnce, openPeer, type Peer } from "./peer.ts";
import { SocketError } from "./socket_error.ts";

/** What can be told to every socket that binds. */
export interface BindOptions {
  /** How long closing waits for what was sent to go out, default 1,000. */
  readonly lingerMs?: number;
  /** How long a peer may take for its handshake, default 10,000. */
  readonly handshakeMs?: number;
  /** The largest message that is read from a peer, default 256 MiB. */
  readonly limitBytes?: number;
  /** Told why a peer was dropped that broke the rules or could not be accepted. */
  readonly onDrop?: (error: Error) => void;
}

/** What the kinds of socket do differently. `serve` runs from a peer's handshake until it is gone. */
export interface Service {
  readonly type: SocketType;
  serve(peer: Peer): Promise<void>;
}

/** How long closing waits for what was sent: all kernels linger a second, so that shutdown_reply gets out. */
export const LINGER_MS = 1000;

/** A moment's rest after a failed accept (too many open files), so that it is not tried in a tight loop. */
const ACCEPT_PAUSE_MS = 50;

/** A listener and its peers. */
export class Server implements AsyncDisposable {
  readonly address: string;
  /** The peers that have shaken hands and are connected. */
  readonly peers: Set<Peer> = new Set();
  readonly #listening: Listening;
  readonly #service: Service;
  readonly #options: BindOptions;
  /** Connections whose handshake is not done yet. */
  readonly #strangers = new Set<Deno.Conn>();
  readonly #tasks = new Set<Promise<void>>();
  #closed = false;

  constructor(listening: Listening, service: Service, options: BindOptions) {
    this.#listening = listening;
    this.#service = service;
    this.#options = options;
    this.address = encodeAddress(listening.address);
    this.#follow(this.#accept());
  }

  get closed(): boolean {
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#listening.close();
      for (const conn of this.#strangers) hangUp(conn);
      const lingerMs = this.#options.lingerMs ?? LINGER_MS;
      await Promise.all([...this.peers].map((peer) => peer.end(lingerMs)));
    }
    await Promise.all(this.#tasks);
  }

  #follow(task: Promise<void>): void {
    this.#tasks.add(task);
    void task.finally(() => this.#tasks.delete(task));
  }

  async #accept(): Promise<void> {
    while (!this.#closed) {
      try {
        const conn = await this.#listening.accept();
        if (this.#closed) hangUp(conn);
        else this.#follow(this.#host(conn));
      } catch (error) {
        if (this.#closed) return;
        this.#options.onDrop?.(new SocketError(`Cannot accept a connection on ${this.address}`, { cause: error }));
        await new Promise((resolve) => setTimeout(resolve, ACCEPT_PAUSE_MS));
      }
    }
  }

  async #host(conn: Deno.Conn): Promise<void> {
    try {
      const peer = await this.#meet(conn);
      this.peers.add(peer);
      try {
        await this.#service.serve(peer);
      } finally {
        this.peers.delete(peer);
        if (!this.#closed) peer.close();
      }
    } catch (error) {
      // One peer's fault is no other's: it alone goes. Anything else is a fault of ours and must be heard.
      if (!(error instanceof WireError)) throw error;
      if (!this.#closed) this.#options.onDrop?.(error);
    }
  }

  async #meet(conn: Deno.Conn): Promise<Peer> {
    this.#strangers.add(conn);
    try {
      const { handshakeMs, limitBytes } = this.#options;
      return await openPeer(conn, { type: this.#service.type, handshakeMs, limitBytes });
    } finally {
      this.#strangers.delete(conn);
    }
  }
}

/**
 * Binds and serves.
 *
 * @throws {SocketError} If the address is of no use or taken.
 */
export function startServer(address: string, service: Service, options: BindOptions): Server {
  const wanted = decodeAddress(address);
  let listening: Listening;
  try {
    listening = listen(wanted);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SocketError(`Cannot bind ${service.type} to ${address}: ${reason}`, { cause: error });
  }
  return new Server(listening, service, options);
}

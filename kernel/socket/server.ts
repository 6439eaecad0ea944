/** The side that binds: accepts connections, meets each peer, and lets none of them hurt another. */

import { WireError } from "../wire/wire_error.ts";
import type { SocketType } from "../wire/socket_type.ts";
import { decodeAddress, encodeAddress, listen, type Listening } from "./address.ts";
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
  readonly #conns = new Set<Deno.Conn>();
  readonly #tasks = new Set<Promise<void>>();
  #closing: Promise<void> | undefined;

  constructor(listening: Listening, service: Service, options: BindOptions) {
    this.#listening = listening;
    this.#service = service;
    this.#options = options;
    this.address = encodeAddress(listening.address);
    this.#follow(this.#accept());
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  async #accept(): Promise<void> {
    while (!this.closed) {
      try {
        const conn = await this.#listening.accept();
        if (this.closed) closeOnce(conn);
        else this.#follow(this.#welcome(conn));
      } catch (error) {
        if (this.closed) return;
        this.#options.onDrop?.(new SocketError(`Cannot accept a connection on ${this.address}`, { cause: error }));
        await new Promise((resolve) => setTimeout(resolve, ACCEPT_PAUSE_MS));
      }
    }
  }

  /** Stops accepting, flushes what was sent for at most `lingerMs`, and leaves every peer. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    await Promise.resolve(); // so that `closed` is true before the listener tells its end
    this.#listening.close();
    const lingerMs = this.#options.lingerMs ?? LINGER_MS;
    await Promise.all(Array.from(this.peers, (peer) => peer.end(lingerMs)));
    for (const conn of this.#conns) closeOnce(conn); // those that have not shaken hands
    await Promise.all(this.#tasks);
  }

  async #welcome(conn: Deno.Conn): Promise<void> {
    const { handshakeMs, limitBytes, onDrop } = this.#options;
    this.#conns.add(conn);
    let peer: Peer | undefined;
    try {
      peer = await openPeer(conn, { type: this.#service.type, handshakeMs, limitBytes });
      this.#conns.delete(conn);
      if (this.closed) return;
      this.peers.add(peer);
      await this.#service.serve(peer);
    } catch (error) {
      if (error instanceof WireError && !this.closed) onDrop?.(error);
    } finally {
      this.#conns.delete(conn);
      if (peer !== undefined) this.peers.delete(peer);
      peer?.close();
    }
  }

  #follow(task: Promise<void>): void {
    this.#tasks.add(task);
    void task.finally(() => this.#tasks.delete(task));
  }
}

/** Starts to serve at an address. */
export function openServer(address: string, service: Service, options: BindOptions): Server {
  return new Server(listen(decodeAddress(address)), service, options);
}

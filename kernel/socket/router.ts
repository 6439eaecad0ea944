/** ROUTER: many peers, each by its name (RFC 28). */

import { encodeMessage } from "../wire/frame.ts";
import { Inbox } from "./inbox.ts";
import type { Peer } from "./peer.ts";
import { type BindOptions, type Server, startServer } from "./server.ts";
import type { Frames, Socket } from "./socket.ts";
import { SocketError } from "./socket_error.ts";

/** A bound ROUTER. Each message that it gives begins with the name of the peer that sent it; a reply begins with that name. */
export class RouterSocket implements Socket {
  readonly #inbox = new Inbox();
  readonly #peers = new Map<string, Peer>();
  readonly #server: Server;
  #made = crypto.getRandomValues(new Uint32Array(1))[0]!;

  constructor(address: string, options: BindOptions) {
    this.#server = startServer(address, { type: "ROUTER", serve: (peer) => this.#serve(peer) }, options);
  }

  get address(): string {
    return this.#server.address;
  }

  /**
   * Sends to the peer that the first frame names. It never waits, so a peer that does not read holds nobody up: past 64 MiB in
   * line it is disconnected. A message for a peer that is not there is dropped.
   *
   * @param frames The peer's name, then at least one frame.
   * @throws {SocketError} If the socket is closed.
   */
  send(frames: Frames): Promise<void> {
    const [identity, ...rest] = frames;
    if (identity === undefined || rest.length === 0) {
      return Promise.reject(
        new RangeError(`Cannot send on a ROUTER: it needs a name and a frame, not ${frames.length}`),
      );
    }
    if (this.#server.closed) {
      return Promise.reject(new SocketError(`Cannot send on ${this.address}: the socket is closed`));
    }
    this.#peers.get(identity.toHex())?.send(encodeMessage(rest));
    return Promise.resolve();
  }

  [Symbol.asyncIterator](): AsyncIterator<Frames> {
    return this.#inbox;
  }

  /** Gives what was sent up to `lingerMs` to go out, then closes; iteration ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#inbox.close();
    await this.#server[Symbol.asyncDispose]();
  }

  async #serve(peer: Peer): Promise<void> {
    const identity = peer.identity.length > 0 ? peer.identity : this.#makeIdentity();
    const key = identity.toHex();
    // A client that comes back before its old connection was found dead must get its name (and its replies) at once.
    this.#peers.get(key)?.close();
    this.#peers.set(key, peer);
    try {
      for await (const said of peer) {
        if (this.#peers.get(key) !== peer) return;
        if (said.kind === "message") await this.#inbox.put([identity, ...said.frames]);
      }
    } finally {
      if (this.#peers.get(key) === peer) this.#peers.delete(key);
    }
  }

  /** RFC 28: a made name begins with 0, which no peer may use. */
  #makeIdentity(): Uint8Array {
    const identity = new Uint8Array(5);
    this.#made = (this.#made + 1) >>> 0;
    new DataView(identity.buffer).setUint32(1, this.#made);
    return identity;
  }
}

/**
 * Binds a ROUTER.
 *
 * @param address `tcp://127.0.0.1:5555` (port 0: any free one) or `ipc:///path`.
 * @throws {SocketError} If the address is of no use or taken.
 */
export function bindRouter(address: string, options: BindOptions = {}): Promise<RouterSocket> {
  return Promise.try(() => new RouterSocket(address, options));
}

/** A ROUTER: speaks with each peer by name (RFC 28). */

import { encodeMessage } from "../wire/frame.ts";
import { Inbox } from "./inbox.ts";
import type { Peer } from "./peer.ts";
import { type BindOptions, openServer, type Server } from "./server.ts";
import type { Frames, Socket } from "./socket.ts";

const NAME_BYTES = 5; // of a name that we give: a zero, which no peer's own name begins with, and a counter

/** How much may wait for one peer before `send` waits for it: 4 MiB. */
const BUDGET_BYTES = 4 * 1024 * 1024;
const STALL_MS = 5_000;

/** The first frame of a message is the peer's name: added to what comes, taken off what goes. */
export class RouterSocket implements Socket {
  readonly #peers = new Map<string, Peer>();
  readonly #inbox = new Inbox();
  readonly #server: Server;
  #named = 0;

  constructor(address: string, options: BindOptions) {
    this.#server = openServer(address, { type: "ROUTER", serve: (peer) => this.#serve(peer) }, options);
  }

  get address(): string {
    return this.#server.address;
  }

  /** Sends to the peer that the first frame names; a message for a peer that is not there is dropped, as RFC 28 says. */
  async send(frames: Frames): Promise<void> {
    const peer = frames[0] === undefined ? undefined : this.#peers.get(frames[0].toHex());
    if (peer === undefined) return;
    peer.send(encodeMessage(frames.slice(1)));
    if (peer.queuedBytes > BUDGET_BYTES) await peer.drained(BUDGET_BYTES, STALL_MS);
  }

  [Symbol.asyncIterator](): AsyncIterator<Frames> {
    return this.#inbox;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#inbox.close();
    await this.#server[Symbol.asyncDispose]();
  }

  async #serve(peer: Peer): Promise<void> {
    const name = peer.identity.length > 0 ? peer.identity : this.#nextName();
    const key = name.toHex();
    this.#peers.get(key)?.close(); // a newer connection takes a name over: a client that came back
    this.#peers.set(key, peer);
    try {
      for await (const said of peer) {
        if (said.kind === "message") await this.#inbox.put([name, ...said.frames]);
      }
    } finally {
      if (this.#peers.get(key) === peer) this.#peers.delete(key);
    }
  }

  #nextName(): Uint8Array {
    const name = new Uint8Array(NAME_BYTES);
    new DataView(name.buffer).setUint32(1, ++this.#named);
    return name;
  }
}

/** Binds a ROUTER; port 0 takes a free one. */
export function bindRouter(address: string, options: BindOptions = {}): RouterSocket {
  return new RouterSocket(address, options);
}

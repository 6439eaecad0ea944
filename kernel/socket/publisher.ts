/** XPUB: each message to everyone who asked for its topic, and to nobody too fast (RFC 29). */

import { encodeMessage } from "../wire/frame.ts";
import { matchSubscription, Subscriptions } from "../wire/subscriptions.ts";
import type { Peer } from "./peer.ts";
import { type BindOptions, type Server, startServer } from "./server.ts";
import type { Frames } from "./socket.ts";
import { SocketError } from "./socket_error.ts";

/** How a publisher treats those who listen. */
export interface PublisherOptions extends BindOptions {
  /** How much may wait for one subscriber before `send` waits too, default 1 MiB. */
  readonly budgetBytes?: number;
  /** How long a subscriber that is over its budget may read nothing at all before it is disconnected, default 30,000. */
  readonly stallMs?: number;
  /**
   * Called at each new topic of a subscriber. What it gives to `reply` goes to this subscriber alone, before anything that is
   * published afterwards. A subscriber looks only at messages of its own topics, so the first frame should begin with `topic`.
   */
  readonly onSubscribe?: (topic: Uint8Array, reply: (frames: Frames) => void) => void;
}

const BUDGET_BYTES = 1024 * 1024;

/** Long enough for a client that is busy or being debugged, short enough that one hung client is not the end of the work. */
const STALL_MS = 30_000;

/** A bound XPUB. Nothing is dropped for a subscriber that is connected: a slow one slows `send`, a stuck one is disconnected. */
export class PublisherSocket implements AsyncDisposable {
  readonly #subscribers = new Map<Peer, Subscriptions>();
  readonly #options: PublisherOptions;
  readonly #server: Server;

  constructor(address: string, options: PublisherOptions) {
    this.#options = options;
    this.#server = startServer(address, { type: "XPUB", serve: (peer) => this.#serve(peer) }, options);
  }

  get address(): string {
    return this.#server.address;
  }

  /**
   * Puts the message in line for every subscriber whose topics match the first frame, at once, so calls keep their order. It
   * resolves when every subscriber is under its budget again: awaiting it is the back-pressure.
   *
   * @throws {SocketError} If the socket is closed.
   */
  async send(frames: Frames): Promise<void> {
    if (this.#server.closed) throw new SocketError(`Cannot send on ${this.address}: the socket is closed`);
    const first = frames[0];
    if (first === undefined) throw new RangeError("Cannot publish a message: it needs at least 1 frame, it has 0");
    const budget = this.#options.budgetBytes ?? BUDGET_BYTES;
    let bytes: Uint8Array | undefined;
    const full: Peer[] = [];
    for (const [peer, subscriptions] of this.#subscribers) {
      if (subscriptions.matches(first)) peer.send(bytes ??= encodeMessage(frames));
      if (peer.queuedBytes > budget) full.push(peer);
    }
    if (full.length === 0) return;
    const stallMs = this.#options.stallMs ?? STALL_MS;
    await Promise.all(full.map((peer) => peer.drained(budget, stallMs)));
  }

  /** Gives what was sent up to `lingerMs` to go out, then closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  async #serve(peer: Peer): Promise<void> {
    const subscriptions = new Subscriptions();
    this.#subscribers.set(peer, subscriptions);
    try {
      for await (const said of peer) {
        const change = said.kind === "message" ? matchSubscription(said.frames) : said;
        if (change?.kind === "cancel") subscriptions.remove(change.topic);
        else if (change?.kind === "subscribe" && subscriptions.add(change.topic)) {
          this.#options.onSubscribe?.(change.topic, (frames) => peer.send(encodeMessage(frames)));
        }
      }
    } finally {
      this.#subscribers.delete(peer);
    }
  }
}

/**
 * Binds a publisher.
 *
 * @param address `tcp://127.0.0.1:5555` (port 0: any free one) or `ipc:///path`.
 * @throws {SocketError} If the address is of no use or taken.
 */
export function bindPublisher(address: string, options: PublisherOptions = {}): Promise<PublisherSocket> {
  return Promise.try(() => new PublisherSocket(address, options));
}

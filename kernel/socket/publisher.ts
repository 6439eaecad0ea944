/** An XPUB: says everything to everyone who asked for it, and loses nothing (RFC 29 lets it drop; a kernel must not). */

import { encodeMessage } from "../wire/frame.ts";
import { matchSubscription, Subscriptions } from "../wire/subscriptions.ts";
import type { Peer, Said } from "./peer.ts";
import { type BindOptions, openServer, type Server } from "./server.ts";
import type { Frames } from "./socket.ts";

/** How a publisher is bound. */
export interface PublisherOptions extends BindOptions {
  /** Told of each new topic of a subscriber; what it returns is sent to that subscriber alone. */
  readonly onSubscribe?: (topic: Uint8Array) => Frames | undefined;
  /** How much may wait for one subscriber before `send` waits for it, default 4 MiB. */
  readonly budgetBytes?: number;
  /** How long a subscriber may read nothing while `send` waits for it, default 5,000; then it is disconnected. */
  readonly stallMs?: number;
}

const BUDGET_BYTES = 4 * 1024 * 1024;
const STALL_MS = 5_000;

/** Sends each message to the subscribers whose topics its first frame begins with. */
export class PublisherSocket implements AsyncDisposable {
  readonly #subscribers = new Map<Peer, Subscriptions>();
  readonly #options: PublisherOptions;
  readonly #server: Server;

  constructor(address: string, options: PublisherOptions) {
    this.#options = options;
    this.#server = openServer(address, { type: "XPUB", serve: (peer) => this.#serve(peer) }, options);
  }

  get address(): string {
    return this.#server.address;
  }

  /** Puts a message in line for each subscriber; resolves when no line is over its budget. */
  async send(frames: Frames): Promise<void> {
    const first = frames[0] ?? new Uint8Array();
    const budget = this.#options.budgetBytes ?? BUDGET_BYTES;
    let bytes: Uint8Array | undefined;
    const slow: Peer[] = [];
    for (const [peer, topics] of this.#subscribers) {
      if (!topics.matches(first)) continue;
      peer.send(bytes ??= encodeMessage(frames));
      if (peer.queuedBytes > budget) slow.push(peer);
    }
    if (slow.length > 0) await Promise.all(slow.map((peer) => peer.drained(budget, this.#options.stallMs ?? STALL_MS)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  async #serve(peer: Peer): Promise<void> {
    const topics = new Subscriptions();
    this.#subscribers.set(peer, topics);
    try {
      for await (const said of peer) this.#hear(peer, topics, said);
    } finally {
      this.#subscribers.delete(peer);
    }
  }

  #hear(peer: Peer, topics: Subscriptions, said: Said): void {
    const asked = said.kind === "message" ? matchSubscription(said.frames) : said;
    if (asked?.kind === "cancel") topics.remove(asked.topic);
    if (asked?.kind !== "subscribe") return;
    topics.add(asked.topic);
    const welcome = this.#options.onSubscribe?.(asked.topic);
    if (welcome !== undefined) peer.send(encodeMessage(welcome));
  }
}

/** Binds an XPUB; port 0 takes a free one. */
export function bindPublisher(address: string, options: PublisherOptions = {}): PublisherSocket {
  return new PublisherSocket(address, options);
}

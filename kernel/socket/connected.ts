/** The side that connects: DEALER, SUB and REQ, one peer each. */

import { encodeMessage } from "../wire/frame.ts";
import type { SocketType } from "../wire/socket_type.ts";
import { encodeSubscription } from "../wire/subscriptions.ts";
import { decodeAddress, dial } from "./address.ts";
import { Inbox } from "./inbox.ts";
import { openPeer, type Peer } from "./peer.ts";
import type { Frames, Socket } from "./socket.ts";
import { SocketError } from "./socket_error.ts";

/** How a socket connects. */
export interface ConnectOptions {
  /** How long it tries while nobody listens, default 5,000. */
  readonly timeoutMs?: number;
  /** How long closing waits for what was sent to go out, default 1,000. */
  readonly lingerMs?: number;
  /** The name by which a ROUTER knows it; default: one that the ROUTER gives. */
  readonly identity?: Uint8Array;
}

const TIMEOUT_MS = 5_000;
const LINGER_MS = 1_000;
const PAUSE_MS = 20; // between two tries: a kernel starts in about a tenth of a second
const BUDGET_BYTES = 4 * 1024 * 1024;
const STALL_MS = 30_000;

/** A socket with one peer. Iterating it ends when the peer is gone. */
export class ConnectedSocket implements Socket {
  readonly address: string;
  readonly #peer: Peer;
  readonly #inbox = new Inbox();
  readonly #lingerMs: number;
  readonly #reading: Promise<void>;

  constructor(address: string, peer: Peer, lingerMs: number) {
    this.address = address;
    this.#peer = peer;
    this.#lingerMs = lingerMs;
    this.#reading = this.#read();
  }

  async send(frames: Frames): Promise<void> {
    this.#peer.send(encodeMessage(frames));
    if (this.#peer.queuedBytes > BUDGET_BYTES) await this.#peer.drained(BUDGET_BYTES, STALL_MS);
  }

  [Symbol.asyncIterator](): AsyncIterator<Frames> {
    return this.#inbox;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peer.end(this.#lingerMs);
    this.#inbox.close();
    await this.#reading;
  }

  async #read(): Promise<void> {
    try {
      for await (const said of this.#peer) if (said.kind === "message") await this.#inbox.put(said.frames);
    } catch {
      // whatever a peer broke, the connection is over, and the end of the iteration tells so
    } finally {
      this.#peer.close();
      this.#inbox.end();
    }
  }
}

/**
 * Connects a DEALER.
 *
 * @throws {SocketError} If nobody answers within `timeoutMs`.
 */
export function connectDealer(address: string, options: ConnectOptions = {}): Promise<ConnectedSocket> {
  return connect("DEALER", address, options);
}

/**
 * Connects a REQ; the empty frame before each message is the caller's to send, as the ROUTER or REP will give it back.
 *
 * @throws {SocketError} If nobody answers within `timeoutMs`.
 */
export function connectRequest(address: string, options: ConnectOptions = {}): Promise<ConnectedSocket> {
  return connect("REQ", address, options);
}

/**
 * Connects a SUB that hears the messages whose first frame begins with a topic; the empty one, the default, hears all.
 *
 * @throws {SocketError} If nobody answers within `timeoutMs`.
 */
export async function connectSubscriber(
  address: string,
  { topic = "", ...options }: ConnectOptions & { readonly topic?: string } = {},
): Promise<ConnectedSocket> {
  const socket = await connect("SUB", address, options);
  await socket.send([encodeSubscription("subscribe", new TextEncoder().encode(topic))]);
  return socket;
}

async function connect(type: SocketType, address: string, options: ConnectOptions): Promise<ConnectedSocket> {
  const where = decodeAddress(address);
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const start = performance.now();
  for (;;) {
    try {
      const conn = await dial(where);
      const peer = await openPeer(conn, { type, identity: options.identity });
      return new ConnectedSocket(address, peer, options.lingerMs ?? LINGER_MS);
    } catch (error) {
      if (performance.now() - start > timeoutMs) {
        throw new SocketError(`Cannot connect to ${address}: nobody answered for ${timeoutMs} ms`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

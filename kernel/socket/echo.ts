/** The heartbeat: gives every message back (RFC 28, "REP"). */

import { encodeMessage } from "../wire/frame.ts";
import type { Peer } from "./peer.ts";
import { type BindOptions, type Server, startServer } from "./server.ts";

/** More than this in line and the peer is not read further until it has read: 1 MiB. */
const BUDGET_BYTES = 1024 * 1024;

/** How long a peer may read nothing while it writes on, before it is disconnected: 30 s. */
const STALL_MS = 30_000;

/** A bound REP that answers each message with itself: a REQ's empty first frame goes back as the RFC wants it. */
export class EchoSocket implements AsyncDisposable {
  readonly #server: Server;

  constructor(address: string, options: BindOptions) {
    this.#server = startServer(address, { type: "REP", serve }, options);
  }

  get address(): string {
    return this.#server.address;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}

/**
 * Binds a heartbeat.
 *
 * @throws {SocketError} If the address is of no use or taken.
 */
export function bindEcho(address: string, options: BindOptions = {}): Promise<EchoSocket> {
  return Promise.try(() => new EchoSocket(address, options));
}

async function serve(peer: Peer): Promise<void> {
  for await (const said of peer) {
    if (said.kind !== "message") continue;
    peer.send(encodeMessage(said.frames));
    if (peer.queuedBytes > BUDGET_BYTES) await peer.drained(BUDGET_BYTES, STALL_MS);
  }
}

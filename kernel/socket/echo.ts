/** A REP that sends back what it gets: a kernel's heartbeat. */

import { encodeMessage } from "../wire/frame.ts";
import type { Peer } from "./peer.ts";
import { type BindOptions, openServer, type Server } from "./server.ts";

/** Answers each message with itself, its envelope included. */
export class EchoSocket implements AsyncDisposable {
  readonly #server: Server;

  constructor(address: string, options: BindOptions) {
    this.#server = openServer(address, { type: "REP", serve }, options);
  }

  get address(): string {
    return this.#server.address;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}

async function serve(peer: Peer): Promise<void> {
  for await (const said of peer) if (said.kind === "message") peer.send(encodeMessage(said.frames));
}

/** Binds the heartbeat; port 0 takes a free one. */
export function bindEcho(address: string, options: BindOptions = {}): EchoSocket {
  return new EchoSocket(address, options);
}

/** One connection to one peer, from the handshake to the close. */

import { type Command, encodeCommand } from "../wire/command.ts";
import { encodeCommandFrame } from "../wire/frame.ts";
import { WireError } from "../wire/wire_error.ts";
import { type Acquaintance, type HandshakeOptions, shakeHands } from "./handshake.ts";
import { Outbox } from "./outbox.ts";
import type { Frames } from "./socket.ts";

/** How a connection is opened. */
export interface PeerOptions extends HandshakeOptions {
  /** The longest handshake, default 10,000. */
  readonly handshakeMs?: number | undefined;
}

/** What a peer says after the handshake that its socket must know. */
export type Said =
  | { readonly kind: "message"; readonly frames: Frames }
  | Extract<Command, { topic: unknown }>;

const HANDSHAKE_MS = 10_000;

/** More than this in line, 64 MiB, and the peer has not read for long: it is disconnected rather than fill our memory. */
const QUEUE_LIMIT_BYTES = 64 * 1024 * 1024;

/** A connection after its handshake. Iterating it tells what the peer says, until it ends; it answers PING by itself. */
export class Peer {
  /** The name that the peer gave itself, empty if none. */
  readonly identity: Uint8Array;
  /** The minor version of ZMTP that the peer announced. */
  readonly minor: number;
  readonly #conn: Deno.Conn;
  readonly #outbox: Outbox;
  readonly #received: Acquaintance["received"];

  constructor(conn: Deno.Conn, outbox: Outbox, acquaintance: Acquaintance) {
    this.#conn = conn;
    this.#outbox = outbox;
    this.#received = acquaintance.received;
    this.identity = acquaintance.identity;
    this.minor = acquaintance.minor;
  }

  /** How much waits for this peer to read. */
  get queuedBytes(): number {
    return this.#outbox.queuedBytes;
  }

  /** Puts the bytes of a whole message or command in line. It never waits; a peer that has not read 64 MiB is disconnected. */
  send(bytes: Uint8Array): void {
    if (this.#outbox.queuedBytes > QUEUE_LIMIT_BYTES) this.close();
    else this.#outbox.put(bytes);
  }

  /**
   * Waits until at most `bytes` are in line, as long as the peer reads on. Once it has read nothing for `stallMs`, it is
   * disconnected. Never rejects.
   */
  async drained(bytes: number, stallMs: number): Promise<void> {
    let before = this.#outbox.writtenBytes;
    while (!(await this.#outbox.drained(bytes, stallMs))) {
      if (this.#outbox.writtenBytes === before) return this.close();
      before = this.#outbox.writtenBytes;
    }
  }

  /** @throws {WireError} If the peer breaks the rules. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Said, void, undefined> {
    for await (const received of this.#received) {
      if (received.kind === "message") yield received;
      else if ("topic" in received.command) yield received.command;
      else this.#answer(received.command);
    }
  }

  #answer(command: Exclude<Command, { topic: unknown }>): void {
    if (command.kind === "ping") {
      this.send(encodeCommandFrame(encodeCommand({ kind: "pong", context: command.context })));
    } else if (command.kind === "error") {
      throw new WireError(`The peer ended the connection, saying "${command.reason}"`);
    } else if (command.kind === "ready") {
      throw new WireError("Cannot read READY: it comes once, before all else");
    }
  }

  /** Flushes for at most `lingerMs`, then closes. */
  async end(lingerMs: number): Promise<void> {
    await this.#outbox.drained(0, lingerMs);
    this.close();
  }

  /** Ends the connection now; what is still in line is lost. Closing twice does nothing more. */
  close(): void {
    this.#outbox.close();
    closeOnce(this.#conn);
  }
}

/**
 * Turns a connection into a peer, or closes it.
 *
 * @throws {WireError} If the handshake fails or takes longer than `handshakeMs`.
 */
export async function openPeer(conn: Deno.Conn, options: PeerOptions): Promise<Peer> {
  if ("setNoDelay" in conn) (conn as Deno.TcpConn).setNoDelay(true);
  const handshakeMs = options.handshakeMs ?? HANDSHAKE_MS;
  const outbox = new Outbox(conn, () => closeOnce(conn));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    closeOnce(conn);
  }, handshakeMs);
  try {
    return new Peer(conn, outbox, await shakeHands(conn, outbox, options));
  } catch (error) {
    if (!late) await outbox.drained(0, handshakeMs);
    outbox.close();
    closeOnce(conn);
    if (late) {
      throw new WireError(`Cannot meet a peer: its handshake was not done in ${handshakeMs} ms`, { cause: error });
    }
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

const closed = new WeakSet<Deno.Conn>();

/** Closes a connection, unless it is closed already. */
export function closeOnce(conn: Deno.Conn): void {
  if (closed.has(conn)) return;
  closed.add(conn);
  conn.close();
}

/** How two peers meet: greetings, then READY both ways (RFC 23 and 37, "NULL"). */

import { type Command, encodeCommand, matchProperty } from "../wire/command.ts";
import { encodeCommandFrame } from "../wire/frame.ts";
import { decodeGreeting, encodeGreeting, type Greeting, GREETING_BYTES } from "../wire/greeting.ts";
import { MessageReader, type Received } from "../wire/message_reader.ts";
import { isPartner, type SocketType } from "../wire/socket_type.ts";
import { WireError } from "../wire/wire_error.ts";
import type { Outbox } from "./outbox.ts";

/** Who we are, and what we take from the other side. */
export interface HandshakeOptions {
  readonly type: SocketType;
  /** Our name at the other side; at most 255 octets, not beginning with 0. Default: none. */
  readonly identity?: Uint8Array | undefined;
  /** The largest message that is read, default 256 MiB. */
  readonly limitBytes?: number | undefined;
}

/** What the handshake told. */
export interface Acquaintance {
  /** The name that the peer gave itself, empty if none. */
  readonly identity: Uint8Array;
  /** The minor version of ZMTP that the peer announced. */
  readonly minor: number;
  /** Everything after the handshake, until the connection ends. */
  readonly received: AsyncGenerator<Received, void, undefined>;
}

/** How much is read at once. */
const CHUNK_BYTES = 64 * 1024;

/**
 * Meets the peer. Nothing but greeting and READY has been sent when it resolves, and READY has come.
 *
 * @throws {WireError} If the peer leaves, breaks the rules, or is a socket that ours must not speak with; it is told the reason.
 */
export async function shakeHands(
  conn: Deno.Conn,
  outbox: Outbox,
  options: HandshakeOptions,
): Promise<Acquaintance> {
  outbox.put(encodeGreeting());
  const chunks = readChunks(conn);
  const { greeting, rest } = await readGreeting(chunks);
  try {
    if (greeting.mechanism !== "NULL") {
      throw new WireError(`Cannot use security mechanism "${greeting.mechanism}": only NULL is spoken here`);
    }
    outbox.put(encodeCommandFrame(encodeCommand({ kind: "ready", properties: ourProperties(options) })));
    const received = receive(chunks, rest, options.limitBytes);
    return { identity: await meet(received, options.type), minor: greeting.minor, received };
  } catch (error) {
    if (error instanceof WireError) {
      outbox.put(encodeCommandFrame(encodeCommand({ kind: "error", reason: error.message })));
    }
    throw error;
  }
}

function ourProperties(options: HandshakeOptions): Map<string, Uint8Array> {
  const properties = new Map<string, Uint8Array>([["Socket-Type", new TextEncoder().encode(options.type)]]);
  if (options.identity !== undefined) properties.set("Identity", options.identity);
  return properties;
}

async function meet(received: AsyncIterator<Received>, type: SocketType): Promise<Uint8Array> {
  const { value: first } = await received.next();
  if (!first) throw new WireError("Cannot meet a peer: it left before its READY came");
  if (first.kind !== "command") throw new WireError("Cannot meet a peer: READY must come first, it sent a message");
  const { properties } = readyOf(first.command);
  const theirs = new TextDecoder().decode(matchProperty(properties, "Socket-Type"));
  if (!isPartner(type, theirs)) throw new WireError(`Cannot connect ${type} with a socket of type "${theirs}"`);
  const identity = matchProperty(properties, "Identity") ?? new Uint8Array(0);
  // RFC 28: names that begin with 0 are kept for those that a ROUTER makes up; who could take one could take a peer's place.
  if (identity.length > 255 || identity[0] === 0) {
    throw new WireError("Cannot accept an identity that begins with octet 0 or is longer than 255 octets");
  }
  return identity;
}

function readyOf(command: Command): Extract<Command, { kind: "ready" }> {
  if (command.kind === "ready") return command;
  if (command.kind === "error") throw new WireError(`Cannot connect: the peer refused, saying "${command.reason}"`);
  throw new WireError(`Cannot meet a peer: READY must come first, it sent ${command.kind}`);
}

async function readGreeting(chunks: AsyncIterator<Uint8Array>): Promise<{ greeting: Greeting; rest: Uint8Array }> {
  let bytes: Uint8Array = new Uint8Array(0);
  while (bytes.length < GREETING_BYTES) {
    const { value: chunk } = await chunks.next();
    if (!chunk) throw new WireError("Cannot meet a peer: it left before its greeting was whole");
    bytes = joined(bytes, chunk);
    if (bytes[0] !== 0xff) throw new WireError("Cannot meet a peer: it does not speak ZMTP");
  }
  return { greeting: decodeGreeting(bytes.subarray(0, GREETING_BYTES)), rest: bytes.subarray(GREETING_BYTES) };
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

async function* receive(
  chunks: AsyncIterable<Uint8Array>,
  rest: Uint8Array,
  limitBytes: number | undefined,
): AsyncGenerator<Received, void, undefined> {
  const reader = new MessageReader(limitBytes === undefined ? {} : { limitBytes });
  yield* reader.read(rest);
  for await (const chunk of chunks) yield* reader.read(chunk);
}

/** Gives what the connection gives, in one buffer used again and again, until it ends for whatever reason. */
async function* readChunks(conn: Deno.Conn): AsyncGenerator<Uint8Array, void, undefined> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  while (true) {
    let count: number | null;
    try {
      count = await conn.read(buffer);
    } catch {
      // A reset, a broken pipe, our own close: however it ended, nothing more will come.
      return;
    }
    if (count === null) return;
    yield buffer.subarray(0, count);
  }
}

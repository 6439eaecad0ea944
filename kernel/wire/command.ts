/** Commands: what peers tell each other beside messages (RFC 23 and 37, "Commands"). */

import { WireError } from "./wire_error.ts";

/** A property of READY: its name (case does not matter when reading) and its octets. */
export type Properties = ReadonlyMap<string, Uint8Array>;

/** One command. `unknown` is anything that these RFCs do not name; it is to be ignored. */
export type Command =
  | { readonly kind: "ready"; readonly properties: Properties }
  | { readonly kind: "error"; readonly reason: string }
  | { readonly kind: "subscribe" | "cancel"; readonly topic: Uint8Array }
  /** `ttl` is in tenths of a second; `context` has at most 16 octets. */
  | { readonly kind: "ping"; readonly ttl: number; readonly context: Uint8Array }
  | { readonly kind: "pong"; readonly context: Uint8Array }
  | { readonly kind: "unknown"; readonly name: string };

/** RFC 37, "PING": ping-context = 0*16OCTET. */
const CONTEXT_BYTES = 16;

const encoder = new TextEncoder();

/** Writes the body of a command's frame. */
export function encodeCommand(command: Exclude<Command, { kind: "unknown" }>): Uint8Array {
  switch (command.kind) {
    case "ready":
      return named("READY", ...[...command.properties].flatMap(([name, value]) => property(name, value)));
    case "error": {
      const reason = encoder.encode(command.reason).subarray(0, 255);
      return named("ERROR", Uint8Array.of(reason.length), reason);
    }
    case "subscribe":
      return named("SUBSCRIBE", command.topic);
    case "cancel":
      return named("CANCEL", command.topic);
    case "ping":
      return named("PING", Uint8Array.of(command.ttl >> 8, command.ttl & 0xff), command.context);
    case "pong":
      return named("PONG", command.context);
  }
}

/**
 * Reads the body of a command's frame.
 *
 * @throws {WireError} If it is cut short or does not keep the command's form.
 */
export function decodeCommand(body: Uint8Array): Command {
  const length = body[0] ?? 0;
  if (length === 0 || body.length < 1 + length) {
    throw new WireError(`Cannot read a command: its name needs ${length || "some"} octets, ${body.length} came`);
  }
  const name = ascii(body.subarray(1, 1 + length));
  const rest = body.subarray(1 + length);
  switch (name) {
    case "READY":
      return { kind: "ready", properties: decodeProperties(rest) };
    case "ERROR":
      return { kind: "error", reason: new TextDecoder().decode(rest.subarray(1, 1 + (rest[0] ?? 0))) };
    case "SUBSCRIBE":
      return { kind: "subscribe", topic: rest };
    case "CANCEL":
      return { kind: "cancel", topic: rest };
    case "PING":
      if (rest.length < 2) {
        throw new WireError(`Cannot read PING: its time to live needs 2 octets, ${rest.length} came`);
      }
      return { kind: "ping", ttl: rest[0]! * 256 + rest[1]!, context: checkedContext(rest.subarray(2)) };
    case "PONG":
      return { kind: "pong", context: checkedContext(rest) };
    default:
      return { kind: "unknown", name };
  }
}

/** Finds a property by its name in any case (RFC 23: names are case-insensitive). */
export function matchProperty(properties: Properties, name: string): Uint8Array | undefined {
  for (const [key, value] of properties) if (key.toLowerCase() === name.toLowerCase()) return value;
  return undefined;
}

function named(name: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 1 + name.length));
  bytes[0] = name.length;
  bytes.set(encoder.encode(name), 1);
  let offset = 1 + name.length;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function property(name: string, value: Uint8Array): Uint8Array[] {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, value.length);
  return [Uint8Array.of(name.length), encoder.encode(name), size, value];
}

function decodeProperties(bytes: Uint8Array): Properties {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const properties = new Map<string, Uint8Array>();
  let offset = 0;
  while (offset < bytes.length) {
    const nameEnd = offset + 1 + bytes[offset]!;
    if (nameEnd === offset + 1) throw new WireError("Cannot read READY: a property has an empty name");
    if (nameEnd + 4 > bytes.length) throw new WireError("Cannot read READY: it ends inside a property");
    const valueEnd = nameEnd + 4 + view.getUint32(nameEnd);
    if (valueEnd > bytes.length) throw new WireError("Cannot read READY: it ends inside a property's value");
    properties.set(ascii(bytes.subarray(offset + 1, nameEnd)), bytes.subarray(nameEnd + 4, valueEnd));
    offset = valueEnd;
  }
  return properties;
}

function checkedContext(context: Uint8Array): Uint8Array {
  if (context.length <= CONTEXT_BYTES) return context;
  throw new WireError(
    `Cannot read a heartbeat: its context has at most ${CONTEXT_BYTES} octets, not ${context.length}`,
  );
}

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

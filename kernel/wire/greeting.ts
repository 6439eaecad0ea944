/** The 64 octets that open every ZMTP connection, both ways (RFC 23 and 37, "Greeting"). */

import { WireError } from "./wire_error.ts";

/** How long a greeting is. */
export const GREETING_BYTES = 64;

/** RFC 37: this is ZMTP 3. */
const MAJOR = 3;

/**
 * ZMTP 3.1, on purpose: a peer then subscribes by commands, which cannot be mistaken for messages, and may PING. All of 3.1 that
 * these socket types can meet is answered here; to a peer that says 3.0 only what 3.0 knows is sent. Look again if a client
 * shows up that says 3.1 and speaks 3.0.
 */
const MINOR = 1;

const MECHANISM_START = 12;
const MECHANISM_BYTES = 20;

/** What the other side told in its greeting. */
export interface Greeting {
  readonly major: number;
  readonly minor: number;
  /** `NULL`, `PLAIN` or `CURVE`. */
  readonly mechanism: string;
  readonly asServer: boolean;
}

/**
 * Writes our greeting: ZMTP 3.1, no security.
 *
 * @see Source: RFC 37, "Greeting" and "The NULL Security Mechanism" (as-server is 0).
 */
export function encodeGreeting(): Uint8Array {
  const bytes = new Uint8Array(GREETING_BYTES);
  bytes[0] = 0xff;
  bytes[9] = 0x7f;
  bytes[10] = MAJOR;
  bytes[11] = MINOR;
  bytes.set(new TextEncoder().encode("NULL"), MECHANISM_START);
  return bytes;
}

/**
 * Reads the other side's greeting. Its padding and filler are never looked at: libzmq writes a length into the padding.
 *
 * @param bytes Exactly 64 octets.
 * @throws {WireError} If this is not ZMTP 3 or later.
 */
export function decodeGreeting(bytes: Uint8Array): Greeting {
  if (bytes.length !== GREETING_BYTES) {
    throw new WireError(`Cannot read a greeting: it needs ${GREETING_BYTES} octets, these are ${bytes.length}`);
  }
  if (bytes[0] !== 0xff || (bytes[9]! & 0x01) === 0) {
    throw new WireError("Cannot read a greeting: it begins FF, eight octets and 7F, but this peer sent something else");
  }
  const major = bytes[10]!;
  if (major < MAJOR) {
    throw new WireError(`Cannot speak with a peer of ZMTP ${major}: it needs ZMTP 3.0 or later`);
  }
  const mechanism = bytes.subarray(MECHANISM_START, MECHANISM_START + MECHANISM_BYTES);
  const end = mechanism.indexOf(0);
  return {
    major,
    minor: bytes[11]!,
    mechanism: String.fromCharCode(...(end < 0 ? mechanism : mechanism.subarray(0, end))),
    asServer: bytes[32] === 1,
  };
}

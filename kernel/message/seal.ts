/** Messages as frames: sealed with a signature, opened only if it fits. */

import { createHmac, timingSafeEqual } from "node:crypto";
import { type Header, type Message, PROTOCOL_VERSION } from "./message.ts";
import { MessageError, SignatureError } from "./message_error.ts";

/** What is needed to write a message; what is left out is empty. */
export interface Draft {
  readonly identities?: readonly Uint8Array[];
  readonly header: Header;
  readonly parent?: Header | undefined;
  readonly metadata?: object;
  readonly content: object;
  readonly buffers?: readonly Uint8Array[];
}

/** How messages are signed. */
export type SignatureScheme = "hmac-sha256" | "hmac-sha384" | "hmac-sha512";

const ENCODER = new TextEncoder();
const DELIMITER = ENCODER.encode("<IDS|MSG>");
const PARTS = 4; // header, parent header, metadata, content

/** A new message's header. */
export function createHeader(type: string, session: string, username = "levada"): Header {
  return {
    msg_id: crypto.randomUUID(),
    session,
    username,
    date: new Date().toISOString(),
    msg_type: type,
    version: PROTOCOL_VERSION,
  };
}

/**
 * Writes a message as frames, signed; an empty key leaves it unsigned.
 *
 * @see Source: jupyter_client, messaging, "The Wire Protocol".
 */
export function sealMessage(draft: Draft, key: string, scheme: SignatureScheme = "hmac-sha256"): Uint8Array[] {
  const { identities = [], header, parent = {}, metadata = {}, content, buffers = [] } = draft;
  const parts = [header, parent, metadata, content].map((part) => ENCODER.encode(JSON.stringify(part)));
  return [...identities, DELIMITER, ENCODER.encode(sign(parts, key, scheme)), ...parts, ...buffers];
}

/**
 * Reads a message from frames. The signature is checked before anything is parsed.
 *
 * @throws {SignatureError} If the signature is missing or wrong.
 * @throws {MessageError} If a part is missing, is not JSON, or not what it should be.
 */
export function openMessage(
  frames: readonly Uint8Array[],
  key: string,
  scheme: SignatureScheme = "hmac-sha256",
): Message {
  const start = frames.findIndex((frame) => equals(frame, DELIMITER));
  if (start < 0) throw new MessageError(`Cannot read a message of ${frames.length} frames: it has no <IDS|MSG>`);
  const signature = frames[start + 1];
  const parts = frames.slice(start + 2, start + 2 + PARTS);
  if (signature === undefined || parts.length < PARTS) {
    throw new MessageError(
      `Cannot read a message of ${frames.length} frames: it has ${parts.length} of ${PARTS} parts`,
    );
  }
  if (key !== "" && !isSame(signature, ENCODER.encode(sign(parts, key, scheme)))) {
    throw new SignatureError("Cannot take a message: its signature does not fit the key of the connection file");
  }
  const [header, parent, metadata, content] = parts.map((part, index) => parse(part, NAMES[index]!));
  return {
    identities: frames.slice(0, start),
    header: headerOf(header!, "header"),
    parent: Object.keys(parent!).length === 0 ? undefined : headerOf(parent!, "parent header"),
    metadata: metadata!,
    content: content!,
    buffers: frames.slice(start + 2 + PARTS),
  };
}

/** The signature of a message's four parts, in hex. */
export function sign(
  parts: readonly Uint8Array[],
  key: string,
  scheme: SignatureScheme = "hmac-sha256",
): string {
  if (key === "") return "";
  const hmac = createHmac(scheme.slice("hmac-".length), key);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}

const NAMES = ["header", "parent header", "metadata", "content"];
const TEXTS = ["msg_id", "session", "username", "msg_type"] as const;

function parse(bytes: Uint8Array, name: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new MessageError(
      `Cannot read the ${name} of a message as JSON: ${error instanceof Error ? error.message : error}`,
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new MessageError(`Cannot read the ${name} of a message: it is no JSON object`);
  }
  return value as Record<string, unknown>;
}

function headerOf(part: Record<string, unknown>, name: string): Header {
  const wrong = TEXTS.find((field) => typeof part[field] !== "string");
  if (wrong !== undefined) throw new MessageError(`Cannot read the ${name} of a message: its ${wrong} is no text`);
  return part as unknown as Header;
}

function isSame(given: Uint8Array, expected: Uint8Array): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function equals(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

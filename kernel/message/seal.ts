/** Messages to frames and back: names, delimiter, signature, four JSON parts, buffers (Jupyter messaging, "The wire protocol"). */

import { encodePart, kindOf, parsePart } from "./json_part.ts";
import type { Header, Message } from "./message.ts";
import { MessageError } from "./message_error.ts";
import type { ReplayGuard } from "./replay.ts";
import { checkSignature, signParts } from "./sign.ts";

const DELIMITER = new TextEncoder().encode("<IDS|MSG>");

/** Header, parent header, metadata, content. */
const JSON_PARTS = 4;

/** Without these a message can be neither understood nor answered. */
const NEEDED_FIELDS = ["msg_id", "session", "msg_type"];

/** Older clients leave these out; they are then empty. */
const OPTIONAL_FIELDS = ["username", "date", "version"];

/**
 * Writes a message as frames, signed.
 *
 * @param key The connection's key; empty: unsigned.
 * @throws {MessageError} If a part has no JSON form.
 */
export function sealMessage<Content extends object>(message: Message<Content>, key: string): Uint8Array[] {
  const parts = [
    encodePart(message.header, "header"),
    encodePart(message.parent ?? {}, "parent header"),
    encodePart(message.metadata, "metadata"),
    encodePart(message.content, "content"),
  ];
  return [...message.identities, DELIMITER, signParts(parts, key), ...parts, ...message.buffers];
}

/**
 * Reads a message from its frames. Nothing is parsed before the signature has been checked.
 *
 * @param key The connection's key; empty: signatures are not looked at.
 * @param options `replay`: also refuses what this guard has seen before.
 * @throws {SignatureError} If the signature is missing, wrong or was seen before.
 * @throws {MessageError} If a part is missing or is not what it must be.
 */
export function openMessage(
  frames: readonly Uint8Array[],
  key: string,
  options: { readonly replay?: ReplayGuard } = {},
): Message {
  const at = frames.findIndex(isDelimiter);
  if (at < 0) throw new MessageError(`Cannot read a message: none of its ${frames.length} frames is <IDS|MSG>`);
  const signature = frames[at + 1];
  const parts = frames.slice(at + 2, at + 2 + JSON_PARTS);
  const [header, parent, metadata, content] = parts;
  if (
    signature === undefined || header === undefined || parent === undefined || metadata === undefined ||
    content === undefined
  ) {
    throw new MessageError(
      `Cannot read a message: after <IDS|MSG> it needs a signature and 4 parts, it has ${
        frames.length - at - 1
      } frames`,
    );
  }
  checkSignature(signature, parts, key);
  if (key !== "") options.replay?.admit(signature);
  const parentFields = parsePart(parent, "parent header");
  return {
    identities: frames.slice(0, at),
    header: checkHeader(parsePart(header, "header"), "header"),
    parent: Object.keys(parentFields).length === 0 ? undefined : checkHeader(parentFields, "parent header"),
    metadata: parsePart(metadata, "metadata"),
    content: parsePart(content, "content"),
    buffers: frames.slice(at + 2 + JSON_PARTS),
  };
}

/** Fields that we do not know stay: a reply must give the whole header back. */
function checkHeader(fields: Record<string, unknown>, name: string): Header {
  const header: Record<string, unknown> = { username: "", date: "", version: "", ...fields };
  for (const field of [...NEEDED_FIELDS, ...OPTIONAL_FIELDS]) {
    if (typeof header[field] !== "string") {
      throw new MessageError(
        `Cannot read the ${name} of a message: "${field}" must be a string, it is ${kindOf(header[field])}`,
      );
    }
  }
  return header as unknown as Header;
}

function isDelimiter(frame: Uint8Array): boolean {
  return frame.length === DELIMITER.length && frame.every((byte, index) => byte === DELIMITER[index]);
}

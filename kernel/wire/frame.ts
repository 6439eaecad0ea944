/** Frames to bytes: a flags octet, a size of 1 or 8 octets, the body (RFC 23 and 37, "Framing"). */

/** More frames of this message follow. */
export const FLAG_MORE = 0x01;
/** The size has 8 octets. */
export const FLAG_LONG = 0x02;
/** The frame is a command. */
export const FLAG_COMMAND = 0x04;

/** The longest body whose size fits one octet. */
const SHORT_BYTES = 255;

/**
 * Writes a whole message as one run of bytes, so that it goes out in one write and arrives whole or not at all.
 *
 * @param frames At least one.
 * @throws {RangeError} If there is no frame: ZMTP has no empty message.
 */
export function encodeMessage(frames: readonly Uint8Array[]): Uint8Array {
  if (frames.length === 0) throw new RangeError("Cannot encode a message: it needs at least 1 frame, it has 0");
  let total = 0;
  for (const frame of frames) total += headBytes(frame.length) + frame.length;
  const bytes = new Uint8Array(total);
  let offset = 0;
  for (const [index, frame] of frames.entries()) {
    offset = writeFrame(bytes, offset, frame, index < frames.length - 1 ? FLAG_MORE : 0);
  }
  return bytes;
}

/** Writes a command's body as its frame; a command is always one frame. */
export function encodeCommandFrame(body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(headBytes(body.length) + body.length);
  writeFrame(bytes, 0, body, FLAG_COMMAND);
  return bytes;
}

function headBytes(size: number): number {
  return size > SHORT_BYTES ? 9 : 2;
}

function writeFrame(bytes: Uint8Array, start: number, body: Uint8Array, flags: number): number {
  const head = headBytes(body.length);
  if (head === 2) {
    bytes[start] = flags;
    bytes[start + 1] = body.length;
  } else {
    bytes[start] = flags | FLAG_LONG;
    new DataView(bytes.buffer, bytes.byteOffset + start + 1).setBigUint64(0, BigInt(body.length));
  }
  bytes.set(body, start + head);
  return start + head + body.length;
}

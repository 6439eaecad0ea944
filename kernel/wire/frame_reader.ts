/** Bytes to frames, however the bytes are cut. */

import { FLAG_COMMAND, FLAG_LONG, FLAG_MORE } from "./frame.ts";
import { WireError } from "./wire_error.ts";

/**
 * The largest frame: 256 MiB. A picture or a widget's array fits many times over, a JSON part still fits a JavaScript string
 * (2^29 characters), and a broken or hostile peer cannot take the machine's memory.
 */
export const FRAME_LIMIT_BYTES = 256 * 1024 * 1024;

/** The largest command, 1 MiB: the longest that anybody sends is a subscription, and that is a topic. */
const COMMAND_LIMIT_BYTES = 1024 * 1024;

/** Before this much of a body has come, its declared size is only a claim and takes no memory. */
const FIRST_ALLOCATION_BYTES = 64 * 1024;

const EMPTY = new Uint8Array(0);

/** One frame as it came. */
export interface Frame {
  readonly command: boolean;
  readonly more: boolean;
  readonly body: Uint8Array;
}

/** Takes chunks of any size and gives the frames that they complete. After it has thrown it is of no more use. */
export class FrameReader {
  readonly #limitBytes: number;
  /** Flags and size: 2 or 9 octets. */
  readonly #head = new Uint8Array(9);
  #headFilled = 0;
  /** The body's size once the head is whole; before that -1. */
  #size = -1;
  #body: Uint8Array = EMPTY;
  #bodyFilled = 0;

  /** @param options `limitBytes`: the largest body of a frame, default 256 MiB. */
  constructor(options: { readonly limitBytes?: number } = {}) {
    this.#limitBytes = options.limitBytes ?? FRAME_LIMIT_BYTES;
  }

  /**
   * Reads one chunk. Bodies are copies, so the caller may reuse the chunk; a chunk must be read to its end before the next.
   *
   * @throws {WireError} At a reserved flag, a command that says "more", or a size above the limit.
   */
  *read(chunk: Uint8Array): Generator<Frame, void, undefined> {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#size < 0) {
        offset = this.#readHead(chunk, offset);
        if (this.#size > 0 || this.#size < 0) continue;
      } else {
        offset = this.#readBody(chunk, offset);
        if (this.#bodyFilled < this.#size) continue;
      }
      yield this.#take();
    }
  }

  #readHead(chunk: Uint8Array, start: number): number {
    let offset = start;
    if (this.#headFilled === 0) {
      this.#head[0] = chunk[offset++]!;
      this.#headFilled = 1;
      this.#checkFlags(this.#head[0]);
    }
    const needed = (this.#head[0]! & FLAG_LONG) === 0 ? 2 : 9;
    while (this.#headFilled < needed && offset < chunk.length) this.#head[this.#headFilled++] = chunk[offset++]!;
    if (this.#headFilled < needed) return offset;
    const size = needed === 2 ? this.#head[1]! : Number(new DataView(this.#head.buffer).getBigUint64(1));
    const limit = (this.#head[0]! & FLAG_COMMAND) === 0 ? this.#limitBytes : COMMAND_LIMIT_BYTES;
    if (size > limit) throw new WireError(`Cannot read a frame of ${size} octets: the limit is ${limit}`);
    this.#size = size;
    return offset;
  }

  #checkFlags(flags: number): void {
    if ((flags & ~(FLAG_MORE | FLAG_LONG | FLAG_COMMAND)) !== 0) {
      throw new WireError(`Cannot read a frame: bits 3 to 7 of its flags must be 0, the flags are ${flags}`);
    }
    if ((flags & FLAG_COMMAND) !== 0 && (flags & FLAG_MORE) !== 0) {
      throw new WireError("Cannot read a command: it is one frame, but its flags say that more follow");
    }
  }

  #readBody(chunk: Uint8Array, offset: number): number {
    const taken = Math.min(this.#size - this.#bodyFilled, chunk.length - offset);
    if (taken === this.#size) {
      this.#body = chunk.slice(offset, offset + taken);
    } else {
      this.#reserve(this.#bodyFilled + taken);
      this.#body.set(chunk.subarray(offset, offset + taken), this.#bodyFilled);
    }
    this.#bodyFilled += taken;
    return offset + taken;
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#body.length) return;
    const wanted = Math.max(bytes, this.#body.length * 2, FIRST_ALLOCATION_BYTES);
    const grown = new Uint8Array(Math.min(wanted, this.#size));
    grown.set(this.#body.subarray(0, this.#bodyFilled));
    this.#body = grown;
  }

  #take(): Frame {
    const flags = this.#head[0]!;
    const body = this.#body;
    this.#headFilled = 0;
    this.#size = -1;
    this.#body = EMPTY;
    this.#bodyFilled = 0;
    return { command: (flags & FLAG_COMMAND) !== 0, more: (flags & FLAG_MORE) !== 0, body };
  }
}

/** Bytes to whole messages and commands. */

import { type Command, decodeCommand } from "./command.ts";
import { FRAME_LIMIT_BYTES, FrameReader } from "./frame_reader.ts";
import { WireError } from "./wire_error.ts";

/** What a frame costs beside its octets, so that endless empty frames end at the limit too. */
const FRAME_COST_BYTES = 64;

/** What came: a whole message, or a command. */
export type Received =
  | { readonly kind: "message"; readonly frames: readonly Uint8Array[] }
  | { readonly kind: "command"; readonly command: Command };

/**
 * Takes chunks of any size and gives whole messages and commands. A message that was only half sent is never seen.
 *
 * A command between two frames of one message is taken as it comes: the grammar has none there, libzmq's heartbeat may send one.
 */
export class MessageReader {
  readonly #limitBytes: number;
  readonly #reader: FrameReader;
  #frames: Uint8Array[] = [];
  #bytes = 0;

  /** @param options `limitBytes`: the largest message, all its frames together, default 256 MiB. */
  constructor(options: { readonly limitBytes?: number } = {}) {
    this.#limitBytes = options.limitBytes ?? FRAME_LIMIT_BYTES;
    this.#reader = new FrameReader({ limitBytes: this.#limitBytes });
  }

  /**
   * Reads one chunk, to its end before the next.
   *
   * @throws {WireError} If the peer broke the rules, or its message is larger than the limit.
   */
  *read(chunk: Uint8Array): Generator<Received, void, undefined> {
    for (const { command, more, body } of this.#reader.read(chunk)) {
      if (command) {
        yield { kind: "command", command: decodeCommand(body) };
        continue;
      }
      this.#bytes += body.length + (this.#frames.length > 0 ? FRAME_COST_BYTES : 0);
      if (this.#bytes > this.#limitBytes) {
        throw new WireError(
          `Cannot read a message of ${
            this.#frames.length + 1
          } frames: the limit of ${this.#limitBytes} octets is passed`,
        );
      }
      this.#frames.push(body);
      if (more) continue;
      const frames = this.#frames;
      this.#frames = [];
      this.#bytes = 0;
      yield { kind: "message", frames };
    }
  }
}

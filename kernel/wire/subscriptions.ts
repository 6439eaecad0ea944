/** What one subscriber wants to hear: topics are byte prefixes, and they are counted (RFC 29, "SUB"). */

import type { Command } from "./command.ts";
import { WireError } from "./wire_error.ts";

/** All topics of one subscriber together, 1 MiB: far beyond any use, and no way to fill our memory. */
const LIMIT_BYTES = 1024 * 1024;

/** What a topic costs beside its octets. */
const TOPIC_COST_BYTES = 64;

/** The topics of one subscriber. Subscribing twice needs cancelling twice. */
export class Subscriptions {
  readonly #topics = new Map<string, { readonly topic: Uint8Array; count: number }>();
  #bytes = 0;

  /**
   * Adds a topic; true if it was not there before.
   *
   * @throws {WireError} If all topics together pass 1 MiB.
   */
  add(topic: Uint8Array): boolean {
    const key = keyOf(topic);
    const known = this.#topics.get(key);
    if (known !== undefined) {
      known.count += 1;
      return false;
    }
    this.#bytes += topic.length + TOPIC_COST_BYTES;
    if (this.#bytes > LIMIT_BYTES) {
      throw new WireError(
        `Cannot add topic ${this.#topics.size + 1} of a subscriber: its topics pass ${LIMIT_BYTES} octets`,
      );
    }
    this.#topics.set(key, { topic: topic.slice(), count: 1 });
    return true;
  }

  /** Takes a topic away once; true if it is now gone. A topic that is not there is ignored. */
  remove(topic: Uint8Array): boolean {
    const key = keyOf(topic);
    const known = this.#topics.get(key);
    if (known === undefined) return false;
    known.count -= 1;
    if (known.count > 0) return false;
    this.#topics.delete(key);
    this.#bytes -= topic.length + TOPIC_COST_BYTES;
    return true;
  }

  /** Whether a message whose first frame this is goes to this subscriber. */
  matches(first: Uint8Array): boolean {
    for (const { topic } of this.#topics.values()) if (startsWith(first, topic)) return true;
    return false;
  }
}

/** Reads the older form of a subscription, a message of one frame: 01 or 00, then the topic; undefined if it is none. */
export function matchSubscription(frames: readonly Uint8Array[]): Extract<Command, { topic: unknown }> | undefined {
  const first = frames[0];
  if (frames.length !== 1 || first === undefined || first[0] === undefined || first[0] > 1) return undefined;
  return { kind: first[0] === 1 ? "subscribe" : "cancel", topic: first.subarray(1) };
}

/** Writes the older form of a subscription as the one frame of its message. */
export function encodeSubscription(kind: "subscribe" | "cancel", topic: Uint8Array): Uint8Array {
  const frame = new Uint8Array(1 + topic.length);
  frame[0] = kind === "subscribe" ? 1 : 0;
  frame.set(topic, 1);
  return frame;
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  if (prefix.length > bytes.length) return false;
  for (let index = 0; index < prefix.length; index++) if (bytes[index] !== prefix[index]) return false;
  return true;
}

function keyOf(topic: Uint8Array): string {
  return topic.toHex();
}

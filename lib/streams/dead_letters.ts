import { deadLetterPath } from "./dead_letter_path.ts";
import type { Delivery } from "./delivery.ts";
import { openStream, type StreamOptions } from "./open_stream.ts";
import type { Stream, StreamRecord } from "./stream.ts";

const GROUP = "dead-letters"; // whoever looks after dead letters; what it has acknowledged was sent again

/** What came to nothing in a stream: look, mend the cause, send again. */
export class DeadLetters<Body = unknown> {
  readonly #path: string;
  readonly #open: <Body>(path: string) => Promise<Stream<Body>>;

  /** Made by `deadLetters`. */
  constructor(path: string, open: <Body>(path: string) => Promise<Stream<Body>>) {
    this.#path = path;
    this.#open = open;
  }

  /** The dead letters that were not sent again, oldest first, each with its `error`. */
  async list(): Promise<StreamRecord<Body>[]> {
    const letters: StreamRecord<Body>[] = [];
    // deno-lint-ignore require-await -- what it reads is not settled: it stays
    await this.#readAll(async (delivery) => void letters.push(...delivery.records));
    return letters;
  }

  /** Sends letters again into the stream that they came from, as they were; bodies may have been mended. Tells how many were there. */
  async replay(records: Iterable<StreamRecord<Body>>): Promise<number> {
    const chosen = new Map([...records].map((record) => [record.id, record]));
    let sent = 0;
    await using stream = await this.#open<Body>(this.#path);
    await this.#readAll(async (delivery) => {
      const known = delivery.records.filter(({ id }) => chosen.has(id));
      await stream.publish(known.map(({ id }) => {
        const { key, body, headers, path, time } = chosen.get(id)!;
        return { id, key, body, headers, path, time };
      }));
      await delivery.ack(known);
      sent += known.length;
    });
    return sent;
  }

  async #readAll(take: (delivery: Delivery<Body>) => Promise<void>): Promise<void> {
    await using stream = await this.#open<Body>(deadLetterPath(this.#path));
    await using subscription = await stream.subscribe({ group: GROUP });
    for (let rest = await stream.lag(GROUP); rest > 0;) {
      const { value: delivery, done } = await subscription.next();
      if (done === true) return;
      rest -= delivery.records.length;
      await take(delivery);
    }
  }
}

/**
 * Looks after the dead letters of a stream: records that a group could not work on, however often it tried.
 *
 * @example The cause is mended, and the record sent again
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { deadLetters, openStream } from "levada";
 *
 * await using orders = await openStream<number>("memory://mended");
 * await orders.publish([{ body: 1 }]);
 * const subscription = await orders.subscribe({ group: "billing", maxTries: 1 });
 * const { value: delivery } = await subscription.next();
 * await delivery?.nack(new Error("no such customer"));
 *
 * const letters = deadLetters<number>("memory://mended");
 * const [letter] = await letters.list();
 * deepStrictEqual([letter?.body, letter?.error?.message], [1, "no such customer"]);
 * deepStrictEqual(await letters.replay(letter === undefined ? [] : [letter]), 1);
 * deepStrictEqual([(await letters.list()).length, await orders.lag("billing")], [0, 1]);
 * ```
 *
 * @param path The path of the stream itself.
 */
export function deadLetters<Body = unknown>(path: string, options: StreamOptions = {}): DeadLetters<Body> {
  return new DeadLetters<Body>(path, (name) => openStream(name, options));
}

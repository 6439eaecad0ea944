import type { Clock } from "../graph/clock.ts";
import { redactText } from "../redact_text.ts";
import type { Stream } from "../streams/stream.ts";
import type { StreamTrouble } from "./stream_trouble.ts";

const QUIET_MS = 5_000; // a reader that was killed is given up in that time, and then there is room again

/** What queues are publishing, and who lets them wait. */
export class PublishingWatch {
  readonly #clock: Clock;
  readonly #waiting = new Map<symbol, { readonly stream: Stream; readonly since: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Looks on while something is published to a stream. */
  async watch(stream: Stream, publish: () => Promise<void>): Promise<void> {
    const publication = Symbol();
    this.#waiting.set(publication, { stream, since: this.#clock.now() });
    try {
      await publish();
    } finally {
      this.#waiting.delete(publication);
    }
  }

  /** The streams that have not taken for long what they were given. */
  troubles(): readonly StreamTrouble[] {
    const now = this.#clock.now();
    const late = new Map<Stream, number>(); // in the order of beginning
    for (const { stream, since } of this.#waiting.values()) {
      if (now - since >= QUIET_MS && !late.has(stream)) late.set(stream, since);
    }
    return [...late].map(([stream, since]) => {
      const holder = stream.heldBy?.();
      return {
        act: "publish",
        stream: redactText(stream.path),
        group: holder?.group,
        since,
        reason: holder === undefined
          ? "it has not answered yet"
          : `it is full, held by group ${holder.group}, ${holder.lag} records behind${
            holder.isRead ? "" : ", which nobody reads"
          }`,
      };
    });
  }
}

/** Messages that have come and that nobody has read yet. */

import type { Frames } from "./socket.ts";

/** How much may wait before the peers are no longer read: 8 MiB. TCP then holds them back. */
const BUDGET_BYTES = 8 * 1024 * 1024;

/** What a frame costs beside its octets. */
const FRAME_COST_BYTES = 64;

/** A queue with one end to put in and one to read. Reading may stop and start again: nothing is lost in between. */
export class Inbox implements AsyncIterableIterator<Frames> {
  #messages: Frames[] = [];
  #head = 0;
  #bytes = 0;
  #closed = false;
  #readers: ((result: IteratorResult<Frames>) => void)[] = [];
  #writers: (() => void)[] = [];

  /** Puts a message in; resolves when there is room for the next. After closing, the message is gone. */
  async put(frames: Frames): Promise<void> {
    if (this.#closed) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) return reader({ done: false, value: frames });
    this.#messages.push(frames);
    this.#bytes += costOf(frames);
    if (this.#bytes <= BUDGET_BYTES) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#writers.push(resolve);
    await promise;
  }

  /** Takes the next message out, or waits for it; done once the inbox is closed. */
  next(): Promise<IteratorResult<Frames>> {
    const frames = this.#messages[this.#head];
    if (frames !== undefined) return Promise.resolve({ done: false, value: this.#take(frames) });
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    const { promise, resolve } = Promise.withResolvers<IteratorResult<Frames>>();
    this.#readers.push(resolve);
    return promise;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Takes no more messages, and ends every reader once it has had what is already there. */
  end(): void {
    this.#closed = true;
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined });
    this.#releaseWriters();
  }

  /** Ends, and throws away what is there. */
  close(): void {
    this.#messages = [];
    this.#head = 0;
    this.#bytes = 0;
    this.end();
  }

  #take(frames: Frames): Frames {
    this.#bytes -= costOf(frames);
    this.#head += 1;
    if (this.#head === this.#messages.length || this.#head >= 1024) {
      this.#messages = this.#messages.slice(this.#head);
      this.#head = 0;
    }
    if (this.#bytes <= BUDGET_BYTES / 2) this.#releaseWriters();
    return frames;
  }

  #releaseWriters(): void {
    for (const writer of this.#writers.splice(0)) writer();
  }
}

function costOf(frames: Frames): number {
  return frames.reduce((sum, frame) => sum + frame.length + FRAME_COST_BYTES, 0);
}

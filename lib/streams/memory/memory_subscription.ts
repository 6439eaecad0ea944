import type { Delivery, TryLimits } from "../delivery.ts";
import type { Subscription } from "../stream.ts";
import type { StreamClock } from "../stream_clock.ts";
import type { Member, MemoryGroup } from "./memory_group.ts";

/** What a member of a group in this process is made of. */
export interface MemberParts extends Pick<Member, "clock" | "maxRecords" | "bury"> {
  readonly group: MemoryGroup;
  readonly limits: TryLimits;
  readonly onClose: () => void;
}

/** A subscriber in this process. */
export class MemorySubscription<Body> implements Subscription<Body>, Member {
  readonly clock: StreamClock;
  readonly maxRecords: number;
  readonly limits: TryLimits;
  readonly bury: Member["bury"];
  readonly #group: MemoryGroup;
  readonly #onClose: () => void;
  readonly #asked: ((result: IteratorResult<Delivery<Body>, undefined>) => void)[] = [];
  #isClosed = false;

  constructor({ group, clock, maxRecords, limits, bury, onClose }: MemberParts) {
    this.clock = clock;
    this.maxRecords = maxRecords;
    this.limits = limits;
    this.bury = bury;
    this.#group = group;
    this.#onClose = onClose;
    group.join(this);
  }

  get isWaiting(): boolean {
    return this.#asked.length > 0;
  }

  take(delivery: Delivery): void {
    this.#asked.shift()!({ done: false, value: delivery as Delivery<Body> });
  }

  next(): Promise<IteratorResult<Delivery<Body>, undefined>> {
    if (this.#isClosed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#asked.push(resolve);
      this.#group.look();
    });
  }

  async return(): Promise<IteratorResult<Delivery<Body>, undefined>> {
    await this.close();
    return { done: true, value: undefined };
  }

  // deno-lint-ignore require-await -- a broker would have to be told
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose();
    this.#group.leave(this);
    for (const end of this.#asked.splice(0)) end({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

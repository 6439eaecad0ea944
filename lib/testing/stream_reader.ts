import type { Stream, StreamRecord, Subscription } from "../streams/stream.ts";
import { placeOf } from "./ledger.ts";

/** Reads all of a stream for whoever looks on, as a group of its own. */
export class StreamReader {
  readonly #stream: Stream;
  readonly #group: string;
  readonly #subscription: Subscription;
  readonly #records = new Map<string, StreamRecord>(); // at a broker, what was read may come again
  #more = Promise.withResolvers<void>();

  private constructor(stream: Stream, group: string, subscription: Subscription) {
    this.#stream = stream;
    this.#group = group;
    this.#subscription = subscription;
    void this.#read();
  }

  /** Begins at the first record. */
  static async open(stream: Stream): Promise<StreamReader> {
    const group = `bench-${crypto.randomUUID()}`; // a group that has read before would go on where it left
    return new StreamReader(stream, group, await stream.subscribe({ group, maxRecords: 1_000 }));
  }

  /** Everything that is in the stream now. */
  async all(): Promise<StreamRecord[]> {
    for (;;) {
      const more = this.#more.promise;
      if (await this.#stream.lag(this.#group) === 0) return [...this.#records.values()];
      await more;
    }
  }

  /** The places of what a group has not acknowledged, as the stream knows it. */
  async openOf(group: string): Promise<ReadonlySet<string>> {
    const places = new Set<string>();
    for await (const record of this.#stream.look(group)) places.add(placeOf(record));
    return places;
  }

  /** Leaves. */
  async close(): Promise<void> {
    await this.#stream.close();
  }

  async #read(): Promise<void> {
    try {
      for await (const delivery of this.#subscription) {
        for (const record of delivery) this.#records.set(placeOf(record), record);
        await delivery.ack();
        this.#more.resolve();
        this.#more = Promise.withResolvers();
      }
    } catch (error) {
      this.#more.promise.catch(() => {}); // told to who looks
      this.#more.reject(error);
    }
  }
}

import type { Delivery } from "../streams/delivery.ts";
import type { StreamRecord } from "../streams/stream.ts";

interface Together {
  readonly delivery: Delivery;
  readonly records: StreamRecord[];
}

/** Acknowledges in one go what of a delivery is done at the same moment. */
export class Acknowledging {
  readonly #onSettled: (records: readonly StreamRecord[], failure: { readonly error: unknown } | undefined) => void;
  #together: Together[] = [];

  /** Tells what was acknowledged in one go, or could not be: then the error says how many of them. */
  constructor(onSettled: (records: readonly StreamRecord[], failure: { readonly error: unknown } | undefined) => void) {
    this.#onSettled = onSettled;
  }

  /** Acknowledges a record of a delivery. */
  ack(record: StreamRecord, delivery: Delivery): void {
    const others = this.#together.find((together) => together.delivery === delivery);
    if (others !== undefined) return void others.records.push(record);
    if (this.#together.length === 0) queueMicrotask(() => this.#tell());
    this.#together.push({ delivery, records: [record] });
  }

  #tell(): void {
    for (const { delivery, records } of this.#together.splice(0)) {
      delivery.ack(records).then(
        () => this.#onSettled(records, undefined),
        (error) => this.#onSettled(records, { error }),
      );
    }
  }
}

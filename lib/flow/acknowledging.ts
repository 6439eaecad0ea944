import type { Delivery } from "../streams/delivery.ts";
import type { StreamRecord } from "../streams/stream.ts";

/** Acknowledges in one go what of a delivery is done at the same moment. */
export class Acknowledging {
  readonly #together = new Map<Delivery, { readonly records: StreamRecord[]; readonly told: Promise<void> }>();

  /** Resolves when the record is acknowledged. Where some cannot be, it rejects for the first of them alone, and says how many. */
  async ack(record: StreamRecord, delivery: Delivery): Promise<void> {
    const others = this.#together.get(delivery);
    if (others === undefined) return await this.#begin(record, delivery);
    others.records.push(record);
    await others.told.catch(() => {});
  }

  #begin(record: StreamRecord, delivery: Delivery): Promise<void> {
    const records = [record];
    const told = Promise.resolve().then(() => {
      this.#together.delete(delivery);
      return delivery.ack(records);
    });
    this.#together.set(delivery, { records, told });
    return told;
  }
}

import { Delivery } from "../streams/delivery.ts";
import type {
  LookedRecord,
  NewRecord,
  Stream,
  StreamRecord,
  SubscribeOptions,
  Subscription,
} from "../streams/stream.ts";
import { MAX_TRIES } from "../streams/subscribe_options.ts";
import type { Ledger } from "./ledger.ts";

/** A stream as a function of the bench has it: what it is given and what it acknowledges is written down. */
export class WatchedStream<Body> implements Stream<Body> {
  readonly path: string;
  readonly #stream: Stream<Body>;
  readonly #ledgerOf: (group: string) => Ledger;
  #ended: Promise<void> | undefined;

  /** `path` is what the function knows it by, wherever it is. */
  constructor(stream: Stream<Body>, { path, ledgerOf }: { path: string; ledgerOf: (group: string) => Ledger }) {
    this.path = path;
    this.#stream = stream;
    this.#ledgerOf = ledgerOf;
  }

  publish(records: readonly NewRecord<Body>[]): Promise<void> {
    return this.#stream.publish(records);
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription<Body>> {
    const subscription = await this.#stream.subscribe(options);
    const ledger = this.#ledgerOf(options.group);
    const next = async (): Promise<IteratorResult<Delivery<Body>, undefined>> => {
      const result = await subscription.next();
      if (result.done === true || this.#ended !== undefined) return { done: true, value: undefined };
      for (const record of result.value) ledger.give(record);
      return { done: false, value: new WatchedDelivery(result.value, ledger, options) };
    };
    const close = () => subscription.close();
    const watched: Subscription<Body> = {
      next,
      close,
      [Symbol.asyncIterator]: () => watched,
      [Symbol.asyncDispose]: close,
    };
    return watched;
  }

  lag(group: string): Promise<number> {
    return this.#stream.lag(group);
  }

  look(group: string): AsyncGenerator<LookedRecord<Body>> {
    return this.#stream.look(group);
  }

  close(): Promise<void> {
    return this.#ended ??= this.#stream.close();
  }

  abandon(): Promise<void> {
    return this.#ended ??= this.#stream.abandon?.() ?? this.#stream.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** A delivery whose fate is written down. */
class WatchedDelivery<Body> extends Delivery<Body> {
  readonly #delivery: Delivery<Body>;
  readonly #ledger: Ledger;
  readonly #maxTries: number;

  constructor(delivery: Delivery<Body>, ledger: Ledger, { maxTries = MAX_TRIES }: SubscribeOptions) {
    super(delivery.records, UNUSED, { maxTries, backoffMs: 0 });
    this.#delivery = delivery;
    this.#ledger = ledger;
    this.#maxTries = maxTries;
  }

  override async ack(records?: Iterable<StreamRecord<Body>>): Promise<void> {
    const taken = [...records ?? this.records];
    await this.#delivery.ack(records && taken);
    for (const record of taken) this.#ledger.settle(record);
  }

  override async retry(afterMs: number, records?: Iterable<StreamRecord<Body>>): Promise<void> {
    await this.#delivery.retry(afterMs, records);
  }

  override async putBack(records?: Iterable<StreamRecord<Body>>): Promise<void> {
    const taken = [...records ?? this.records];
    await this.#delivery.putBack(records && taken);
    for (const record of taken) this.#ledger.takeBack(record);
  }

  override async nack(error: unknown, records?: Iterable<StreamRecord<Body>>): Promise<void> {
    const taken = [...records ?? this.records];
    await this.#delivery.nack(error, records && taken);
    for (const record of taken) if (record.tries >= this.#maxTries) this.#ledger.settle(record);
  }

  override async bury(error: unknown, records?: Iterable<StreamRecord<Body>>): Promise<void> {
    const taken = [...records ?? this.records];
    await this.#delivery.bury(error, records && taken);
    for (const record of taken) this.#ledger.settle(record);
  }
}

/** The delivery within settles; the one around it only tells. */
const UNUSED = {
  commit: unreachable,
  deliverAgain: unreachable,
  putBack: unreachable,
  bury: unreachable,
};

function unreachable(): never {
  throw new Error("A watched delivery settles nothing itself");
}

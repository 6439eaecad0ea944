import { StreamError } from "../../errors.ts";
import type { Exchange } from "../exchange.ts";
import type { Stream } from "../stream.ts";
import type { KafkaMessage } from "./kafka_client.ts";
import { faultOf } from "./kafka_fault.ts";
import type { KafkaMember } from "./kafka_member.ts";
import type { KafkaTransactor } from "./kafka_transactor.ts";

/** What an exchange is made of. */
export interface ExchangeParts {
  /** As messages name what is read. */
  readonly name: string;
  readonly topic: string;
  readonly transactor: KafkaTransactor;
  /** Opens a topic whose messages are added here. */
  readonly openOutput: (path: string) => Promise<Stream>;
}

/** Exchanges the records of a topic for others at the same brokers, in transactions. */
export class KafkaExchange implements Exchange {
  readonly #parts: ExchangeParts;
  #input: Stream | undefined;
  #messages: KafkaMessage[] = [];
  /** How many bytes each of its topics takes at once. */
  mostBytes = Infinity;
  /** Who reads; set by the subscriber. */
  member: KafkaMember | undefined;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
  }

  get input(): Stream {
    return this.#input!;
  }

  set input(input: Stream) {
    this.#input = input;
  }

  output(path: string): Promise<Stream> {
    return this.#parts.openOutput(path);
  }

  /** They go with the next commit. */
  add(messages: readonly KafkaMessage[]): void {
    for (const message of messages) this.#messages.push(message);
  }

  async commit(): Promise<void> {
    const { name, topic, transactor } = this.#parts;
    const act = `exchange records of ${name}`;
    const messages = this.#messages;
    this.#messages = [];
    if (this.member === undefined) throw new StreamError(`Cannot ${act}: nobody reads it`);
    try {
      await this.member.exchange((place) => transactor.run({ ...place, topic, messages, mostBytes: this.mostBytes }));
    } catch (error) {
      throw faultOf(act, error);
    }
  }

  async discard(): Promise<void> {
    this.#messages = [];
    if (this.member?.hasSettled === true) await this.member.beginAnew();
  }

  async close(): Promise<void> {
    await this.#parts.transactor.close();
  }
}

import { StreamError } from "../../errors.ts";
import { type Exchange, type ExchangeOutput, OutputError, type Sealed } from "../exchange.ts";
import { sealRecords } from "../record.ts";
import type { NewRecord, Stream } from "../stream.ts";
import type { KafkaMessage } from "./kafka_client.ts";
import type { KafkaDriverParts } from "./kafka_driver.ts";
import { faultOf } from "./kafka_fault.ts";
import type { Exchanged } from "./kafka_keeping.ts";
import type { KafkaMember } from "./kafka_member.ts";
import { BATCH_BYTES, leastOf, messageOf, sizeOf } from "./kafka_message.ts";
import { readMaxBytes } from "./kafka_topic.ts";
import { type KafkaTransactor, PartFailure, PartRefusal } from "./kafka_transactor.ts";

/** Gives a message with less than the last time; undefined where there is nothing to leave out any more. */
export type SmallerMessage = () => KafkaMessage | undefined;

/** A record that a topic of the exchange has sealed. */
export interface SealedMessage extends Sealed {
  readonly message: KafkaMessage;
}

interface Added {
  message: KafkaMessage;
  readonly smaller?: SmallerMessage | undefined;
}

/** What an exchange is made of. */
export interface ExchangeParts {
  /** As messages name what is read. */
  readonly name: string;
  readonly topic: string;
  readonly transactor: KafkaTransactor;
  readonly openOutput: (path: string) => Promise<ExchangeOutput>;
}

/** Exchanges the records of a topic for others at the same brokers, in transactions. */
export class KafkaExchange implements Exchange {
  readonly #parts: ExchangeParts;
  #input: Stream | undefined;
  #letters: Added[] = [];
  readonly #outputs: (KafkaDriverParts & { readonly path: string })[] = [];
  #mostBytes = Infinity; // that each of its topics takes at once
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

  output(path: string): Promise<ExchangeOutput> {
    return this.#parts.openOutput(path);
  }

  /** There is one topic more. */
  join(path: string, output: KafkaDriverParts): void {
    this.#outputs.push({ ...output, path });
    this.#mostBytes = Math.min(this.#mostBytes, output.topic.maxBytes);
  }

  /** Dead letters: they go with the next commit; `smaller` is for one alone. */
  add(letters: readonly KafkaMessage[], smaller?: SmallerMessage): void {
    for (const message of letters) this.#letters.push({ message, smaller });
  }

  async commit(sealed: readonly Sealed[]): Promise<void> {
    const act = `exchange records of ${this.#parts.name}`;
    const added: Added[] = [
      ...(sealed as readonly SealedMessage[]).map(({ message }) => ({ message })),
      ...this.#letters,
    ];
    this.#letters = [];
    if (this.member === undefined) throw new StreamError(`Cannot ${act}: nobody reads it`);
    try {
      await this.member.exchange((place) => this.#keep(added, place));
    } catch (error) {
      throw this.#outputFault(error) ?? faultOf(act, error);
    }
  }

  async discard(): Promise<void> {
    this.#letters = [];
    if (this.member?.hasSettled === true) await this.member.beginAnew();
  }

  async close(): Promise<void> {
    await this.#parts.transactor.close();
  }

  /** What is known of sizes may be old, or nothing: what a broker alone finds too large goes again, less at once or with less in it. */
  async #keep(added: readonly Added[], place: Exchanged): Promise<void> {
    const { topic, transactor } = this.#parts;
    for (;;) {
      const messages = added.map(({ message }) => message);
      try {
        return await transactor.run({ ...place, topic, messages, mostBytes: this.#mostBytes });
      } catch (error) {
        if (!(error instanceof PartRefusal)) throw error;
        const [only, ...more] = error.part;
        if (more.length > 0) this.#mostBytes = BATCH_BYTES + error.part.reduce((sum, one) => sum + sizeOf(one), 0) / 2;
        else if (!isSmaller(added.find(({ message }) => message === only))) {
          await this.#lower(only!);
          throw error;
        }
      }
    }
  }

  /** What is wrong, where it is with one of the topics that it goes to. */
  #outputFault(error: unknown): OutputError | undefined {
    if (!(error instanceof PartFailure)) return undefined;
    const { path, at: { name } } = this.#outputs.find(({ at: { topic } }) => topic === error.part[0]!.topic)!;
    const fault = faultOf(`publish to ${name}`, error);
    return new OutputError(fault.message, path, { cause: fault });
  }

  /** What is made anew of its record is refused before it is added. */
  async #lower(message: KafkaMessage): Promise<void> {
    for (const { at: { topic: name }, topic, admin } of this.#outputs) {
      if (name !== message.topic) continue;
      const told = await readMaxBytes(admin, name).catch(() => Infinity);
      topic.maxBytes = Math.min(told, leastOf(message) - 1);
    }
  }
}

/** A topic where what becomes of the records goes. */
export class KafkaOutput implements ExchangeOutput {
  readonly #parts: KafkaDriverParts;

  constructor(parts: KafkaDriverParts) {
    this.#parts = parts;
  }

  seal(records: readonly NewRecord[]): SealedMessage[] {
    const { at: { name, topic }, topic: { maxBytes }, clock } = this.#parts;
    return sealRecords(records, () => clock.now()).map((record) => {
      const message = messageOf(record, { topic, maxBytes, act: `publish to ${name}` });
      return { message, bytes: sizeOf(message) };
    });
  }

  async close(): Promise<void> {
    await this.#parts.admin.close().catch(() => {});
  }
}

/** Makes a message smaller, where it can be. */
function isSmaller(added: Added | undefined): boolean {
  const message = added?.smaller?.();
  if (message === undefined) return false;
  added!.message = message;
  return true;
}

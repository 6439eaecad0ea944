import type { StreamError } from "../../errors.ts";
import type { StreamAway } from "../answering.ts";
import type { Reader } from "../reader.ts";
import type { Given, ReaderSource } from "../reader_source.ts";
import type { StreamClock } from "../stream_clock.ts";
import type { SubscribePlan } from "../subscribe_options.ts";
import type { KafkaCluster } from "./kafka_cluster.ts";
import type { KafkaCursor } from "./kafka_cursor.ts";
import type { KafkaExchange } from "./kafka_exchange.ts";
import { KafkaFetcher } from "./kafka_fetcher.ts";
import { KafkaMember, RebalanceError } from "./kafka_member.ts";

/** What a source is made of. */
export interface SourceParts {
  readonly cluster: KafkaCluster;
  readonly name: string;
  readonly topic: string;
  readonly plan: SubscribePlan;
  readonly clock: StreamClock;
  readonly reader: Reader;
  readonly onEnd: (source: KafkaSource) => void;
  /** Where what is acknowledged is kept with what is published. */
  readonly exchange: KafkaExchange | undefined;
}

/** What a subscriber to a topic reads from. */
export class KafkaSource implements ReaderSource<KafkaCursor> {
  readonly #parts: SourceParts;
  readonly #member: KafkaMember;
  readonly #fetcher: KafkaFetcher;
  #turn = 0;

  constructor(parts: SourceParts) {
    this.#parts = parts;
    const { cluster, name, topic, plan, reader, exchange } = parts;
    const onFault = (error: StreamError) => reader.fail(error);
    const onChange = () => reader.look();
    const isExchanged = exchange !== undefined;
    this.#member = new KafkaMember({ cluster, name, topic, plan, isExchanged, onFault, onChange });
    if (isExchanged) exchange.member = this.#member;
    const { cursors } = this.#member;
    const onRecords = () => reader.look();
    this.#fetcher = new KafkaFetcher({ cluster, name, topic, group: plan.group, cursors, onRecords, onFault });
  }

  /** Whose subscriber it is. */
  get group(): string {
    return this.#parts.plan.group;
  }

  /** The group's places in the partitions that are read here, whether they may give something or not. */
  get places(): readonly KafkaCursor[] {
    return [...this.#member.cursors.values()];
  }

  async join(): Promise<void> {
    await this.#member.join();
  }

  cursors(): readonly KafkaCursor[] {
    return this.#member.mayGive ? this.places : [];
  }

  /** Each partition is first in its turn, not by time: that is the clock of whoever published, and one that is slow would hold up the rest. */
  *heads(): Generator<Given<KafkaCursor>> {
    const now = this.#parts.clock.now();
    const cursors = this.cursors();
    this.#turn += 1;
    for (let index = 0; index < cursors.length; index++) {
      const cursor = cursors[(this.#turn + index) % cursors.length]!;
      for (let stored = cursor.head(now); stored !== undefined; stored = cursor.head(now)) yield { cursor, stored };
    }
  }

  async keep(cursors: ReadonlySet<KafkaCursor>, what: "given" | "done" | "again"): Promise<void> {
    if (what !== "given") this.#member.settled(what === "done" ? cursors : []);
    if (what === "done") await this.#member.save(cursors);
    else if (what === "given") await this.#member.note(cursors);
    else await this.#member.note(cursors).catch(passRebalance);
  }

  away(): StreamAway | undefined {
    return this.#fetcher.answering.away;
  }

  /** While others come or go nothing is given out, and it is looked again. */
  faultOf(error: unknown): unknown {
    return error instanceof RebalanceError ? undefined : error;
  }

  rest(isWaiting: boolean): void {
    if (isWaiting) this.#member.saveIdle();
    this.#member.settled(); // what could not be given out is in hand no more
    this.#fetcher.pump();
  }

  async leave(): Promise<void> {
    this.#parts.onEnd(this);
    await Promise.all([this.#member.leave(), this.#fetcher.close()]);
  }

  async abandon(): Promise<void> {
    this.#parts.onEnd(this);
    await Promise.all([this.#member.abandon(), this.#fetcher.close()]);
  }
}

/** Where others come or go, everything is noted before they do. */
function passRebalance(error: unknown): void {
  if (!(error instanceof RebalanceError)) throw error;
}

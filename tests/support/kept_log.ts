import { hashOf } from "../../lib/streams/hash_of.ts";
import type { BrokerLog, Document, KeptRecord, Position } from "../../lib/streams/leased/broker_log.ts";
import type { WireRecord } from "../../lib/streams/record.ts";

/** What a broker keeps, in this process: for all that opened a stream. Offsets have gaps, as those of brokers may. */
export class KeptBroker {
  readonly partitions: KeptRecord[][];
  readonly documents = new Map<string, Document>();
  readonly listeners = new Set<(group: string | undefined) => void>();
  readonly now: () => number;
  #last = 0;
  #version = 0;

  constructor(partitions: number, now: () => number) {
    this.partitions = Array.from({ length: partitions }, () => []);
    this.now = now;
  }

  get end(): number {
    return this.#last + 1;
  }

  add(record: WireRecord): void {
    const offset = this.#last += 3;
    const partition = (record.key === undefined ? offset : hashOf(record.key)) % this.partitions.length;
    this.partitions[partition]!.push({ ...record, offset, place: `at ${offset}`, publishedAt: this.now() });
  }

  write(name: string, text: string, over: number): number | undefined {
    if ((this.documents.get(name)?.version ?? 0) !== over) return undefined;
    const version = this.#version += 1;
    this.documents.set(name, { version, text });
    return version;
  }

  /** As a server does that has lost what it kept: the numbers begin anew. */
  empty(): void {
    for (const records of this.partitions) records.length = 0;
    this.documents.clear();
    this.#last = this.#version = 0;
  }

  tell(group: string | undefined): void {
    for (const listener of this.listeners) queueMicrotask(() => listener(group));
  }
}

/** A connection to a `KeptBroker`. */
export class KeptLog implements BrokerLog {
  readonly name = "kept://lab";
  readonly partitions: number;
  readonly away = undefined;
  /** What the next calls fail with. */
  fault: Error | undefined;
  readonly #broker: KeptBroker;
  #listener: ((group: string | undefined) => void) | undefined;

  constructor(broker: KeptBroker) {
    this.#broker = broker;
    this.partitions = broker.partitions.length;
  }

  async now(): Promise<number> {
    await this.#turn();
    return this.#broker.now();
  }

  async beginning(from: "start" | "end" | Date): Promise<Position[]> {
    await this.#turn();
    return this.#broker.partitions.map((records) => {
      const first = from === "end"
        ? undefined
        : records.find(({ publishedAt }) => from === "start" || publishedAt >= from.getTime());
      return { offset: first?.offset ?? this.#broker.end, behind: "" };
    });
  }

  check(): void {}

  async append(records: readonly WireRecord[]): Promise<void> {
    await this.#turn();
    for (const record of records) this.#broker.add(record);
    this.#broker.tell(undefined);
  }

  async read(partition: number, { offset }: Position, most: number): Promise<KeptRecord[]> {
    await this.#turn();
    return this.#broker.partitions[partition]!.filter((record) => record.offset >= offset).slice(0, most);
  }

  async find(partition: number, wanted: readonly { offset: number }[]): Promise<KeptRecord[]> {
    await this.#turn();
    const offsets = new Set(wanted.map(({ offset }) => offset));
    return this.#broker.partitions[partition]!.filter(({ offset }) => offsets.has(offset));
  }

  async countFrom(partition: number, { offset }: Position): Promise<number> {
    await this.#turn();
    return this.#broker.partitions[partition]!.filter((record) => record.offset >= offset).length;
  }

  async readDocuments(group: string, names: readonly string[]): Promise<(Document | undefined)[]> {
    await this.#turn();
    return names.map((name) => this.#broker.documents.get(`${group}/${name}`));
  }

  async writeDocument(group: string, name: string, text: string, over: number): Promise<number | undefined> {
    await this.#turn();
    return this.#broker.write(`${group}/${name}`, text, over);
  }

  tellGroup(group: string): void {
    this.#broker.tell(group);
  }

  async watch(listener: (group: string | undefined) => void): Promise<void> {
    await this.#turn();
    this.#listener = listener;
    this.#broker.listeners.add(listener);
  }

  // deno-lint-ignore require-await -- brokers are told
  async close(): Promise<void> {
    if (this.#listener !== undefined) this.#broker.listeners.delete(this.#listener);
  }

  async #turn(): Promise<void> {
    await undefined;
    if (this.fault !== undefined) throw this.fault;
  }
}

import type { Buffer } from "node:buffer";
import { StreamError } from "../../errors.ts";
import type { StreamAway } from "../answering.ts";
import { hashOf } from "../hash_of.ts";
import type { BrokerLog, Document, KeptRecord, Position } from "../leased/broker_log.ts";
import { RefusedError } from "../leased/refused_error.ts";
import type { WireRecord } from "../record.ts";
import type { Answer, RedisClient } from "./redis_client.ts";
import { readEntry } from "./redis_entry.ts";
import { APPEND, BEGIN, COUNT, READ, WRITE } from "./redis_scripts.ts";
import { writeEntries } from "./written_entries.ts";

/** What a stream in Redis is made of. */
export interface RedisLogParts {
  readonly client: RedisClient;
  /** As messages name it. */
  readonly name: string;
  /** The key that everything of the stream begins with. */
  readonly key: string;
  readonly partitions: number;
  /** How long records are kept, in milliseconds; 0 for ever. */
  readonly retentionMs: number;
}

/** A document on its way. */
interface Writing {
  readonly words: readonly string[];
  readonly resolve: (version: number) => void;
  readonly reject: (error: unknown) => void;
}

const MANY = 32; // records: so many are small, and one of them more is no matter
const MARK_MS = 120_000; // longer than anybody tries to publish
const LARGEST_BYTES = 512 * 1024 * 1024 - 1; // Redis' `proto-max-bulk-len`, unless it is set otherwise

/** A stream in Redis: the streams `name:0`, `name:1` … by key, the hash `name` of what it is, and `name:groups` of who has read what. */
export class RedisLog implements BrokerLog {
  readonly name: string;
  readonly partitions: number;
  readonly #parts: RedisLogParts;
  readonly #channel: string;
  readonly #groups: string;
  readonly #writings: Writing[] = [];
  #keyless = Math.floor(Math.random() * 1_024); // processes begin at partitions of their own

  constructor(parts: RedisLogParts) {
    this.name = parts.name;
    this.partitions = parts.partitions;
    this.#parts = parts;
    this.#channel = `${parts.key}:news`;
    this.#groups = `${parts.key}:groups`;
  }

  get away(): StreamAway | undefined {
    return this.#parts.client.answering.away;
  }

  async now(): Promise<number> {
    const [seconds, microseconds] = await this.#parts.client.send("read the groups of", "TIME") as Answer[];
    return Number(String(seconds)) * 1_000 + Math.floor(Number(String(microseconds)) / 1_000);
  }

  async beginning(from: "start" | "end" | Date): Promise<Position[]> {
    const word = from instanceof Date ? String(Math.max(0, from.getTime())) : from;
    await this.#sayWhatItIs();
    return await this.#each(async (partition) => {
      const [offset, behind] = await this.#run("subscribe to", BEGIN, [this.#stream(partition)], [word]) as Answer[];
      return { offset: Number(String(offset)), behind: String(behind) };
    });
  }

  check({ bytes }: WireRecord): void {
    if (bytes.length <= LARGEST_BYTES) return;
    throw new StreamError(
      `Cannot publish to ${this.name}: a record has ${bytes.length} bytes, and Redis takes ${LARGEST_BYTES}`,
    );
  }

  async append(records: readonly WireRecord[]): Promise<void> {
    const { client, key, retentionMs } = this.#parts;
    const streams: string[] = [];
    const places = Array.from({ length: this.partitions }, () => "");
    const placeOf = ({ key }: WireRecord) => {
      const partition = (key === undefined ? this.#keyless++ : hashOf(key)) % this.partitions;
      return places[partition] ||= String(streams.push(this.#stream(partition)) + 1);
    };
    const entries = writeEntries(records, placeOf);
    const mark = `${key}:publication:${crypto.randomUUID()}`;
    const words: (string | Uint8Array)[] = ["EVAL", APPEND, String(streams.length + 1), mark, ...streams];
    words.push(String(MARK_MS), this.#channel, String(retentionMs));
    for (const word of entries) words.push(word);
    const answer = await client.sendAll("publish to", words);
    const [_, kept, refusal] = /^(\d+) (.*)$/s.exec(String(answer)) ?? [];
    if (refusal === undefined) return;
    throw new RefusedError(`Cannot publish to ${this.name}: Redis answers ${refusal}`, Number(kept));
  }

  async read(partition: number, { offset, behind }: Position, most: number): Promise<KeptRecord[]> {
    const stream = this.#stream(partition);
    if (most >= MANY) { // a script that gives records costs the server four times as much
      const kept = await this.#parts.client.send("read", "XRANGE", stream, behind, "+", "COUNT", String(most + 1));
      const [last, ...next] = kept as (readonly [id: Buffer, ...Answer[]])[];
      if (last === undefined) return [];
      if (last[0].toString() === behind) return next.map((entry, index) => readEntry(entry, offset + index));
    } // else what was read last has been trimmed, and perhaps more
    const words = [behind, String(offset), String(most)];
    const [first, ...entries] = await this.#run("read", READ, [stream], words) as Answer[];
    return entries.map((entry, index) => readEntry(entry, Number(String(first)) + index));
  }

  async find(partition: number, wanted: readonly Pick<KeptRecord, "offset" | "place">[]): Promise<KeptRecord[]> {
    const found = await Promise.all(wanted.map(async ({ offset, place }) => {
      const entries = await this.#parts.client.send(
        "read",
        "XRANGE",
        this.#stream(partition),
        place,
        place,
      ) as Answer[];
      return entries.map((entry) => readEntry(entry, offset));
    }));
    return found.flat();
  }

  async countFrom(partition: number, { offset, behind }: Position): Promise<number> {
    return await this.#run("ask for the lag of", COUNT, [this.#stream(partition)], [String(offset), behind]) as number;
  }

  async readDocuments(group: string, names: readonly string[]): Promise<(Document | undefined)[]> {
    const fields = names.map((name) => `${group}/${name}`);
    const texts = await this.#parts.client.send("read the groups of", "HMGET", this.#groups, ...fields) as Answer[];
    return texts.map((kept) => {
      if (kept === null) return undefined;
      const [_, version, text] = /^(\d+) (.*)$/s.exec(String(kept)) ?? [];
      return { version: Number(version), text: text! };
    });
  }

  async writeDocument(group: string, name: string, text: string, over: number): Promise<number | undefined> {
    const version = await new Promise<number>((resolve, reject) => {
      if (this.#writings.length === 0) queueMicrotask(() => void this.#writeAll()); // those of one moment go together
      this.#writings.push({ words: [`${group}/${name}`, String(over), text], resolve, reject });
    });
    return version === 0 ? undefined : version;
  }

  async groups(): Promise<string[]> {
    const fields = await this.#fields();
    return [...new Set(fields.map((field) => field.slice(0, field.lastIndexOf("/"))))];
  }

  async forgetGroup(group: string): Promise<void> {
    const fields = (await this.#fields()).filter((field) => field.slice(0, field.lastIndexOf("/")) === group);
    if (fields.length > 0) await this.#parts.client.send("forget a group of", "HDEL", this.#groups, ...fields);
  }

  async remove(): Promise<void> {
    const streams = Array.from({ length: this.partitions }, (_, partition) => this.#stream(partition));
    await this.#parts.client.send("delete", "DEL", this.#parts.key, this.#groups, ...streams);
  }

  tellGroup(group: string): void {
    this.#parts.client.send("tell", "PUBLISH", this.#channel, group).catch(() => {}); // who misses it looks at its next beat
  }

  async watch(listener: (group: string | undefined) => void): Promise<void> {
    await this.#parts.client.listen(this.#channel, (group) => listener(group || undefined));
  }

  // deno-lint-ignore require-await -- other brokers are told
  async close(): Promise<void> {
    this.#parts.client.close();
  }

  /** Where Redis came back empty, who opens the stream next is to find as many partitions as there were. */
  async #sayWhatItIs(): Promise<void> {
    const { client, key, partitions, retentionMs } = this.#parts;
    await client.send("subscribe to", "HSETNX", key, "partitions", String(partitions));
    if (retentionMs > 0) await client.send("subscribe to", "HSETNX", key, "retention", String(retentionMs));
  }

  async #fields(): Promise<string[]> {
    return (await this.#parts.client.send("read the groups of", "HKEYS", this.#groups) as Answer[]).map(String);
  }

  async #writeAll(): Promise<void> {
    const writings = this.#writings.splice(0);
    try {
      const words = writings.flatMap(({ words }) => words);
      const versions = await this.#run("settle records of", WRITE, [this.#groups], words) as number[];
      for (const [index, { resolve }] of writings.entries()) resolve(versions[index]!);
    } catch (error) {
      for (const { reject } of writings) reject(error);
    }
  }

  #stream(partition: number): string {
    return `${this.#parts.key}:${partition}`;
  }

  async #run(
    act: string,
    script: string,
    keys: readonly string[],
    words: readonly (string | Uint8Array)[],
  ): Promise<Answer> {
    return await this.#parts.client.sendAll(act, ["EVAL", script, String(keys.length)].concat(keys, words as string[]));
  }

  async #each<Value>(ask: (partition: number) => Promise<Value>): Promise<Value[]> {
    return await Promise.all(Array.from({ length: this.partitions }, (_, partition) => ask(partition)));
  }
}

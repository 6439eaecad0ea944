import { Buffer } from "node:buffer";
import { StreamError } from "../../errors.ts";
import type { StreamAway } from "../answering.ts";
import { hashOf } from "../hash_of.ts";
import type { BrokerLog, Document, KeptRecord, Position } from "../leased/broker_log.ts";
import type { WireRecord } from "../record.ts";
import { TooLargeError } from "../too_large_error.ts";
import { type V3ioClient, V3ioRefusal } from "./v3io_client.ts";
import { writeV3ioRecord } from "./v3io_record.ts";
import { V3ioShard } from "./v3io_shard.ts";

/** What a stream of v3io is made of. */
export interface V3ioLogParts {
  readonly client: V3ioClient;
  /** As messages name it. */
  readonly name: string;
  /** Its path in its container. */
  readonly stream: string;
  readonly partitions: number;
}

interface Put {
  readonly FailedRecordCount: number;
  readonly Records: readonly { readonly ErrorMessage?: string }[];
}

const RECORD_BYTES = 1_048_576; // v3io's limit of a record's data
const MOST_TOGETHER = 1_000; // and of the records of a request
const TOGETHER_BYTES = 7_000_000; // which takes 10 MB, and base64 makes four of three
const LOOK_MS = 200; // it tells nobody of news: who waits looks so often
const MEMBERS = "members"; // what a group keeps who is in it under

/**
 * A stream of v3io: a shard a partition, chosen by key, and beside it the items of a table `NAME-groups`, for the groups. What Iguazio's
 * own clients keep of their groups is another's, and stays as it is.
 */
export class V3ioLog implements BrokerLog {
  readonly name: string;
  readonly partitions: number;
  readonly #parts: V3ioLogParts;
  readonly #shards: readonly V3ioShard[];
  readonly #groups = new Map<string, number | undefined>();
  #listener: ((group: string | undefined) => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #keyless = Math.floor(Math.random() * 1_024); // processes begin at partitions of their own

  constructor(parts: V3ioLogParts) {
    this.name = parts.name;
    this.partitions = parts.partitions;
    this.#parts = parts;
    const { client, stream, partitions } = parts;
    this.#shards = Array.from({ length: partitions }, (_, shard) => new V3ioShard(client, `${stream}/${shard}/`));
  }

  get away(): StreamAway | undefined {
    return this.#parts.client.answering.away;
  }

  async beginning(from: "start" | "end" | Date): Promise<Position[]> {
    return await Promise.all(this.#shards.map((shard) => shard.beginning(from)));
  }

  check(record: WireRecord): void {
    const size = writeV3ioRecord(record).length;
    if (size <= RECORD_BYTES) return;
    throw new TooLargeError(
      `Cannot publish to ${this.name}: a record has ${size} bytes as v3io keeps it, and v3io takes ${RECORD_BYTES}. Send where the data are`,
    );
  }

  async append(records: readonly WireRecord[]): Promise<void> {
    let together: object[] = [];
    let bytes = 0;
    const put = async () => {
      if (together.length > 0) await this.#put(together);
      [together, bytes] = [[], 0];
    };
    for (const record of records) {
      const data = writeV3ioRecord(record);
      if (together.length >= MOST_TOGETHER || bytes + data.length > TOGETHER_BYTES) await put();
      const shard = (record.key === undefined ? this.#keyless++ : hashOf(record.key)) % this.partitions;
      together.push({ Data: Buffer.from(data).toString("base64"), ShardId: shard });
      bytes += data.length;
    }
    await put();
    this.#listener?.(undefined);
  }

  async read(partition: number, from: Position, most: number): Promise<KeptRecord[]> {
    return await this.#shards[partition]!.read(from, most);
  }

  async find(partition: number, wanted: readonly Pick<KeptRecord, "offset">[]): Promise<KeptRecord[]> {
    return await this.#shards[partition]!.find(wanted.map(({ offset }) => offset));
  }

  async countFrom(partition: number, from: Position): Promise<number> {
    return await this.#shards[partition]!.countFrom(from);
  }

  async readDocuments(group: string, names: readonly string[]): Promise<(Document | undefined)[]> {
    return await Promise.all(names.map((name) => this.#readDocument(group, name)));
  }

  async writeDocument(group: string, name: string, text: string, over: number): Promise<number | undefined> {
    if (!this.#groups.has(group)) this.#groups.set(group, undefined);
    const version = over + 1;
    const body = {
      Item: { version: { N: String(version) }, text: { S: text } },
      UpdateMode: "CreateOrReplaceAttributes",
      ConditionExpression: over === 0 ? "not(exists(version))" : `version == ${over}`,
    };
    const path = this.#document(group, name);
    try {
      await this.#parts.client.send("settle records of", { call: "PutItem", method: "PUT", path, body });
      return version;
    } catch (error) {
      if (!(error instanceof V3ioRefusal)) throw error;
      const kept = await this.#readDocument(group, name);
      if (kept?.version === version && kept.text === text) return version; // the same writing, whose answer was lost
      if ((kept?.version ?? 0) !== over) return undefined;
      throw error;
    }
  }

  tellGroup(group: string): void {
    this.#listener?.(group); // others see it when they look
  }

  // deno-lint-ignore require-await -- other brokers are asked
  async watch(listener: (group: string | undefined) => void): Promise<void> {
    this.#listener = listener;
    this.#lookLater();
  }

  // deno-lint-ignore require-await -- other brokers are told
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#parts.client.close();
  }

  #lookLater(): void {
    if (this.#parts.client.isClosed) return;
    this.#timer = setTimeout(() => void this.#look().catch(() => {}).finally(() => this.#lookLater()), LOOK_MS);
  }

  async #look(): Promise<void> {
    this.#listener?.(undefined);
    for (const [group, seen] of this.#groups) {
      const version = (await this.#readDocument(group, MEMBERS))?.version;
      this.#groups.set(group, version);
      if (seen !== undefined && version !== seen) this.#listener?.(group);
    }
  }

  async #put(records: readonly object[]): Promise<void> {
    const act = "publish to";
    const path = `${this.#parts.stream}/`;
    const call = { call: "PutRecords", method: "POST", path, body: { Records: records } } as const;
    const { FailedRecordCount: failed, Records: put } = await this.#parts.client.send<Put>(act, call);
    if (!(failed > 0)) return;
    const word = put.find(({ ErrorMessage }) => ErrorMessage !== undefined)?.ErrorMessage ?? "it does not say why";
    throw new StreamError(
      `Cannot ${act} ${this.name}: V3IO has not kept ${failed} of ${records.length} records: ${word}`,
    );
  }

  async #readDocument(group: string, name: string): Promise<Document | undefined> {
    const path = this.#document(group, name);
    const body = { AttributesToGet: "version,text" };
    const call = { call: "GetItem", method: "PUT", path, body } as const;
    try {
      const { Item: { version, text } } = await this.#parts.client.send<
        { Item: { version?: { N: string }; text?: { S: string } } }
      >("read the groups of", call);
      return version === undefined || text === undefined ? undefined : { version: Number(version.N), text: text.S };
    } catch (error) {
      if (error instanceof V3ioRefusal && error.status === 404) return undefined;
      throw error;
    }
  }

  #document(group: string, name: string): string {
    return `${this.#parts.stream}-groups/${Buffer.from(group).toString("hex")}-${name}`; // names have few letters
  }
}

import { Buffer } from "node:buffer";
import type { KeptRecord, Position } from "../leased/broker_log.ts";
import { type V3ioClient, V3ioRefusal } from "./v3io_client.ts";
import { readV3ioRecord } from "./v3io_record.ts";

interface Got {
  readonly NextLocation: string;
  readonly RecordsBehindLatest: number;
  readonly Records: readonly {
    readonly SequenceNumber: number;
    readonly ArrivalTimeSec: number;
    readonly ArrivalTimeNSec: number;
    readonly PartitionKey?: string;
    readonly Data: string;
  }[];
}

type Seek = { readonly Type: "EARLIEST" | "LATEST" } | {
  readonly Type: "SEQUENCE";
  readonly StartingSequenceNumber: number;
} | { readonly Type: "TIME"; readonly TimestampSec: number; readonly TimestampNSec: number };

const AT = "@"; // in front of a location of v3io's, in the place of a record's number

/** A shard of a stream of v3io, to read from. An offset is a record's sequence number, or 0 where none is known yet. */
export class V3ioShard {
  readonly #client: V3ioClient;
  readonly #path: string;
  /** Where it goes on, if that is asked for next. */
  #next: { readonly offset: number; readonly location: string } | undefined;

  constructor(client: V3ioClient, path: string) {
    this.#client = client;
    this.#path = path;
  }

  /** Where a group that is new begins. */
  async beginning(from: "start" | "end" | Date): Promise<Position> {
    if (from === "start") return { offset: 0, behind: "" };
    const time = from instanceof Date ? Math.max(0, from.getTime()) : 0;
    const location = await this.#seek(
      "subscribe to",
      from === "end" ? { Type: "LATEST" } : {
        Type: "TIME",
        TimestampSec: Math.floor(time / 1000),
        TimestampNSec: (time % 1000) * 1_000_000,
      },
    );
    return { offset: 0, behind: location === undefined ? "" : `${AT}${location}` };
  }

  async read({ offset, behind }: Position, most: number): Promise<KeptRecord[]> {
    const next = this.#next;
    this.#next = undefined;
    let location = offset > 0 && next?.offset === offset ? next.location : await this.#find("read", { offset, behind });
    while (location !== undefined) {
      const got = await this.#get("read", location, most);
      if (got === undefined) break;
      const records = got.Records.map(readGot).filter((record) => record.offset >= offset);
      const end = records.at(-1)?.offset ?? offset - 1;
      if (end >= 0) this.#next = { offset: end + 1, location: got.NextLocation };
      if (records.length > 0 || got.Records.length === 0) return records;
      location = got.NextLocation; // all of them were before the offset
    }
    return [];
  }

  async find(offsets: readonly number[]): Promise<KeptRecord[]> {
    const found: KeptRecord[] = [];
    const rest = new Set(offsets);
    for (const offset of offsets.toSorted((one, other) => one - other)) {
      if (!rest.has(offset)) continue; // it came with one before
      const location = await this.#seek("read", { Type: "SEQUENCE", StartingSequenceNumber: offset }).catch(gone);
      const got = location === undefined ? undefined : await this.#get("read", location, rest.size);
      found.push(...(got?.Records ?? []).map(readGot).filter((record) => rest.delete(record.offset)));
      rest.delete(offset);
    }
    return found;
  }

  async countFrom(position: Position): Promise<number> {
    const act = "ask for the lag of";
    let location = await this.#find(act, position);
    while (location !== undefined) {
      const got = await this.#get(act, location, 1);
      const first = got?.Records[0];
      if (got === undefined || first === undefined) return 0;
      if (first.SequenceNumber >= position.offset) return got.RecordsBehindLatest + 1;
      location = got.NextLocation;
    }
    return 0;
  }

  /** Where a position is; undefined where nothing is there yet. It may be before the position, by a record or by all of them. */
  async #find(act: string, { offset, behind }: Position): Promise<string | undefined> {
    if (behind.startsWith(AT)) return behind.slice(AT.length);
    // the record before is there, unless it has gone with the retention; the next may not be
    const before: Seek = { Type: "SEQUENCE", StartingSequenceNumber: offset - 1 };
    const location = offset > 1 ? await this.#seek(act, before).catch(gone) : undefined;
    return location ?? await this.#seek(act, { Type: "EARLIEST" });
  }

  /** Undefined where the shard has had no record yet. */
  async #seek(act: string, body: Seek): Promise<string | undefined> {
    const call = { call: "SeekShard", method: "PUT", path: this.#path, body } as const;
    try {
      return (await this.#client.send<{ Location: string }>(act, call)).Location;
    } catch (error) {
      if (error instanceof V3ioRefusal && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Where the location has gone with the retention, from the oldest record that is there. */
  async #get(act: string, location: string, most: number): Promise<Got | undefined> {
    const got = (location: string) => {
      const body = { Location: location, Limit: most };
      return this.#client.send<Got>(act, { call: "GetRecords", method: "PUT", path: this.#path, body });
    };
    try {
      return await got(location);
    } catch (error) {
      gone(error);
      const earliest = await this.#seek(act, { Type: "EARLIEST" });
      return earliest === undefined ? undefined : await got(earliest);
    }
  }
}

/** What was sought is not there any more: v3io's answer is taken for that, unless it is of rights. */
function gone(error: unknown): undefined {
  if (error instanceof V3ioRefusal && error.status !== 401 && error.status !== 403) return undefined;
  throw error;
}

function readGot(got: Got["Records"][number]): KeptRecord {
  const { SequenceNumber: offset, ArrivalTimeSec: sec, ArrivalTimeNSec: nsec, PartitionKey: key, Data } = got;
  const record = readV3ioRecord(new Uint8Array(Buffer.from(Data, "base64")));
  return {
    ...record,
    key: record.key ?? (key || undefined),
    offset,
    place: String(offset),
    publishedAt: sec * 1000 + Math.floor(nsec / 1_000_000),
  };
}

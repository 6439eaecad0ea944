/** A fake of Iguazio's v3io, by the contract of its web interface as its own clients speak it: no real one can be had. */

import { Buffer } from "node:buffer";
import { type Got, type Loopback, serveLoopback } from "./loopback.ts";

interface Kept {
  readonly sequence: number;
  readonly atMs: number;
  readonly data: string;
  readonly info: string | undefined;
  readonly key: string | undefined;
}

interface KeptStream {
  readonly hours: number;
  readonly shards: Kept[][];
  readonly ends: number[];
}

type Item = Record<string, { N?: string; S?: string }>;

const ACCESS_KEY = "access";
const RECORD_BYTES = 1_048_576;

/** What the fake keeps, and how it behaves; a server can be ended and another started with the same. */
export class FakeV3io {
  readonly streams = new Map<string, KeptStream>();
  readonly items = new Map<string, Item>();
  /** Milliseconds since 1970, for what comes from now on. */
  now = () => Date.now();
  /** Answers a request in another way, where it gives an answer. */
  hinder: ((call: string, got: Got) => Response | undefined) | undefined;
  /** Does what is asked, and answers in another way. */
  garble: ((call: string, got: Got) => Response | undefined) | undefined;

  /** Listens, until it is ended. */
  serve(): Loopback {
    return serveLoopback((got) => {
      const call = got.headers.get("x-v3io-function") ?? "";
      const hindered = this.hinder?.(call, got);
      if (hindered !== undefined) return hindered;
      const answer = this.#answer(call, got);
      return this.garble?.(call, got) ?? answer;
    });
  }

  #answer(call: string, { method, path, headers, body }: Got): Response {
    if (headers.get("x-v3io-session-key") !== ACCESS_KEY) return refuse(401, "Permission denied");
    const asked = body === "" ? {} : JSON.parse(body);
    const at = decodeURIComponent(path).replace(/\/$/, "");
    const answer = this.#calls[`${method} ${call}`];
    return answer === undefined ? refuse(400, `Unknown function ${call}`) : answer(at, asked);
  }

  // deno-lint-ignore no-explicit-any -- bodies of requests, of any shape
  readonly #calls: Readonly<Record<string, (at: string, asked: any) => Response>> = {
    "POST CreateStream": (at, { ShardCount, RetentionPeriodHours }) => {
      if (this.streams.has(at)) return refuse(409, "ResourceInUseException");
      const shards = Array.from({ length: ShardCount }, () => []);
      this.streams.set(at, { hours: RetentionPeriodHours, shards, ends: shards.map(() => 0) });
      return new Response(null, { status: 204 });
    },
    "PUT DescribeStream": (at) => {
      const stream = this.streams.get(at);
      if (stream === undefined) return refuse(404, "ResourceNotFoundException");
      return Response.json({ ShardCount: stream.shards.length, RetentionPeriodHours: stream.hours });
    },
    "POST PutRecords": (at, { Records }) => {
      const stream = this.streams.get(at);
      if (stream === undefined) return refuse(404, "ResourceNotFoundException");
      if (Records.length > 1000) return refuse(400, "Too many records");
      const put = Records.map((record: Record<string, string> & { ShardId: number }) => {
        const shard = stream.shards[record.ShardId];
        if (shard === undefined) return { ErrorCode: -2, ErrorMessage: "ShardIDOutOfRangeException" };
        if (Buffer.byteLength(record.Data!, "base64") > RECORD_BYTES) {
          return { ErrorCode: -3, ErrorMessage: "Record is too large" };
        }
        const sequence = ++stream.ends[record.ShardId]!;
        shard.push({
          sequence,
          atMs: this.now(),
          data: record.Data!,
          info: record.ClientInfo,
          key: record.PartitionKey,
        });
        return { SequenceNumber: sequence, ShardId: record.ShardId };
      });
      const FailedRecordCount = put.filter((one: { ErrorCode?: number }) => one.ErrorCode !== undefined).length;
      return Response.json({ FailedRecordCount, Records: put });
    },
    "PUT SeekShard": (at, { Type, StartingSequenceNumber, TimestampSec, TimestampNSec }) => {
      const shard = this.#shard(at);
      if (shard === undefined || shard.end === 0) return refuse(404, "No such shard"); // it is made with its first record
      const first = shard.records[0]?.sequence ?? shard.end + 1;
      if (Type === "EARLIEST") return located(first);
      if (Type === "LATEST") return located(shard.end + 1);
      if (Type === "TIME") {
        const atMs = TimestampSec * 1000 + TimestampNSec / 1_000_000;
        return located(shard.records.find((record) => record.atMs >= atMs)?.sequence ?? shard.end + 1);
      }
      const isThere = StartingSequenceNumber >= first && StartingSequenceNumber <= shard.end;
      return isThere ? located(StartingSequenceNumber) : refuse(400, "The sequence number is not there");
    },
    "PUT GetRecords": (at, { Location, Limit = 1000 }) => {
      const shard = this.#shard(at);
      const from = Number(/^location (\d+)$/.exec(Buffer.from(String(Location), "base64").toString())?.[1]);
      if (shard === undefined) return refuse(404, "No such shard");
      if (!(from >= (shard.records[0]?.sequence ?? 1))) return refuse(400, "IllegalLocationException");
      const behind = shard.records.filter(({ sequence }) => sequence >= from);
      const records = behind.slice(0, Limit);
      return Response.json({
        NextLocation: locationOf(from + records.length),
        MSecBehindLatest: 0,
        RecordsBehindLatest: behind.length - records.length,
        Records: records.map(({ sequence, atMs, data, info, key }) => ({
          SequenceNumber: sequence,
          ArrivalTimeSec: Math.floor(atMs / 1000),
          ArrivalTimeNSec: (atMs % 1000) * 1_000_000,
          Data: data,
          ...(info === undefined ? {} : { ClientInfo: info }),
          ...(key === undefined ? {} : { PartitionKey: key }),
        })),
      });
    },
    "PUT GetItem": (at, { AttributesToGet }) => {
      const item = this.items.get(at);
      if (item === undefined) return refuse(404, "No such item");
      const names = (AttributesToGet as string).split(",").filter((name) => name in item);
      return Response.json({ Item: Object.fromEntries(names.map((name) => [name, item[name]])) });
    },
    "PUT PutItem": (at, { Item, ConditionExpression: condition }) => {
      const item = this.items.get(at);
      const [, version] = /^version == (\d+)$/.exec(condition) ?? [];
      const isTrue = condition === "not(exists(version))"
        ? item?.version === undefined
        : version !== undefined && item?.version?.N === version;
      if (!isTrue) return refuse(400, "The condition is false");
      this.items.set(at, { ...item, ...Item });
      return new Response(null, { status: 204 });
    },
  };

  /** Lets go of records of a shard, as the retention does. */
  expire(stream: string, shard: number, before: number): void {
    const { shards } = this.streams.get(stream)!;
    shards[shard] = shards[shard]!.filter(({ sequence }) => sequence >= before);
  }

  #shard(at: string): { records: readonly Kept[]; end: number } | undefined {
    const [, stream = "", id = ""] = /^(.*)\/(\d+)$/.exec(at) ?? [];
    const kept = this.streams.get(stream);
    const records = kept?.shards[Number(id)];
    return records === undefined ? undefined : { records, end: kept!.ends[Number(id)]! };
  }
}

function locationOf(sequence: number): string {
  return Buffer.from(`location ${sequence}`).toString("base64");
}

function located(sequence: number): Response {
  return Response.json({ Location: locationOf(sequence) });
}

function refuse(status: number, word: string): Response {
  return Response.json({ ErrorCode: -1, ErrorMessage: word }, { status });
}

import { MissingStreamError, StreamError } from "../../errors.ts";
import { openLettersOf } from "../dead_letter_path.ts";
import { type BrokerPath, readBrokerPath } from "../leased/broker_path.ts";
import { SESSION_MS } from "../leased/leased_driver.ts";
import { leasedStream } from "../leased/leased_stream.ts";
import { OfflineError } from "../leased/offline_error.ts";
import { PATIENCE, type Patience } from "../leased/patience.ts";
import type { DrivenStream } from "../driven_stream.ts";
import type { StreamOptions } from "../open_stream.ts";
import { MACHINE_CLOCK } from "../stream_clock.ts";
import { type Answer, RedisClient } from "./redis_client.ts";
import { RedisLog } from "./redis_log.ts";

/** How a stream in Redis is opened. */
export interface RedisOptions extends StreamOptions {
  /** How long a group waits for a subscriber of which nothing is heard, in milliseconds. Default 5,000. */
  readonly sessionMs?: number | undefined;
  /** How long to wait for the server. */
  readonly patience?: Patience | undefined;
}

const PORT = 6379;
const PARTITIONS = 4;

/**
 * Opens a stream in Redis 7 or later: `redis://host:6379/orders?partitions=8&retention=7d`.
 *
 * @throws {StreamError} If the path says something that there is not, or the server cannot be reached, refuses, or has no such stream.
 */
export async function openRedis<Body = unknown>(
  path: string,
  options: RedisOptions = {},
): Promise<DrivenStream<Body>> {
  const { clock = MACHINE_CLOCK, sessionMs = SESSION_MS, patience = PATIENCE } = options;
  const place = readBrokerPath(path, PORT);
  const { name } = place; // without its password
  const client = await RedisClient.connect(place, patience);
  try {
    await refuseCluster(client, name);
    const log = new RedisLog({ client, name, key: place.stream, ...await agree(client, place) });
    const openLetters = () => openLettersOf(path, (letters) => openRedis(letters, options));
    return leasedStream<Body>({ log, clock, sessionMs, group: place.group, openLetters });
  } catch (error) {
    client.close();
    throw error;
  }
}

/** A cluster keeps a stream's keys at several servers, and a script reaches those of one. */
async function refuseCluster(client: RedisClient, name: string): Promise<void> {
  const told = await client.send("open", "INFO", "cluster").catch((error) => {
    if (error instanceof OfflineError) throw error;
    return ""; // who may not ask is told by the first command that does not pass
  });
  if (!/^cluster_enabled:1/m.test(String(told))) return;
  throw new StreamError(
    `Cannot open ${name}: the server is one of a Redis cluster, and a stream needs all of its keys at one server. Give a server of its own, with replicas or without`,
  );
}

/** What the stream is like; it is made where there is none. */
async function agree(
  client: RedisClient,
  { name, stream, options }: BrokerPath,
): Promise<{ partitions: number; retentionMs: number }> {
  const type = String(await client.send("open", "TYPE", stream));
  if (type !== "none" && type !== "hash") {
    throw new StreamError(`Cannot open ${name}: the key "${stream}" holds a ${type}, no stream of this kind`);
  }
  if (type === "none") {
    if (options.create === false) {
      throw new MissingStreamError(`Cannot open ${name}: there is no such stream, and create=false`);
    }
    await client.send("open", "HSETNX", stream, "partitions", String(options.partitions ?? PARTITIONS));
  }
  const { partitions, retention } = options;
  const [kept, keptRetention] = await client.send("open", "HMGET", stream, "partitions", "retention") as Answer[];
  const count = Number(String(kept));
  if (!(Number.isSafeInteger(count) && count >= 1)) {
    throw new StreamError(`Cannot open ${name}: the key "${stream}" holds a hash, no stream of this kind`);
  }
  if (partitions !== undefined && partitions !== count) {
    throw new StreamError(`Cannot open ${name}: the stream has ${count} partitions already, and keys would move`);
  }
  if (retention !== undefined) await client.send("open", "HSET", stream, "retention", String(retention));
  return { partitions: count, retentionMs: retention ?? (keptRetention === null ? 0 : Number(String(keptRetention))) };
}

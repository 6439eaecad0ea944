import { StreamError } from "../errors.ts";
import { DummyStream } from "./dummy_stream.ts";
import { MemoryBroker } from "./memory/memory_broker.ts";
import type { Stream } from "./stream.ts";
import type { StreamClock } from "./stream_clock.ts";

/** How a stream is opened. */
export interface StreamOptions {
  /** The time that it goes by. Default: the machine's. */
  readonly clock?: StreamClock | undefined;
  /** How many records may wait for the slowest group before `publish` waits, 1 or more. Default 10,000; brokers have rules of their own. */
  readonly capacityRecords?: number | undefined;
  /**
   * How long a group waits for a subscriber of which nothing is heard, in milliseconds. Default 10,000 for Kafka, whose servers take
   * 6,000 or more, else 5,000; in this process nobody goes missing.
   */
  readonly sessionMs?: number | undefined;
  /**
   * How late news of other processes may be on `local://`, in milliseconds, 1 or more: looking often costs 1 % of a core. Default: some
   * milliseconds; elsewhere the broker tells.
   */
  readonly newsMs?: number | undefined;
}

type Open = <Body>(path: string, options: StreamOptions) => Stream<Body> | Promise<Stream<Body>>;

const IN_THIS_PROCESS = new MemoryBroker();

/** Every kind of stream that there is, by the scheme of its paths. */
const DRIVERS: Readonly<Record<string, Open>> = {
  memory: (path, options) => IN_THIS_PROCESS.open(path, options),
  local: async (path, options) => {
    const { openLocal } = await import("./local/open_local.ts"); // SQLite is not for those who never ask
    return await openLocal(path, options);
  },
  nats: async (path, options) => {
    const { openNats } = await import("./nats/open_nats.ts");
    return await openNats(path, options);
  },
  redis: async (path, options) => {
    const { openRedis } = await import("./redis/open_redis.ts");
    return await openRedis(path, options);
  },
  kafka: async (path, options) => {
    const { openKafka } = await import("./kafka/open_kafka.ts");
    return await openKafka(path, options);
  },
  v3io: openV3ioStream,
  v3ios: openV3ioStream,
  dummy: (path, { clock }) => new DummyStream(path, clock),
};

async function openV3ioStream<Body>(path: string, options: StreamOptions): Promise<Stream<Body>> {
  const { openV3io } = await import("./v3io/open_v3io.ts");
  return await openV3io<Body>(path, options);
}

/**
 * Opens a stream by its path. `memory://name` lives in this process, with `?partitions=` (default 4) and `?capacity=` (default
 * 10,000); `local://name` lies in a file, for the processes of this machine; `kafka://host/topic`, `redis://host/name`,
 * `nats://host/name` and `v3io://host/container/name` are kept by servers, for whoever reaches them; `dummy://` keeps what is published in a list.
 *
 * @example A group reads what was published, and acknowledges it
 * ```ts
 * import { deepStrictEqual } from "node:assert/strict";
 * import { openStream } from "levada";
 *
 * await using orders = await openStream<{ n: number }>("memory://orders");
 * await orders.publish([{ key: "ann", body: { n: 1 } }, { key: "ann", body: { n: 2 } }]);
 * for await (const delivery of await orders.subscribe({ group: "billing" })) {
 *   deepStrictEqual(delivery.records.map(({ key, body }) => [key, body.n]), [["ann", 1], ["ann", 2]]);
 *   await delivery.ack();
 *   break;
 * }
 * deepStrictEqual(await orders.lag("billing"), 0);
 * ```
 *
 * @throws {StreamError} If there is no driver for the path's scheme, or the driver cannot read the path.
 */
export async function openStream<Body = unknown>(path: string, options: StreamOptions = {}): Promise<Stream<Body>> {
  return await DRIVERS[checkScheme(path)]!<Body>(path, options);
}

/**
 * The scheme of a path, for which there is a driver.
 *
 * @throws {StreamError} If there is none.
 */
export function checkScheme(path: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(path)?.[1]?.toLowerCase();
  if (scheme !== undefined && Object.hasOwn(DRIVERS, scheme)) return scheme;
  const known = Object.keys(DRIVERS).map((name) => `${name}://`).join(", ");
  throw new StreamError(`Cannot open stream "${path}": the kinds of streams are ${known}`);
}

/** A process that publishes numbers to a stream at a broker, or reads them, and ends by itself; it tells in lines of JSON. */

import { openKafka } from "../../lib/streams/kafka/open_kafka.ts";
import { openNats } from "../../lib/streams/nats/open_nats.ts";
import { openRedis } from "../../lib/streams/redis/open_redis.ts";
import type { Stream } from "../../lib/streams/stream.ts";
import { openV3io } from "../../lib/streams/v3io/open_v3io.ts";

/** What the process is to do. */
export interface BrokerTask {
  readonly path: string;
  readonly sessionMs: number;
  /** Publishes the numbers from 0 up to this one; number `n` has the key `n % 20`. */
  readonly publish?: number;
  /** Reads as this group: so many numbers, each acknowledged, or, where nothing is acknowledged, until it is killed. */
  readonly read?: { readonly group: string; readonly acknowledges: boolean; readonly count: number };
}

const OPENERS: Readonly<Record<string, (path: string, options: { sessionMs: number }) => Promise<Stream<number>>>> = {
  kafka: openKafka<number>,
  nats: openNats<number>,
  redis: openRedis<number>,
  v3io: openV3io<number>,
};

if (import.meta.main) await run(JSON.parse(Deno.args[0]!));

async function run({ path, sessionMs, publish = 0, read }: BrokerTask): Promise<void> {
  const open = OPENERS[path.slice(0, path.indexOf(":"))]!;
  await using stream = await open(path, { sessionMs });
  await stream.publish(Array.from({ length: publish }, (_, n) => ({ body: n, key: `key ${n % 20}` })));
  if (read === undefined) return;
  const { group, acknowledges, count } = read;
  let rest = count;
  const subscription = await stream.subscribe({ group, maxRecords: 10 });
  console.log("[]"); // it has its place
  for await (const delivery of subscription) {
    console.log(JSON.stringify(delivery.records.map(({ body }) => body)));
    if (!acknowledges) continue;
    await delivery.ack();
    rest -= delivery.records.length;
    if (rest <= 0) return;
  }
}

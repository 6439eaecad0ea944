import { StreamError } from "../../errors.ts";
import type { Kept } from "../driven_stream.ts";
import { inOrder } from "../in_order.ts";
import type { KafkaCluster } from "./kafka_cluster.ts";
import { KafkaCursor } from "./kafka_cursor.ts";
import { KafkaFetcher } from "./kafka_fetcher.ts";
import type { GroupPlace } from "./kafka_lag.ts";

/** Where to look. */
export interface KafkaLook {
  readonly cluster: KafkaCluster;
  readonly name: string;
  readonly topic: string;
  readonly group: string;
  /** Where the group is, in each partition. */
  readonly places: readonly GroupPlace[];
}

/** What a group has not acknowledged, see `Stream.look`: fetched by a client that is in no group. */
export async function* lookAtTopic({ places, ...at }: KafkaLook): AsyncGenerator<Kept> {
  const cursors = new Map(places.map(({ partition, from }) => [partition, new KafkaCursor(partition, from)]));
  let news = Promise.withResolvers<void>();
  let fault: StreamError | undefined;
  const tell = () => {
    news.resolve();
    news = Promise.withResolvers();
  };
  const fetcher = new KafkaFetcher({
    ...at,
    cursors,
    onRecords: tell,
    onFault(error) {
      fault = error;
      tell();
    },
  });

  async function* unread({ partition, from, end }: GroupPlace): AsyncGenerator<Kept, undefined> {
    for (let offset: number | undefined = from; offset < end;) {
      const cursor = cursors.get(partition)!; // another one where records have gone with the topic's retention
      const record = cursor.head(0);
      if (record === undefined) {
        if (cursor.partition.end >= end) return undefined;
        if (fault !== undefined) throw fault;
        const told = news.promise;
        fetcher.pump();
        await told;
        continue;
      }
      if (record.offset >= end) return undefined;
      cursor.take(record.offset);
      cursor.commit(record.offset);
      offset = record.offset + 1;
      yield { partition, publishedAt: record.publishedAt, record };
    }
    return undefined;
  }

  try {
    yield* inOrder(places.map(unread));
  } finally {
    await fetcher.close();
  }
}

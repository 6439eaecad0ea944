import { StreamError } from "../../errors.ts";
import { inOrder } from "../in_order.ts";
import { lookAt } from "../record.ts";
import type { LookedRecord } from "../stream.ts";
import type { KafkaCluster } from "./kafka_cluster.ts";
import { type FetchedRecord, KafkaCursor } from "./kafka_cursor.ts";
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

interface Kept {
  readonly partition: number;
  readonly publishedAt: number;
  readonly record: FetchedRecord;
}

/** What a group has not acknowledged, see `Stream.look`: fetched by a client that is in no group. */
export async function* lookAtTopic<Body>({ places, ...at }: KafkaLook): AsyncGenerator<LookedRecord<Body>> {
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
      const next = cursor.peek(0);
      if (next === undefined) {
        if (cursor.partition.end >= end) return undefined;
        if (fault !== undefined) throw fault;
        const told = news.promise;
        fetcher.pump();
        await told;
        continue;
      }
      if (next >= end) return undefined;
      const record = cursor.give(next);
      cursor.commit(next);
      offset = next + 1;
      yield { partition, publishedAt: record.publishedAt, record };
    }
    return undefined;
  }

  try {
    for await (const { partition, record } of inOrder(places.map(unread))) {
      const { offset, publishedAt } = record;
      yield lookAt(record, { partition: String(partition), offset: String(offset), publishedAt });
    }
  } finally {
    await fetcher.close();
  }
}

import type { KafkaAdmin } from "./kafka_client.ts";
import type { KafkaCursor } from "./kafka_cursor.ts";

/** Which group's lag, where. */
export interface LagQuestion {
  readonly topic: string;
  readonly partitions: number;
  readonly group: string;
  /** The group's places that are known here: they know of each record. Of others the broker keeps one offset a partition. */
  readonly cursors: () => readonly KafkaCursor[];
}

const EARLIEST = -2n;
const LATEST = -1n;
const READ_COMMITTED = 1;

/** How many records a group has not acknowledged; all where it never read. */
export async function readLag(admin: KafkaAdmin, question: LagQuestion): Promise<number> {
  const { topic, partitions, group, cursors } = question;
  const indexes = Array.from({ length: partitions }, (_, index) => index);
  const list = async (timestamp: bigint) => {
    const [listed] = await admin.listOffsets({
      topics: [{ name: topic, partitions: indexes.map((partitionIndex) => ({ partitionIndex, timestamp })) }],
      isolationLevel: READ_COMMITTED,
    });
    return new Map(listed?.partitions.map(({ partitionIndex, offset }) => [partitionIndex, Number(offset)]));
  };
  const [ends, firsts, [known]] = await Promise.all([
    list(LATEST),
    list(EARLIEST),
    admin.listConsumerGroupOffsets({
      groups: [{ groupId: group, topics: [{ name: topic, partitionIndexes: indexes }] }],
    }),
  ]);
  const committed = new Map(
    known?.topics.find(({ name }) => name === topic)?.partitions.map((
      { partitionIndex, committedOffset },
    ) => [partitionIndex, Number(committedOffset)]),
  );
  const here = new Map(cursors().map((cursor) => [cursor.partition.index, cursor]));
  return indexes.reduce((lag, index) => {
    const end = ends.get(index) ?? 0;
    const cursor = here.get(index);
    if (cursor !== undefined) return lag + cursor.fetched + Math.max(0, end - cursor.partition.end);
    const first = firsts.get(index) ?? 0;
    return lag + Math.max(0, end - Math.max(first, committed.get(index) ?? -1));
  }, 0);
}

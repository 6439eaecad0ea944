import type { KafkaAdmin } from "./kafka_client.ts";
import type { KafkaCursor } from "./kafka_cursor.ts";

/** Which group's lag, where. */
export interface LagQuestion extends PlaceQuestion {
  /** The group's places that are known here: they know of each record. Of others the broker keeps one offset a partition. */
  readonly cursors: () => readonly KafkaCursor[];
}

/** Which group, where. */
export interface PlaceQuestion {
  readonly topic: string;
  readonly partitions: number;
  readonly group: string;
}

/** Where a group is in a partition, as the broker keeps it: at the first record where it never read. */
export interface GroupPlace {
  readonly partition: number;
  readonly from: number;
  /** Behind the newest record. */
  readonly end: number;
}

const EARLIEST = -2n;
const LATEST = -1n;
const READ_COMMITTED = 1;

/** How many records a group has not acknowledged; all where it never read. */
export async function readLag(admin: KafkaAdmin, question: LagQuestion): Promise<number> {
  const places = await readPlaces(admin, question);
  const here = new Map(question.cursors().map((cursor) => [cursor.partition.index, cursor]));
  return places.reduce((lag, { partition, from, end }) => {
    const cursor = here.get(partition);
    return lag + (cursor === undefined ? end - from : cursor.fetched + Math.max(0, end - cursor.partition.end));
  }, 0);
}

/** Where a group is in each partition. */
export async function readPlaces(
  admin: KafkaAdmin,
  { topic, partitions, group }: PlaceQuestion,
): Promise<GroupPlace[]> {
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
  return indexes.map((partition) => {
    const end = ends.get(partition) ?? 0;
    const from = Math.max(firsts.get(partition) ?? 0, committed.get(partition) ?? -1);
    return { partition, from: Math.min(from, end), end };
  });
}

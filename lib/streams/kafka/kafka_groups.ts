import type { StreamGroup } from "../stream_group.ts";
import type { KafkaAdmin } from "./kafka_client.ts";
import { says } from "./kafka_fault.ts";

/** Which topic, of which the broker keeps how far groups are. */
interface Topic {
  readonly topic: string;
  readonly partitions: number;
}

/** The groups that have read a topic, or read it now, in the order of their names. */
export async function groupsOf(admin: KafkaAdmin, { topic, partitions }: Topic): Promise<StreamGroup[]> {
  const names = [...(await admin.listGroups()).keys()].toSorted();
  if (names.length === 0) return [];
  const partitionIndexes = Array.from({ length: partitions }, (_, index) => index);
  const [described, kept] = await Promise.all([
    admin.describeGroups({ groups: names }),
    admin.listConsumerGroupOffsets({
      groups: names.map((groupId) => ({ groupId, topics: [{ name: topic, partitionIndexes }] })),
    }),
  ]);
  const known = new Set(
    kept.filter(({ topics }) =>
      topics.some(({ name, partitions }) => name === topic && partitions.some((one) => one.committedOffset >= 0n))
    ).map(({ groupId }) => groupId),
  );
  return names.flatMap((group) => {
    const members = [...described.get(group)?.members.values() ?? []];
    const readers = members.filter(({ metadata }) => metadata?.topics?.includes(topic)).length;
    return readers > 0 || known.has(group) ? [{ group, readers, heardAt: undefined, isWaitedFor: false }] : [];
  });
}

/** Forgets how far a group has read a topic; tells whether it did: not where somebody reads it by now. */
export async function forgetGroup(admin: KafkaAdmin, { topic, partitions }: Topic, group: string): Promise<boolean> {
  const partitionIndexes = Array.from({ length: partitions }, (_, index) => index);
  try {
    await admin.deleteConsumerGroupOffsets({ groupId: group, topics: [{ name: topic, partitionIndexes }] });
    return true;
  } catch (error) {
    if (says(error, "GROUP_SUBSCRIBED_TO_TOPIC")) return false;
    throw error;
  }
}

/** A member of a group, as the one that leads it sees it. */
export interface GroupMember {
  /** What it reads. */
  readonly topics?: readonly string[];
}

/** What a member is to read. */
export interface MemberAssignment {
  readonly memberId: string;
  readonly assignments: Map<string, { readonly topic: string; readonly partitions: number[] }>;
}

/**
 * Shares the partitions of each topic among those members of a group that read it, in turn. A function that is fed by several queues
 * has a member for each, in one group; the client's own way gives every member parts of the topic that the leader reads.
 */
export function assignPartitions(
  _leader: string,
  members: ReadonlyMap<string, GroupMember>,
  _topics: ReadonlySet<string>,
  { topics }: { readonly topics: ReadonlyMap<string, { readonly partitionsCount: number }> },
): MemberAssignment[] {
  const assigned = [...members.keys()].sort().map((memberId) => ({ memberId, assignments: new Map() }));
  for (const [topic, { partitionsCount }] of topics) {
    const readers = assigned.filter(({ memberId }) => members.get(memberId)?.topics?.includes(topic) === true);
    for (const [at, { assignments }] of readers.entries()) {
      const partitions = Array.from({ length: partitionsCount }, (_, index) => index)
        .filter((index) => index % readers.length === at);
      if (partitions.length > 0) assignments.set(topic, { topic, partitions });
    }
  }
  return assigned;
}

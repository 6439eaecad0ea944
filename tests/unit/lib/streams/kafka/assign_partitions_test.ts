import { deepStrictEqual } from "node:assert/strict";
import { assignPartitions } from "../../../../../lib/streams/kafka/assign_partitions.ts";

Deno.test("assignPartitions() gives a topic's partitions to those who read it, whoever leads the group", () => {
  const members = new Map([
    ["b", { topics: ["orders"] }],
    ["a", { topics: ["orders"] }],
    ["c", { topics: ["bills"] }],
    ["d", { topics: [] }],
  ]);
  const topics = new Map([["orders", { partitionsCount: 3 }], ["bills", { partitionsCount: 2 }]]);
  const shares = (leader: string) =>
    assignPartitions(leader, members, new Set(members.get(leader)!.topics), { topics }).map((
      { memberId, assignments },
    ) => [memberId, [...assignments.values()]]);
  for (const leader of members.keys()) {
    deepStrictEqual(shares(leader), [
      ["a", [{ topic: "orders", partitions: [0, 2] }]],
      ["b", [{ topic: "orders", partitions: [1] }]],
      ["c", [{ topic: "bills", partitions: [0, 1] }]],
      ["d", []],
    ]);
  }
});

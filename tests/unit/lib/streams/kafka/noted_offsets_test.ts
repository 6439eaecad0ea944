import { deepStrictEqual } from "node:assert/strict";
import type { KafkaConsumer, KafkaPackage } from "../../../../../lib/streams/kafka/kafka_client.ts";
import { NotedOffsets } from "../../../../../lib/streams/kafka/noted_offsets.ts";

type Give = (error: null, answer?: unknown) => void;
type Request = (...args: unknown[]) => void;

const getRequest = Symbol("getRequest");

/** A consumer as the client's is, before a broker that keeps what it is sent; requests go out one turn later. */
class FakeConsumer {
  readonly kept = new Map<number, { committedOffset: bigint; metadata: string | null }>();

  [getRequest](name: string, give: (error: null, request: Request) => void): void {
    const request = (_connection: unknown, ...args: unknown[]) => {
      const done = args.at(-1) as Give;
      if (name === "OffsetCommit") {
        const [{ partitions }] = args[4] as [
          { partitions: { partitionIndex: number; committedOffset: bigint; committedMetadata: string | null }[] },
        ];
        for (const { partitionIndex, committedOffset, committedMetadata } of partitions) {
          this.kept.set(partitionIndex, { committedOffset, metadata: committedMetadata });
        }
        return done(null);
      }
      const partitions = [...this.kept].map(([partitionIndex, place]) => ({ partitionIndex, ...place }));
      done(null, { groups: [{ topics: [{ name: "t", partitions }, { name: "other", partitions }] }] });
    };
    give(null, Object.assign(request, { key: 8, version: 9 }));
  }

  async commit({ offsets }: { offsets: { topic: string; partition: number; offset: bigint }[] }): Promise<void> {
    await Promise.resolve();
    const partitions = offsets.map(({ partition, offset }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedMetadata: null,
    }));
    const args = ["g", 1, "m", null, [{ name: offsets[0]!.topic, partitions }]];
    await new Promise<void>((done) => this[getRequest]("OffsetCommit", (_, request) => request(null, ...args, done)));
  }

  async listCommittedOffsets(): Promise<ReadonlyMap<string, bigint[]>> {
    await new Promise<void>((done) => this[getRequest]("OffsetFetch", (_, request) => request(null, [], false, done)));
    const offsets: bigint[] = [];
    for (const [index, { committedOffset }] of this.kept) offsets[index] = committedOffset;
    return new Map([["t", offsets]]);
  }
}

Deno.test("NotedOffsets keeps words beside offsets, each beside its own, also where commits overtake one another", async () => {
  const consumer = new FakeConsumer();
  const kafka = { kGetApi: getRequest } as unknown as KafkaPackage;
  const offsets = new NotedOffsets(consumer as unknown as KafkaConsumer, { kafka, topic: "t" });
  await Promise.all([
    offsets.commit([{ index: 0, offset: 3, note: "three" }, { index: 1, offset: 8 }]),
    offsets.commit([{ index: 0, offset: 4, note: "four" }]),
  ]);
  deepStrictEqual(await offsets.list([0, 1, 2]), [{ index: 0, offset: 4, note: "four" }, {
    index: 1,
    offset: 8,
    note: "",
  }]);
  await offsets.commit([{ index: 0, offset: 4 }]);
  deepStrictEqual(await offsets.list([0]), [{ index: 0, offset: 4, note: "" }]);
});

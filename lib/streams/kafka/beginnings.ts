import type { SubscribePlan } from "../subscribe_options.ts";
import type { KafkaConsumer } from "./kafka_client.ts";
import type { NotedOffset } from "./noted_offsets.ts";

/** Which partitions, and where a group begins there. */
interface Question extends Pick<SubscribePlan, "from"> {
  readonly topic: string;
  readonly indexes: readonly number[];
}

const EARLIEST = -2n;
const LATEST = -1n;

/** Where a group that has not read before begins in partitions. */
export async function beginnings(
  consumer: KafkaConsumer,
  { topic, from, indexes }: Question,
): Promise<NotedOffset[]> {
  const list = async (timestamp: bigint) =>
    (await consumer.listOffsets({ topics: [topic], partitions: { [topic]: [...indexes] }, timestamp })).get(topic)!;
  const at = await list(from === "start" ? EARLIEST : from === "end" ? LATEST : BigInt(from.getTime()));
  const ends = indexes.some((index) => at[index]! < 0n) ? await list(LATEST) : at; // no record is that young
  return indexes.map((index) => ({ index, offset: Number(at[index]! < 0n ? ends[index]! : at[index]!) }));
}

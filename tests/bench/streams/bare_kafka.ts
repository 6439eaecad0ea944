import type { Buffer } from "node:buffer";
import { loadKafka } from "../../../lib/streams/kafka/kafka_client.ts";
import { headersOf, PARTITIONS, READ_TOGETHER, type StreamHand } from "./stream_hand.ts";

interface Message {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Buffer;
  readonly value: Buffer<ArrayBuffer>;
  readonly headers: ReadonlyMap<Buffer, Buffer>;
}

interface Package {
  readonly Admin: new (options: object) => {
    createTopics(options: { topics: string[]; partitions: number; replicas: number }): Promise<unknown>;
    close(): Promise<void>;
  };
  readonly Producer: new (options: object) => {
    send(options: { messages: object[]; acks: -1 }): Promise<unknown>;
    close(): Promise<void>;
  };
  readonly Consumer: new (options: object) => {
    consume(options: object): Promise<AsyncIterable<Message> & { close(): Promise<void> }>;
    commit(options: {
      offsets: { topic: string; partition: number; offset: bigint; leaderEpoch: number }[];
    }): Promise<void>;
    close(force: boolean): Promise<void>;
  };
}

/** Kafka by `@platformatic/kafka` alone: an idempotent producer, a consumer that commits what it has read. */
export async function bareKafka(address: string, name: string): Promise<StreamHand> {
  const { Admin, Producer, Consumer } = await loadKafka() as unknown as Package;
  const options = { clientId: "bare", bootstrapBrokers: [address.replace("kafka://", "")] };
  const topic = `bare-${name}`;
  const admin = new Admin(options);
  await admin.createTopics({ topics: [topic], partitions: PARTITIONS, replicas: 1 });
  await admin.close();
  const producer = new Producer({ ...options, idempotent: true, acks: -1, retries: 10 });
  const encoder = new TextEncoder();
  const bytesOf = (text: string) => encoder.encode(text);
  return {
    async publish(records) {
      const messages = records.map((record) => ({
        topic,
        key: bytesOf(record.key),
        value: record.body,
        headers: new Map(Object.entries(headersOf(record)).map(([name, value]) => [bytesOf(name), bytesOf(value)])),
      }));
      await producer.send({ messages, acks: -1 });
    },
    async read() {
      const consumer = new Consumer({ ...options, groupId: `bare-${name}` });
      const how = { topics: [topic], autocommit: false, mode: "committed", fallbackMode: "earliest" };
      const messages = (await consumer.consume(how))[Symbol.asyncIterator]();
      let batch: Message[] = [];
      return {
        async next() {
          for (batch = []; batch.length < READ_TOGETHER;) batch.push((await messages.next()).value);
          return batch.map(({ key, value, headers }) => {
            let [id, time] = ["", ""];
            for (const [header, text] of headers) {
              const name = header.toString();
              if (name === "id") id = text.toString();
              else if (name === "time") time = text.toString();
            }
            return { id, time: new Date(time), key: key.toString(), body: value };
          });
        },
        async ack() {
          const offsets = new Map(batch.map(({ partition, offset }) => [partition, offset]));
          await consumer.commit({
            offsets: [...offsets].map(([partition, offset]) => ({
              topic,
              partition,
              offset: offset + 1n,
              leaderEpoch: -1,
            })),
          });
        },
        close: () => consumer.close(true),
      };
    },
    [Symbol.asyncDispose]: () => producer.close(),
  };
}

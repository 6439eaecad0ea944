import { BatchWriter, mostBytesOf } from "./batch_writer.ts";
import type { KafkaApi, KafkaPackage, KafkaProducer, ProduceOptions, RoutedMessage } from "./kafka_client.ts";

const MOST_OF_TOPIC = 300; // bytes, besides its name
const MOST_OF_PARTITION = 20;
const MOST_OF_REQUEST = 300;
const ALIKE = [9, 10, 11]; // versions of the request; what they ask looks the same

type GetApi = (name: string, give: (error: Error | null, api?: KafkaApi) => void) => void;

/** Has a producer write its requests by `BatchWriter`; everything else is the client's: who it is, order, trying again. */
export function leanProducer(producer: KafkaProducer, kafka: KafkaPackage): KafkaProducer {
  const own = producer as KafkaProducer & Record<symbol, GetApi>;
  const getApi = own[kafka.kGetApi]!.bind(producer);
  const apis = new Map(ALIKE.map((version) => [version, leanApi(kafka, version)]));
  own[kafka.kGetApi] = (name, give) => {
    getApi(name, (error, api) => {
      if (api === undefined || name !== "Produce") return give(error, api);
      const lean = apis.get(api.version);
      if (lean !== undefined) give(null, lean);
      else give(new Error(`Kafka 2.4 or later is needed: it takes records as of version ${api.version}`));
    });
  };
  return producer;
}

function leanApi(kafka: KafkaPackage, version: number): KafkaApi {
  const { parseResponse } = kafka[`produceV${version}`] as { parseResponse: unknown };
  const checksum = (bytes: Uint8Array) => kafka.crc32c(kafka.Writer.create().append(bytes).dynamicBuffer); // of bytes alone it makes a copy
  const createRequest = (acks: number, timeout: number, messages: readonly RoutedMessage[], options: ProduceOptions) =>
    kafka.Writer.create().append(writeRequest({ acks, timeout, messages, options, checksum }));
  return kafka.createAPI(0, version, createRequest, parseResponse);
}

function writeRequest({ acks, timeout, messages, options, checksum }: {
  readonly acks: number;
  readonly timeout: number;
  readonly messages: readonly RoutedMessage[];
  readonly options: ProduceOptions;
  readonly checksum: (bytes: Uint8Array) => number;
}): Uint8Array {
  const { producerId = -1n, producerEpoch = 0, sequences, transactionalId } = options;
  const topics = [...Map.groupBy(messages, ({ topic }) => topic)].map(([topic, those]) => ({
    topic,
    partitions: [...Map.groupBy(those, ({ partition }) => partition)],
  }));
  let most = MOST_OF_REQUEST + 3 * (transactionalId?.length ?? 0);
  for (const { topic, partitions } of topics) {
    most += MOST_OF_TOPIC + 3 * topic.length;
    for (const [, batch] of partitions) most += MOST_OF_PARTITION + mostBytesOf(batch);
  }
  const writer = new BatchWriter(most);
  writer.compactText(transactionalId);
  writer.int16(acks);
  writer.int32(timeout);
  writer.unsigned(topics.length + 1);
  const now = Date.now();
  for (const { topic, partitions } of topics) {
    writer.compactText(topic);
    writer.unsigned(partitions.length + 1);
    for (const [partition, batch] of partitions) {
      writer.int32(partition);
      writer.compactBatch(batch, {
        producerId,
        producerEpoch,
        firstSequence: sequences?.getWithDefault(`${topic}:${partition}`, 0) ?? 0,
        isTransactional: transactionalId !== undefined && transactionalId !== null,
        now,
        crc32c: checksum,
      });
      writer.unsigned(0); // no tags, here and below
    }
    writer.unsigned(0);
  }
  writer.unsigned(0);
  return writer.written;
}

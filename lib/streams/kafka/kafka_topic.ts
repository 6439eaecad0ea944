import { setTimeout as pause } from "node:timers/promises";
import { MissingStreamError, StreamError } from "../../errors.ts";
import type { KafkaAdmin, KafkaMetadata } from "./kafka_client.ts";
import { faultOf, isFinal, says } from "./kafka_fault.ts";
import type { KafkaPath } from "./kafka_path.ts";

/** What is known of a topic. */
export interface KafkaTopic {
  readonly partitions: number;
  /** How many bytes records may have that are written together; less where a broker has refused that since. */
  maxBytes: number;
}

const PARTITIONS = 4; // enough for several processes to share
const BROKERS_OWN = -1;
const TOPIC = 2;
const MAX_BYTES = 1_048_588; // the broker's default, where it does not tell
const MADE_WITHIN_MS = 10_000;
const LOOK_AGAIN_MS = 50;

/**
 * Finds a topic, and makes it where there is none.
 *
 * @throws {StreamError} If no broker answers, there is none and none may be made, or it has other partitions than the path asks for.
 */
export async function openTopic(admin: KafkaAdmin, path: KafkaPath): Promise<KafkaTopic> {
  const act = `open ${path.name}`;
  try {
    let metadata = await find(admin, path.topic);
    if (metadata === undefined) {
      if (path.options.create === false) {
        throw new MissingStreamError(`Cannot ${act}: there is no topic "${path.topic}", and create is false`);
      }
      await make(admin, path);
      metadata = await waitFor(admin, path);
    }
    const { partitionsCount } = metadata.topics.get(path.topic)!;
    const asked = path.options.partitions;
    if (asked !== undefined && asked !== partitionsCount) {
      throw new StreamError(`Cannot ${act}: the stream has ${partitionsCount} partitions already, and keys would move`);
    }
    return { partitions: partitionsCount, maxBytes: await readMaxBytes(admin, path.topic) };
  } catch (error) {
    throw faultOf(act, error);
  }
}

async function find(admin: KafkaAdmin, topic: string): Promise<KafkaMetadata | undefined> {
  try {
    const metadata = await admin.metadata({ topics: [topic], forceUpdate: true });
    const known = metadata.topics.get(topic);
    return known?.partitions.every((partition) => (partition?.leader ?? -1) >= 0) ? metadata : undefined;
  } catch (error) {
    if (!says(error, "Unknown topic") && !says(error, "UNKNOWN_TOPIC") && !says(error, "LEADER_NOT_AVAILABLE")) {
      throw error;
    }
    return undefined;
  }
}

async function make(admin: KafkaAdmin, { topic, options, replication }: KafkaPath): Promise<void> {
  const configs = options.retention === undefined ? [] : [{ name: "retention.ms", value: String(options.retention) }];
  try {
    await admin.createTopics({
      topics: [topic],
      partitions: options.partitions ?? PARTITIONS,
      replicas: replication ?? BROKERS_OWN,
      configs,
    });
  } catch (error) {
    if (!says(error, "TOPIC_ALREADY_EXISTS")) throw error; // another makes it at the same time
  }
}

async function waitFor(admin: KafkaAdmin, { name, topic }: KafkaPath): Promise<KafkaMetadata> {
  const startedAt = performance.now();
  while (true) {
    const metadata = await find(admin, topic);
    if (metadata !== undefined) return metadata;
    if (performance.now() - startedAt > MADE_WITHIN_MS) {
      throw new StreamError(
        `Cannot open ${name}: the topic was made, and no broker leads it after ${MADE_WITHIN_MS} ms`,
      );
    }
    await pause(LOOK_AGAIN_MS);
  }
}

/** How many bytes records of a topic may have that are written together, as far as one may ask. */
export async function readMaxBytes(admin: KafkaAdmin, topic: string): Promise<number> {
  const key = "max.message.bytes";
  try {
    const resources = [{ resourceType: TOPIC, resourceName: topic, configurationKeys: [key] }];
    const [described] = await admin.describeConfigs({ resources });
    const bytes = Number(described?.configs.find(({ name }) => name === key)?.value);
    return bytes > 0 ? bytes : MAX_BYTES;
  } catch (error) {
    if (isFinal(error)) return MAX_BYTES; // who may write need not be allowed to ask
    throw error;
  }
}

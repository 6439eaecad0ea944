import { deadLetterPath } from "../dead_letter_path.ts";
import { DrivenStream } from "../driven_stream.ts";
import type { StreamOptions } from "../open_stream.ts";
import { MACHINE_CLOCK } from "../stream_clock.ts";
import { type KafkaSecrets, openCluster } from "./kafka_cluster.ts";
import { readKafkaPath } from "./kafka_path.ts";
import { KafkaDriver } from "./kafka_driver.ts";
import { openTopic } from "./kafka_topic.ts";

/** How a topic is opened. */
export interface KafkaOptions extends StreamOptions {
  readonly secrets?: KafkaSecrets | undefined;
  /** How long a group waits for a subscriber of which nothing is heard, in milliseconds: brokers take 6,000 or more. Default 10,000. */
  readonly sessionMs?: number | undefined;
  /** How long who publishes, acknowledges or reads waits for a broker, in milliseconds. Default 60,000: a broker may start again in the time. */
  readonly giveUpMs?: number | undefined;
}

const SESSION_MS = 10_000; // longer than a model may hold the event loop, short enough to wait for after a kill
const GIVE_UP_MS = 60_000;

/**
 * Opens a topic of Kafka: `kafka://host:9092/orders?partitions=8&retention=7d`.
 *
 * @throws {StreamError} If the path says something that there is not, no broker answers, or the topic cannot be had.
 */
export async function openKafka<Body = unknown>(
  path: string,
  options: KafkaOptions = {},
): Promise<DrivenStream<Body>> {
  const { clock = MACHINE_CLOCK, secrets, sessionMs = SESSION_MS, giveUpMs = GIVE_UP_MS } = options;
  const at = readKafkaPath(path);
  const cluster = await openCluster(at, { secrets, sessionMs, giveUpMs });
  const admin = cluster.admin();
  try {
    const topic = await openTopic(admin, at);
    const openLetters = () => openKafka(deadLetterPath(path), options);
    const driver = new KafkaDriver({ at, topic, cluster, admin, clock });
    return new DrivenStream<Body>({ path, name: at.name, clock, group: at.group, openLetters, driver });
  } catch (error) {
    await admin.close().catch(() => {});
    throw error;
  }
}

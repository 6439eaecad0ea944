import { StreamError } from "../../errors.ts";
import { openLettersOf } from "../dead_letter_path.ts";
import { DrivenStream } from "../driven_stream.ts";
import type { StreamOptions } from "../open_stream.ts";
import { MACHINE_CLOCK } from "../stream_clock.ts";
import { type KafkaSecrets, openCluster } from "./kafka_cluster.ts";
import { readKafkaPath } from "./kafka_path.ts";
import { KafkaDriver, type KafkaDriverParts } from "./kafka_driver.ts";
import { KafkaExchange, KafkaOutput } from "./kafka_exchange.ts";
import { KafkaTransactor } from "./kafka_transactor.ts";
import { openTopic } from "./kafka_topic.ts";
import { TopicRights } from "./topic_rights.ts";

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
  return streamOf<Body>(path, await connect(path, options), options);
}

/**
 * Opens a topic whose records are exchanged, in transactions, for others at the same brokers.
 *
 * @throws {StreamError} As `openKafka`.
 */
export async function openKafkaExchange(path: string, options: KafkaOptions = {}): Promise<KafkaExchange> {
  const parts = await connect(path, options);
  const { at: { name, topic }, cluster, clusterId } = parts;
  const transactor = new KafkaTransactor(cluster, `levada-${topic}-${crypto.randomUUID()}`);
  const exchange = new KafkaExchange({ name, topic, transactor, openOutput });
  exchange.input = streamOf(path, { ...parts, exchange }, options, openLetters);
  return exchange;

  async function openOutput(path: string): Promise<KafkaOutput> {
    return new KafkaOutput(await connectBeside(path));
  }

  async function openLetters(path: string): Promise<DrivenStream<unknown>> {
    const output = await connectBeside(path);
    const publish: KafkaDriverParts["publish"] = (messages, smaller) => exchange.add(messages, smaller);
    return streamOf(path, { ...output, publish }, options);
  }

  async function connectBeside(path: string): Promise<KafkaDriverParts> {
    const together = `together with what is read of ${name}`;
    if (!/^kafka:/i.test(path)) {
      throw new StreamError(`Cannot publish to ${path} ${together}: it must be kafka://… too`);
    }
    const output = await connect(path, options, { writes: true });
    if (output.clusterId !== clusterId) {
      await output.admin.close().catch(() => {});
      const { name: other } = output.at;
      throw new StreamError(`Cannot publish to ${other} ${together}: these are two clusters`);
    }
    exchange.join(path, output);
    return output;
  }
}

/** Finds a topic, or makes it; who only may not write there is refused where it is to be written to. */
async function connect(
  path: string,
  options: KafkaOptions,
  { writes = false } = {},
): Promise<KafkaDriverParts & { clusterId: string }> {
  const { clock = MACHINE_CLOCK, secrets, sessionMs = SESSION_MS, giveUpMs = GIVE_UP_MS } = options;
  const at = readKafkaPath(path);
  const cluster = await openCluster(at, { secrets, sessionMs, giveUpMs });
  const admin = cluster.admin();
  const rights = writes ? new TopicRights(admin, cluster.kafka) : undefined;
  try {
    const topic = await openTopic(admin, at);
    if (rights?.mayWrite(at.topic) === false) {
      throw new StreamError(`Cannot open ${at.name}: no rights to write to the topic`);
    }
    const { id } = await admin.metadata({ topics: [at.topic] });
    return { at, topic, cluster, admin, clock, clusterId: id };
  } catch (error) {
    await admin.close().catch(() => {});
    throw error;
  }
}

function streamOf<Body>(
  path: string,
  parts: KafkaDriverParts,
  options: KafkaOptions,
  openLetter = async (letters: string) => streamOf(letters, await connect(letters, options, { writes: true }), options),
): DrivenStream<Body> {
  const { at: { name, group }, clock } = parts;
  const driver = new KafkaDriver(parts);
  const openLetters = () => openLettersOf(path, openLetter);
  return new DrivenStream<Body>({ path, name, clock, group, openLetters, beforeReading: "open letters", driver });
}

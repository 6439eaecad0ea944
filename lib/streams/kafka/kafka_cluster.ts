import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import process from "node:process";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import { StreamError } from "../../errors.ts";
import { assignPartitions } from "./assign_partitions.ts";
import {
  type ClientOptions,
  type KafkaAdmin,
  type KafkaBase,
  type KafkaConsumer,
  type KafkaPackage,
  type KafkaProducer,
  loadKafka,
  type ProducerOptions,
} from "./kafka_client.ts";
import { environmentName, type KafkaPath } from "./kafka_path.ts";
import { leanProducer } from "./lean_producer.ts";

/**
 * What a stream of a cluster may be told besides its path. What is not said here is looked for in the environment, for topic `orders`
 * as LEVADA_STREAM_ORDERS_USER, then as LEVADA_STREAM_USER.
 */
export type KafkaSecrets = Readonly<Partial<Record<SecretName, string>>>;

/** User, password, and PEM or the name of a file of it: whom to trust, who one is. */
export type SecretName =
  | "LEVADA_STREAM_USER"
  | "LEVADA_STREAM_PASSWORD"
  | "LEVADA_STREAM_CA"
  | "LEVADA_STREAM_CERTIFICATE"
  | "LEVADA_STREAM_KEY";

/** How long brokers are waited for. */
export interface KafkaWaits {
  /** How long a group waits for a subscriber of which nothing is heard. */
  readonly sessionMs: number;
  /** How long what waits for a broker waits: publishing, acknowledging, reading. Then it fails, and may be tried again. */
  readonly giveUpMs: number;
}

const CONNECT_MS = 5_000;
const REQUEST_MS = 15_000;
/** The pause before a client tries again by itself, in milliseconds. */
export const RETRY_MS = 250;
const DRAIN_AT_MOST_MS = 5_000;

/** The brokers, as one stream talks to them. */
export class KafkaCluster implements KafkaWaits {
  readonly kafka: KafkaPackage;
  readonly #options: ClientOptions;
  readonly sessionMs: number;
  readonly giveUpMs: number;
  /** How long a rebalance waits for what readers have in hand. */
  readonly drainMs: number;

  /** Made by `openCluster`. */
  constructor(kafka: KafkaPackage, options: ClientOptions, { sessionMs, giveUpMs }: KafkaWaits) {
    this.kafka = kafka;
    this.#options = options;
    this.sessionMs = sessionMs;
    this.giveUpMs = giveUpMs;
    this.drainMs = Math.min(DRAIN_AT_MOST_MS, sessionMs / 2);
  }

  /** Asks, and gives up at the first failure: who asks tries again. */
  admin(): KafkaAdmin {
    return listening(new this.kafka.Admin(this.#options));
  }

  /** Reads, and gives up at the first failure: who reads tries again. */
  consumer(groupId: string, beforeJoining?: () => Promise<Uint8Array>): KafkaConsumer {
    const rebalanceMs = Math.max(this.sessionMs, 30_000);
    return listening(
      new this.kafka.Consumer({
        ...this.#options,
        groupId,
        requestTimeout: rebalanceMs + REQUEST_MS, // joining waits for all members
        sessionTimeout: this.sessionMs,
        rebalanceTimeout: rebalanceMs,
        heartbeatInterval: Math.min(1_000, this.sessionMs / 4),
        protocols: [{ name: "roundrobin", version: 1 }],
        partitionAssigner: assignPartitions,
        ...(beforeJoining === undefined ? {} : { protocolsMetadata: beforeJoining }),
      }),
    );
  }

  /** Writes each record once, however often it has to ask; whoever publishes says when it is too long. */
  producer(spread: () => number, more: Partial<ProducerOptions> = {}): KafkaProducer {
    const { compatibilityPartitioner } = this.kafka;
    const producer = new this.kafka.Producer({
      ...this.#options,
      retries: Number.MAX_SAFE_INTEGER,
      ...more,
      idempotent: true,
      acks: -1,
      partitioner: (message, key) => key === undefined ? spread() : compatibilityPartitioner(message, key),
    });
    return listening(leanProducer(producer, this.kafka));
  }
}

/**
 * Loads the client, and learns who asks.
 *
 * @throws {StreamError} If a file with certificates cannot be read, or a password is missing.
 */
export async function openCluster(
  path: KafkaPath,
  { secrets = {}, ...waits }: KafkaWaits & { secrets?: KafkaSecrets | undefined },
): Promise<KafkaCluster> {
  const prefix = `LEVADA_STREAM_${environmentName(path.topic)}_`;
  const look = (name: SecretName) =>
    secrets[name] ?? ((process.env[name.replace("LEVADA_STREAM_", prefix)] || process.env[name]) || undefined);
  const options: ClientOptions = {
    clientId: "levada",
    bootstrapBrokers: path.brokers,
    ...(path.tls ? { tls: readTls(path.name, look), tlsServerName: !path.brokers.some(isIp) } : {}),
    ...readLogin(path, look),
    connectTimeout: CONNECT_MS,
    requestTimeout: REQUEST_MS,
    timeout: REQUEST_MS / 3,
    retries: 0,
    retryDelay: RETRY_MS,
  };
  return new KafkaCluster(await loadKafka(), options, waits);
}

function readLogin(path: KafkaPath, look: (name: SecretName) => string | undefined): Pick<ClientOptions, "sasl"> {
  const username = path.user ?? look("LEVADA_STREAM_USER");
  if (username === undefined) {
    if (path.sasl === undefined) return {};
    throw new StreamError(`Cannot open ${path.name}: sasl needs a user; say ?user= or LEVADA_STREAM_USER`);
  }
  const password = path.password ?? look("LEVADA_STREAM_PASSWORD");
  if (password === undefined) {
    throw new StreamError(`Cannot open ${path.name}: user "${username}" has no password; say LEVADA_STREAM_PASSWORD`);
  }
  return { sasl: { mechanism: (path.sasl ?? "scram-sha-512").toUpperCase(), username, password } };
}

function readTls(name: string, look: (name: SecretName) => string | undefined): TlsOptions {
  const pem = (secret: SecretName) => {
    const value = look(secret);
    if (value === undefined || value.includes("-----BEGIN")) return value;
    try {
      return readFileSync(value, "utf8");
    } catch (error) {
      throw new StreamError(`Cannot open ${name}: the file of ${secret} cannot be read: ${(error as Error).message}`, {
        cause: error,
      });
    }
  };
  const [ca, cert, key] = [pem("LEVADA_STREAM_CA"), pem("LEVADA_STREAM_CERTIFICATE"), pem("LEVADA_STREAM_KEY")];
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

/**
 * What a client tells of itself is told by its answers too. A connection that breaks during its login fails twice, and the client
 * listens once: Deno would end the process for the second.
 */
function listening<Client extends KafkaBase>(client: Client): Client {
  client.on("error", () => {});
  client.connections.on("connecting", ({ connection }) => connection.on("error", () => {}));
  return client;
}

/** Only names go into the greeting of TLS. */
function isIp(broker: string): boolean {
  return isIP(broker.replace(/:\d+$/, "").replace(/^\[|\]$/g, "")) !== 0;
}

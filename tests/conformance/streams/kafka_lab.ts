import { Buffer } from "node:buffer";
import { setTimeout as pause } from "node:timers/promises";
import { deadLetterPath } from "../../../lib/streams/dead_letter_path.ts";
import type { DrivenStream } from "../../../lib/streams/driven_stream.ts";
import { type ClientOptions, type KafkaAdmin, loadKafka } from "../../../lib/streams/kafka/kafka_client.ts";
import { openKafka } from "../../../lib/streams/kafka/open_kafka.ts";
import { BrokerServer } from "./broker_server.ts";
import type { OpenLab } from "./contract.ts";
import { kafkaCases } from "./kafka_cases.ts";
import { kafkaExactlyOnce } from "./kafka_exactly_once.ts";
import { kafkaFlaky } from "./kafka_flaky.ts";
import { kafkaSizes } from "./kafka_sizes.ts";
import { kafkaTransactions } from "./kafka_transactions.ts";
import { kafkaTries } from "./kafka_tries.ts";
import type { Trial } from "./main.ts";

export const SESSION_MS = 1_500; // a killed reader is missed for so long; shorter, a busy machine's readers would be taken for dead

/** Readers that are killed are missed sooner than Kafka allows by itself, a killed broker may be back sooner, records may be large. */
const SETTINGS = `group.min.session.timeout.ms=1000
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
message.max.bytes=12000000
`;

/** New topics of a broker. */
function kafkaLabs({ address }: BrokerServer): OpenLab {
  return () => {
    const path = `kafka://${address}/lab-${crypto.randomUUID()}`;
    return Promise.resolve({
      open: <Body>() => openKafka<Body>(path, { sessionMs: SESSION_MS }),
      openDeadLetters: () => openKafka(deadLetterPath(path), { sessionMs: SESSION_MS }),
      crash: (stream) => (stream as DrivenStream<unknown>).abandon(),
      now: () => Date.now(),
      advance: (ms) => pause(ms),
      async publishForeign({ body, headers }) {
        const { Producer } = await loadKafka();
        const producer = new Producer({ clientId: "another hand", bootstrapBrokers: [address] } as never);
        const pairs = Object.entries(headers).map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const);
        const message = { topic: path.split("/").at(-1), value: Buffer.from(body), headers: new Map(pairs) };
        await producer.send({ messages: [message] } as never);
        await producer.close();
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  };
}

/** What the driver is tried with: a broker of its own. */
export async function kafkaTrial(): Promise<Trial> {
  const broker = await BrokerServer.start("kafka", { LEVADA_KAFKA_SECURE: "1" }, { LEVADA_KAFKA_PROPS: SETTINGS });
  return {
    open: kafkaLabs(broker),
    limits: { isUnbounded: true, forgetsDone: true },
    cases: [kafkaCases, kafkaTries, kafkaTransactions, kafkaSizes, kafkaFlaky, kafkaExactlyOnce].flatMap((cases) =>
      cases(broker)
    ),
    bench: { streams: `kafka://${broker.address}/{name}`, sessionMs: SESSION_MS, list: () => listTopics(broker) },
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}

async function listTopics({ address }: BrokerServer): Promise<string[]> {
  const { Admin } = await loadKafka();
  const options = { clientId: "test", bootstrapBrokers: [address] } as unknown as ClientOptions;
  const admin = new Admin(options) as KafkaAdmin & { listTopics(): Promise<string[]> };
  const topics = await admin.listTopics();
  await admin.close();
  return topics.filter((topic) => !topic.startsWith("__")).sort();
}

/** Where the broker speaks TLS and wants a login, and who vouches for it. */
export async function secureLine({ folder }: BrokerServer): Promise<{ address: string; authority: string }> {
  const port = (await Deno.readTextFile(`${folder}/secure`)).trim();
  return { address: `127.0.0.1:${port}`, authority: `${folder}/ca.pem` };
}

/** Runs a program of Java beside Kafka's own; tells what it prints. */
export async function runKafkaTool(args: readonly string[]): Promise<string> {
  const script = new URL("../../support/brokers/kafka", import.meta.url).pathname;
  const { success, stdout, stderr } = await new Deno.Command("bash", { args: [script, "java", ...args] }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${args[0]} failed: ${decoder.decode(stderr).trim()}`);
  return decoder.decode(stdout);
}

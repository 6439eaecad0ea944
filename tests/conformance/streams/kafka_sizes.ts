/** What a topic of Kafka takes by now is known to its broker only. */

import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { deadLetterPath } from "../../../lib/streams/dead_letter_path.ts";
import { deadLetters } from "../../../lib/streams/dead_letters.ts";
import { type ClientOptions, type KafkaAdmin, loadKafka } from "../../../lib/streams/kafka/kafka_client.ts";
import type { Sealed } from "../../../lib/streams/exchange.ts";
import { openKafka, openKafkaExchange } from "../../../lib/streams/kafka/open_kafka.ts";
import type { Stream, StreamRecord } from "../../../lib/streams/stream.ts";
import type { BrokerServer } from "./broker_server.ts";
import type { StreamCase } from "./contract.ts";
import { SESSION_MS } from "./kafka_lab.ts";

/** What only these tests do. */
interface Altering extends KafkaAdmin {
  incrementalAlterConfigs(options: {
    resources: {
      resourceType: number;
      resourceName: string;
      configs: { name: string; configOperation: number; value: string }[];
    }[];
  }): Promise<void>;
}

const [TOPIC, SET] = [2, 0];
const TAKES = 20_000; // bytes

/** The cases of a broker. */
export function kafkaSizes({ address }: BrokerServer): StreamCase[] {
  const newPath = () => `kafka://${address}/sizes-${crypto.randomUUID()}?partitions=1`;
  const open = (path: string) => openKafka<string>(path, { sessionMs: SESSION_MS });
  return [
    {
      title: "exactly once: a dead letter that only the broker finds too large is cut, and what is behind it comes",
      async run() {
        const [from, to] = [newPath(), newPath()];
        await using input = await open(from);
        await using output = await open(to);
        const exchange = await openKafkaExchange(from, { sessionMs: SESSION_MS });
        const out = await exchange.output(to);
        const subscription = await exchange.input.subscribe({ group: "g" });
        await lower(address, deadLetterPath(from));
        const poison = "p".repeat(200_000);
        await input.publish(["1", poison, "2"].map((body) => ({ body, key: "k" })));
        for (let done = 0; done < 3;) {
          const delivery = (await subscription.next()).value!;
          const sealed: Sealed[] = [];
          for (const record of delivery) {
            if (record.body === poison) await delivery.bury(new Error("漢".repeat(2_000)), [record]);
            else {
              sealed.push(...out.seal([{ body: record.body }]));
              await delivery.ack([record]);
            }
          }
          await exchange.commit(sealed);
          done += delivery.records.length;
        }
        await exchange.input.close();
        strictEqual(await input.lag("g"), 0);
        deepStrictEqual((await all(output, 2)).map(({ body }) => body), ["1", "2"]);
        await using letters = await open(deadLetterPath(from));
        const [letter, ...more] = await all(letters, 1) as unknown as StreamRecord<Uint8Array>[];
        strictEqual(more.length, 0);
        match(letter!.burial!.cut!, /of 200\d\d\d bytes of the body$/);
        ok(letter!.body.length > 1_000, `${letter!.body.length} bytes are kept`);
      },
    },
    {
      title:
        "exactly once: what only the broker finds too large is refused where it is made the next time; what fits goes, however much of it at once",
      async run() {
        const [from, to] = [newPath(), newPath()];
        await using input = await open(from);
        await using output = await open(to);
        const exchange = await openKafkaExchange(from, { sessionMs: SESSION_MS });
        const out = await exchange.output(to);
        const subscription = await exchange.input.subscribe({ group: "g" });
        await lower(address, to);
        await input.publish([{ body: "1" }]);
        const small = Array.from({ length: 60 }, (_, n) => ({ body: `${n} ${"s".repeat(8_000)}` }));
        const large = { body: "l".repeat(300_000) };
        await (await subscription.next()).value!.ack();
        await rejects(exchange.commit(out.seal([large])), {
          name: "StreamError",
          message: /^Cannot publish to .*: a record is larger than the topic takes \(max\.message\.bytes\)$/,
        });
        const again = (await subscription.next()).value!;
        deepStrictEqual(again.records.map(({ body }) => body), ["1"]);
        throws(() => out.seal([large]), {
          name: "StreamError",
          message: /^Cannot publish to .*: a record has 300\d\d\d bytes, the topic takes 20000 \(max\.message\.bytes\)/,
        });
        await again.ack();
        await exchange.commit(out.seal(small));
        await exchange.input.close();
        strictEqual(await input.lag("g"), 0);
        deepStrictEqual((await all(output, 60)).map(({ body }) => body), small.map(({ body }) => body));
      },
    },
    {
      title: "who publishes what a topic takes is not told of others, whose records only the broker finds too large",
      async run() {
        await using stream = await open(newPath());
        await lower(address, stream.path);
        const small = Array.from({ length: 40 }, (_, n) => `${n} ${"s".repeat(8_000)}`);
        const large = rejects(stream.publish([{ body: "l".repeat(300_000) }]), {
          name: "StreamError",
          message: /^Cannot publish to .*: a record is larger than the topic takes \(max\.message\.bytes\); 0 of 1/,
        });
        await Promise.all([large, ...small.map((body) => stream.publish([{ body }]))]);
        deepStrictEqual((await all(stream, 40)).map(({ body }) => body), small);
      },
    },
    {
      title: "a dead letter that its topic takes no more stays and is told, and all others are sent again",
      async run() {
        const path = newPath();
        await using stream = await open(path);
        await stream.publish(["1", "l".repeat(50_000), "2"].map((body) => ({ body, key: "k" })));
        const subscription = await stream.subscribe({ group: "g", maxTries: 1 });
        for (let done = 0; done < 3;) {
          const delivery = (await subscription.next()).value!;
          await delivery.nack(new Error("no"));
          done += delivery.records.length;
        }
        await lower(address, path);
        const letters = deadLetters<string>(path);
        await rejects(letters.replay("all"), {
          name: "StreamError",
          message:
            /: 1 cannot be sent .* stay: letter .*: a record has 50\d\d\d bytes, the topic takes 20000 .* 2 others/,
        });
        deepStrictEqual((await letters.list()).map(({ body }) => body.length), [50_000]);
        deepStrictEqual((await all(stream, 5)).slice(3).map(({ body }) => body), ["1", "2"]);
      },
    },
  ];
}

/** Has the broker take less than who has opened the topic knows. */
async function lower(address: string, path: string): Promise<void> {
  const { Admin } = await loadKafka();
  const admin = new Admin({ clientId: "test", bootstrapBrokers: [address] } as unknown as ClientOptions) as Altering;
  const resourceName = path.replace(/^.*\/|\?.*$/g, "");
  const configs = [{ name: "max.message.bytes", configOperation: SET, value: String(TAKES) }];
  await admin.incrementalAlterConfigs({ resources: [{ resourceType: TOPIC, resourceName, configs }] });
  const key = "max.message.bytes";
  for (let told = ""; told !== String(TAKES);) {
    const resources = [{ resourceType: TOPIC, resourceName, configurationKeys: [key] }];
    told = (await admin.describeConfigs({ resources }))[0]!.configs.find(({ name }) => name === key)?.value ?? "";
  }
  await admin.close();
}

/** All that is there, when it is so much: the broker marks a transaction as committed a moment after it has said so. */
async function all(stream: Stream<string>, count: number): Promise<StreamRecord<string>[]> {
  for (;;) {
    const records = await Array.fromAsync(stream.look("nobody"));
    if (records.length >= count) return records;
  }
}

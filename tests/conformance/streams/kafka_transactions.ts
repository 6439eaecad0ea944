/** What Kafka's driver does with transactions, at a real broker. */

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { openKafka } from "../../../lib/streams/kafka/open_kafka.ts";
import type { StreamRecord } from "../../../lib/streams/stream.ts";
import type { BrokerServer } from "./broker_server.ts";
import type { StreamCase } from "./contract.ts";
import { SESSION_MS } from "./kafka_lab.ts";

/** The part of the client that only these tests use. */
interface Transactions {
  readonly Producer: new (options: object) => {
    beginTransaction(options: object): Promise<Transaction>;
    close(): Promise<void>;
  };
}

interface Transaction {
  send(options: { messages: { topic: string; partition: number; value: Uint8Array }[] }): Promise<unknown>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/** The cases of a broker. */
export function kafkaTransactions({ address }: BrokerServer): StreamCase[] {
  return [
    {
      title:
        "of transactions of another hand those are read that were committed, however the records are fetched; lag is nought then",
      async run() {
        const topic = `case-${crypto.randomUUID()}`;
        await using stream = await openKafka<string>(`kafka://${address}/${topic}?partitions=1`, {
          sessionMs: SESSION_MS,
        });
        const { Producer } = await import("@platformatic/kafka" as string) as Transactions;
        const producer = () =>
          new Producer({
            clientId: "another",
            bootstrapBrokers: [address],
            idempotent: true,
            transactionalId: crypto.randomUUID(),
            timeout: 10_000,
          });
        const [one, other] = [producer(), producer()];
        const expected: string[] = [];
        const long = "x".repeat(700_000); // a fetch takes one or two
        for (let n = 0; n < 6; n++) {
          const transaction = await one.beginTransaction({ producerId: -1n, producerEpoch: -1 });
          const beside = await other.beginTransaction({ producerId: -1n, producerEpoch: -1 });
          const send = (at: Transaction, text: string) =>
            at.send({ messages: [{ topic, partition: 0, value: new TextEncoder().encode(text) }] });
          for (let part = 0; part < 3; part++) {
            await send(transaction, `${n} ${part} ${long}`);
            await send(beside, `beside ${n} ${part} ${long}`);
          }
          const isCommitted = n % 3 === 2;
          await (isCommitted ? transaction.commit() : transaction.abort());
          await (isCommitted ? beside.abort() : beside.commit());
          for (let part = 0; part < 3; part++) expected.push(isCommitted ? `${n} ${part}` : `beside ${n} ${part}`);
        }
        await Promise.all([one.close(), other.close()]);
        const texts = (records: Iterable<StreamRecord<string>>) =>
          Array.from(records, ({ body }) => body.slice(0, body.lastIndexOf(" ")));
        await using subscription = await stream.subscribe({ group: "g" });
        const got: string[] = [];
        while (got.length < expected.length) {
          const { value } = await subscription.next();
          got.push(...texts(value!));
          await value!.ack();
        }
        deepStrictEqual(got, expected);
        deepStrictEqual(texts(await Array.fromAsync(stream.look("nobody"))), expected);
        const nothing = subscription.next().then(() => "more");
        await using asker = await openKafka(stream.path, { sessionMs: SESSION_MS }); // it has only what the broker keeps
        while (await asker.lag("g") > 0) await pause(20);
        strictEqual(await Promise.race([nothing, pause(300).then(() => "nothing")]), "nothing");
      },
    },
  ];
}

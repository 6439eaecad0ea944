/** What Kafka's driver does with transactions, at a real broker. */

import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { flatMap, queue, serving } from "levada";
import { deadLetterPath } from "../../../lib/streams/dead_letter_path.ts";
import { openKafka, openKafkaExchange } from "../../../lib/streams/kafka/open_kafka.ts";
import type { Delivery } from "../../../lib/streams/delivery.ts";
import type { Reader } from "../../../lib/streams/reader.ts";
import type { Stream, StreamRecord } from "../../../lib/streams/stream.ts";
import { atNextTransaction, beforeStep } from "../../support/next_transaction.ts";
import { memoryLog } from "../../support/run_graph.ts";
import type { ZombieTask } from "../../support/zombie_child.ts";
import { BrokerServer } from "./broker_server.ts";
import type { StreamCase } from "./contract.ts";
import { SESSION_MS } from "./kafka_lab.ts";

const ZOMBIE = new URL("../../support/zombie_child.ts", import.meta.url).pathname;
const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;

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
    {
      title:
        "a reader that worked while one of its partitions went to another exchanges nothing: both come out once, of who has them then",
      async run() {
        const { from, to, exchange } = openPair(address, 2);
        await using input = await openKafka<number>(from, { sessionMs: SESSION_MS });
        await using output = await openKafka<string>(to, { sessionMs: SESSION_MS });
        await input.publish(Array.from({ length: 10 }, (_, body) => ({ body }))); // without keys they spread
        const names = ["one", "other"];
        const [one, other] = [await exchange(), await exchange()];
        const first = await one.exchange.input.subscribe({ group: "g" });
        const held: Delivery[] = [];
        while (held.flatMap(({ records }) => records).length < 10) held.push((await first.next()).value!);
        for (const delivery of held) await delivery.ack();
        const second = await other.exchange.input.subscribe({ group: "g" }); // the first is waited for so long only
        await rejects(one.exchange.commit(one.output.seal([{ body: "of who was given up" }])), {
          name: "StreamError",
          message: /partitions went to others/,
        });
        const got: string[] = [];
        await Promise.all([{ ...one, reader: first }, { ...other, reader: second }].map(async (member, at) => {
          for await (const delivery of member.reader) {
            const bodies = delivery.records.map(({ body }) => `${names[at]} ${body}`);
            await delivery.ack();
            await member.exchange.commit(member.output.seal(bodies.map((body) => ({ body }))));
            got.push(...bodies);
            if (got.length === 10) await Promise.all([first.close(), second.close()]);
          }
        }));
        const bodies = await bodiesOf(output, 10);
        deepStrictEqual(bodies.toSorted(), got.toSorted());
        deepStrictEqual(new Set(got.map((body) => body.split(" ")[0])), new Set(names));
        await Promise.all([one.exchange.input.close(), other.exchange.input.close()]);
      },
    },
    {
      title: "a transaction whose end nobody heard of is waited for: what it did is not done again",
      async run() {
        const { from, to, exchange } = openPair(address);
        await using input = await openKafka<number>(from, { sessionMs: SESSION_MS });
        await using output = await openKafka<number>(to, { sessionMs: SESSION_MS });
        await input.publish(Array.from({ length: 5 }, (_, body) => ({ body })));
        const { exchange: exchanging, output: out } = await exchange();
        await using subscription = await exchanging.input.subscribe({ group: "g" });
        const { value } = await subscription.next();
        await value!.ack();
        await atNextTransaction((transaction) => {
          const commit = transaction.commit.bind(transaction);
          transaction.commit = async () => {
            await commit();
            throw new Error("the answer was lost");
          };
        });
        await rejects(exchanging.commit(out.seal(value!.records.map(({ body }) => ({ body })))), /the answer was lost/);
        strictEqual(await input.lag("g"), 0, "it was kept all the same");
        await input.publish([{ body: 5 }]);
        const { value: next } = await subscription.next();
        deepStrictEqual(next!.records.map(({ body }) => body), [5]);
        await next!.ack();
        await exchanging.commit(out.seal([{ body: 5 }]));
        deepStrictEqual(await bodiesOf(output, 6), [0, 1, 2, 3, 4, 5]);
        await exchanging.input.close();
      },
    },
    {
      title:
        "a process that stands still between what it sent and where its group is, until another has exchanged its records, is refused: each comes out once",
      async run() {
        const { from, to, exchange } = openPair(address);
        await using input = await openKafka<number>(from, { sessionMs: SESSION_MS });
        await using output = await openKafka<number>(to, { sessionMs: SESSION_MS });
        await input.publish(Array.from({ length: 10 }, (_, body) => ({ body })));
        await using zombie = startZombie({ from, to, sessionMs: SESSION_MS });
        await zombie.standsStill;
        const { exchange: exchanging, output: out } = await exchange();
        await using subscription = await exchanging.input.subscribe({ group: "g" });
        const exchangeNext = async () => {
          const { value } = await subscription.next();
          await value!.ack();
          await exchanging.commit(out.seal(value!.records.map(({ body }) => ({ body }))));
        };
        await exchangeNext();
        zombie.goOn();
        match(await zombie.word, /^Cannot exchange the records: their partitions went to others/);
        await input.publish([{ body: 10 }]);
        await exchangeNext();
        deepStrictEqual(await bodiesOf(output, 11), Array.from({ length: 11 }, (_, n) => n));
        await exchanging.input.close();
      },
    },
    {
      title:
        "who takes a partition over while a transaction of who had it is open waits for its end: what it exchanged is done",
      async run() {
        const { from, to, exchange } = openPair(address);
        await using input = await openKafka<number>(from, { sessionMs: SESSION_MS });
        await using output = await openKafka<number>(to, { sessionMs: SESSION_MS });
        await input.publish(Array.from({ length: 5 }, (_, body) => ({ body })));
        const [one, other] = [await exchange(), await exchange()];
        const first = await one.exchange.input.subscribe({ group: "g" });
        const { value } = await first.next();
        await value!.ack();
        const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        await beforeStep("commit", async () => {
          reached.resolve();
          await released.promise;
        });
        const exchanging = one.exchange.commit(one.output.seal(value!.records.map(({ body }) => ({ body }))));
        await reached.promise;
        await (first as Reader).abandon(); // its group finds out
        const joining = other.exchange.input.subscribe({ group: "g" });
        await Promise.race([joining, pause(3 * SESSION_MS)]);
        released.resolve();
        await exchanging;
        await using second = await joining;
        await input.publish([{ body: 5 }]);
        const { value: next } = await second.next();
        deepStrictEqual(next!.records.map(({ body }) => body), [5]);
        deepStrictEqual(await bodiesOf(output, 5), [0, 1, 2, 3, 4]);
        await Promise.all([one.exchange.input.close(), other.exchange.input.close()]);
      },
    },
    {
      title:
        "a transaction that does not end in its time, with the broker up, is given up with that word; its records come out once",
      async run() {
        const { from, to } = openPair(address);
        await using input = await openKafka<number>(from, { sessionMs: SESSION_MS });
        await using output = await openKafka<number>(to, { sessionMs: SESSION_MS });
        await input.publish(Array.from({ length: 5 }, (_, body) => ({ body })));
        const exchanging = await openKafkaExchange(from, { sessionMs: SESSION_MS, giveUpMs: 1_000 });
        const out = await exchanging.output(to);
        await using subscription = await exchanging.input.subscribe({ group: "g" });
        const exchange = async () => {
          const { value } = await subscription.next();
          await value!.ack();
          await exchanging.commit(out.seal(value!.records.map(({ body }) => ({ body }))));
        };
        await beforeStep("addConsumer", () => pause(1_500));
        await rejects(exchange(), {
          name: "StreamError",
          message: /^Cannot exchange records of [^ ]*: the transaction did not end within 1 s, and is given up$/,
        });
        await exchange();
        deepStrictEqual(await bodiesOf(output, 5), [0, 1, 2, 3, 4]);
        await exchanging.input.close();
      },
    },
    {
      title: "what is acknowledged behind a record that is not is not exchanged: all comes again, and comes out once",
      async run() {
        const { from, to, exchange } = openPair(address);
        await using input = await openKafka<number>(from, { sessionMs: SESSION_MS });
        await using output = await openKafka<number>(to, { sessionMs: SESSION_MS });
        await input.publish(Array.from({ length: 5 }, (_, body) => ({ body })));
        const { exchange: exchanging, output: out } = await exchange();
        await using subscription = await exchanging.input.subscribe({ group: "g", backoffMs: 60_000 });
        const { value } = await subscription.next();
        const [first, ...others] = value!.records;
        await value!.nack(new Error("not yet"), [first!]);
        await value!.ack(others);
        await rejects(exchanging.commit(out.seal(others.map(({ body }) => ({ body })))), {
          name: "StreamError",
          message:
            "Cannot exchange the records: one before them in their partition is not acknowledged. Acknowledge those before it alone",
        });
        const { value: again } = await subscription.next();
        await again!.ack();
        await exchanging.commit(out.seal(again!.records.map(({ body }) => ({ body }))));
        deepStrictEqual(await bodiesOf(output, 5), [0, 1, 2, 3, 4]);
        await exchanging.input.close();
      },
    },
    {
      title: "what is to be published in another cluster, or elsewhere, is refused",
      async run() {
        const { exchange } = openPair(address);
        const { exchange: exchanging } = await exchange();
        await rejects(exchanging.output("memory://out"), {
          name: "StreamError",
          message: /^Cannot publish to memory:\/\/out together with what is read of .*: it must be kafka:\/\/… too$/,
        });
        await using another = await BrokerServer.start("kafka");
        await rejects(exchanging.output(`kafka://${another.address}/out`), {
          name: "StreamError",
          message: /^Cannot publish to kafka:\/\/.*\/out together with what is read of .*: these are two clusters$/,
        });
        await exchanging.input.close();
      },
    },
    {
      title:
        "a function that is fed exactly once: what it publishes, its dead letters and its place go together; its callers' events at once",
      async run() {
        const [from, to] = ["in", "out"].map((name) =>
          `kafka://${address}/${name}-${crypto.randomUUID()}?partitions=1`
        );
        const fn = serving(`fn-${crypto.randomUUID()}`)
          .addTrigger("numbers", { stream: from!, exactlyOnce: true, maxTries: 2, backoffMs: 1 });
        const tries = new Map<number, number>();
        fn.setTopology("flow")
          .to("two", flatMap((n: number) => [n, n + 0.5]))
          .to("work", (n: number) => {
            tries.set(n, (tries.get(n) ?? 0) + 1);
            if (n === 3.5 || (n === 5 && tries.get(n) === 1)) throw new RangeError(`${n} fails`);
            return n;
          })
          .to("out", queue({ path: to! }));
        await using input = await openKafka<number>(from!);
        await using output = await openKafka<number>(to!);
        await input.publish(Array.from({ length: 8 }, (_, body) => ({ body })));
        {
          await using server = await fn.serve({ port: 0, log: memoryLog() });
          const headers = { "content-type": "application/json" };
          while (await input.lag(fn.name) > 0) await pause(20);
          strictEqual((await fetch(server.url, { method: "POST", headers, body: "100" })).status, 200);
        }
        deepStrictEqual(await bodiesOf(output, 16), [
          0,
          0.5,
          1,
          1.5,
          2,
          2.5,
          4,
          4.5,
          5,
          5.5,
          6,
          6.5,
          7,
          7.5,
          100,
          100.5,
        ]);
        await using letters = await openKafka<number>(deadLetterPath(from!));
        await bodiesOf(letters, 1);
        const [letter, ...more] = await Array.fromAsync(letters.look("nobody"));
        deepStrictEqual([letter!.body, letter!.error?.message, letter!.burial?.tries, more], [3, "3.5 fails", 2, []]);
      },
    },
  ];
}

/** A process that stands still in the middle of a transaction, and what it says when it has gone on. */
function startZombie(task: ZombieTask) {
  const args = ["run", "--config", CONFIG, "--quiet", "-A", ZOMBIE, JSON.stringify(task)];
  const process = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "inherit" }).spawn();
  const { promise: standsStill, resolve } = Promise.withResolvers<void>();
  const word = (async () => {
    let text = "";
    for await (const part of process.stdout.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (text.includes("stands still\n")) resolve();
    }
    await process.status;
    resolve();
    return text.replace("stands still\n", "").trim();
  })();
  return {
    standsStill,
    word,
    goOn: () => process.kill("SIGCONT"),
    async [Symbol.asyncDispose]() {
      try {
        process.kill("SIGKILL");
      } catch { /* it has ended */ }
      await process.status;
    },
  };
}

/** What there is to be read, when it is so many: the broker marks a transaction as committed a moment after it has said so. */
async function bodiesOf<Body>(stream: Stream<Body>, count: number): Promise<Body[]> {
  while (true) {
    const records = await Array.fromAsync(stream.look("nobody"));
    if (records.length >= count) return records.map(({ body }) => body);
    await pause(20);
  }
}

/** Two topics, and what exchanges records of one for others in the other. */
function openPair(address: string, partitions = 1) {
  const [from, to] = ["in", "out"].map((name) =>
    `kafka://${address}/${name}-${crypto.randomUUID()}?partitions=${partitions}`
  );
  const exchange = async () => {
    const exchange = await openKafkaExchange(from!, { sessionMs: SESSION_MS });
    return { exchange, output: await exchange.output(to!) };
  };
  return { from: from!, to: to!, exchange };
}

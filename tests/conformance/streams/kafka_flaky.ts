/** Exactly once, where a step fails now and then: nobody pays for a neighbour's failure. */

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { queue, serving } from "levada";
import { deadLetterPath } from "../../../lib/streams/dead_letter_path.ts";
import { OutputError } from "../../../lib/streams/exchange.ts";
import { KafkaTransactor } from "../../../lib/streams/kafka/kafka_transactor.ts";
import { openKafka, openKafkaExchange } from "../../../lib/streams/kafka/open_kafka.ts";
import { randomFrom } from "../../support/random.ts";
import { memoryLog } from "../../support/run_graph.ts";
import type { BrokerServer } from "./broker_server.ts";
import type { StreamCase } from "./contract.ts";

/** Numbers, and how often a step fails that works on one. */
interface FlakyWish {
  readonly records: number;
  readonly chance: number;
  /** Which fail always. Default: none. */
  readonly isPoison?: (n: number) => boolean;
}

const MAX_TRIES = 5;
const KEYS = 50;
const STUCK_MS = 60_000;

/** The cases of a broker. */
export function kafkaFlaky({ address }: BrokerServer): StreamCase[] {
  const percents = [1, 5, 20];
  return [
    ...percents.map((percent): StreamCase => ({
      title:
        `exactly once, a step that fails ${percent} % of the time: each number once, in the order of its key, none is buried, each is worked on as often as it fails, and once`,
      run: () => proveFlaky(address, { records: 1_000, chance: percent / 100 }),
    })),
    {
      title:
        "exactly once, a step that fails 20 % of the time, and always for some: these are dead letters after as many tries as they may have, no other is",
      run: () => proveFlaky(address, { records: 300, chance: 0.2, isPoison: (n) => n % 60 === 7 || n === 8 }),
    },
    {
      title:
        "exactly once, records whose transactions are refused, however often: none is buried, by who tries, or by who comes later; each comes out once",
      run: () => proveRefused(address),
    },
    {
      title:
        "exactly once, one of two outputs that is deleted is named from the second try on; what was not kept comes out once",
      run: () => proveDeleted(address),
    },
  ];
}

const REFUSALS = 7; // more than twice as often as may be tried

/** The refusals are made up: no broker takes rights away and gives them back as soon as that. */
async function proveRefused(address: string): Promise<void> {
  const [from, to] = ["in", "out"].map((name) => `kafka://${address}/${name}-${crypto.randomUUID()}?partitions=1`);
  const name = `fn-${crypto.randomUUID()}`;
  let calls = 0;
  const make = () => {
    const fn = serving(name).addTrigger("numbers", { stream: from!, exactlyOnce: true, maxTries: 3 });
    fn.setTopology("flow").to("same", (n: number) => (calls += 1, n)).to("out", queue({ path: to! }));
    return fn;
  };
  await using input = await openKafka<number>(from!);
  await using output = await openKafka<number>(to!);
  await using letters = await openKafka<number>(deadLetterPath(from!));
  const numbers = Array.from({ length: 20 }, (_, n) => n);
  await input.publish(numbers.map((n) => ({ body: n, key: `key ${n}` })));
  const { run } = KafkaTransactor.prototype;
  let refused = 0;
  KafkaTransactor.prototype.run = () => {
    refused += 1;
    return Promise.reject(new Error("TOPIC_AUTHORIZATION_FAILED"));
  };
  try {
    await using first = await make().serve({ port: 0, log: memoryLog() });
    while (refused < REFUSALS) await pause(20);
    const ready = await (await fetch(new URL("ready", first.url))).json();
    match(ready.streams[0].reason, /^Cannot exchange records of kafka:.*no rights for the topic/);
    strictEqual(calls, numbers.length, "each is worked on once, however often it cannot be kept");
  } finally {
    KafkaTransactor.prototype.run = run;
  }
  {
    await using later = await input.subscribe({ group: name, maxRecords: 1 });
    const delivery = (await later.next()).value!;
    strictEqual(delivery.records[0]!.tries, 1, "what was refused counts as no try for who comes later");
    await delivery.putBack();
  }
  await using _second = await make().serve({ port: 0, log: memoryLog() });
  while (await input.lag(name) > 0) await pause(50);
  const bodies = await Array.fromAsync(output.look("test"), ({ body }) => body);
  deepStrictEqual(bodies.toSorted((one, other) => one - other), numbers);
  strictEqual(await letters.lag("test"), 0, "none is buried");
}

async function proveDeleted(address: string): Promise<void> {
  const [from, to, other] = ["in", "out", "other"].map((name) =>
    `kafka://${address}/${name}-${crypto.randomUUID()}?partitions=1`
  );
  const exchange = await openKafkaExchange(from!, { giveUpMs: 2_000 });
  const outputs = [await exchange.output(to!), await exchange.output(other!)];
  await using subscription = await exchange.input.subscribe({ group: "g" });
  await using input = await openKafka<number>(from!);
  await input.publish([{ body: 1 }]);
  const exchangeNext = async () => {
    await (await subscription.next()).value!.ack();
    await exchange.commit(outputs.flatMap((output) => output.seal([{ body: 1 }])));
  };
  await (await openKafka(other!)).remove();
  await rejects(exchangeNext(), { message: new RegExp(`^Cannot exchange records of ${from!.split("?")[0]}: `) });
  await rejects(exchangeNext(), (error: OutputError) => {
    match(error.message, new RegExp(`^Cannot publish to ${other!.split("?")[0]}: .*there is no such topic any more`));
    strictEqual(error.output, other);
    return error instanceof OutputError;
  });
  await using made = await openKafka<number>(other!);
  await exchangeNext();
  await using output = await openKafka<number>(to!);
  await pause(200); // the broker marks a transaction as committed a moment after it has said so
  for (const stream of [output, made]) {
    deepStrictEqual(await Array.fromAsync(stream.look("nobody"), ({ body }) => body), [1]);
  }
  await exchange.input.close();
}

async function proveFlaky(address: string, { records, chance, isPoison = () => false }: FlakyWish): Promise<void> {
  const [from, to] = ["in", "out"].map((name) => `kafka://${address}/${name}-${crypto.randomUUID()}?partitions=4`);
  const fn = serving(`fn-${crypto.randomUUID()}`)
    .addTrigger("numbers", { stream: from!, exactlyOnce: true, maxTries: MAX_TRIES, maxRecords: 500 });
  const random = randomFrom(20261126);
  const calls = new Map<number, number>();
  const failures = new Map<number, number>();
  const inARow = new Map<number, number>();
  fn.setTopology("flow")
    .to("work", (n: number) => {
      calls.set(n, (calls.get(n) ?? 0) + 1);
      const isUnlucky = random() < chance && (inARow.get(n) ?? 0) < MAX_TRIES - 1; // one that fails at all tries may be buried
      inARow.set(n, isUnlucky ? (inARow.get(n) ?? 0) + 1 : 0);
      if (!isPoison(n) && !isUnlucky) return n;
      failures.set(n, (failures.get(n) ?? 0) + 1);
      throw new RangeError(`${n} fails`);
    })
    .to("out", queue({ path: to! }));
  await using input = await openKafka<number>(from!);
  await using output = await openKafka<number>(to!);
  await using letters = await openKafka<number>(deadLetterPath(from!));
  const numbers = Array.from({ length: records }, (_, n) => n);
  await input.publish(numbers.map((n) => ({ body: n, key: `key ${n % KEYS}` })));
  const begin = performance.now();
  {
    await using _server = await fn.serve({ port: 0, log: memoryLog() });
    while (await input.lag(fn.name) > 0) {
      ok(performance.now() - begin < STUCK_MS, `stuck with ${await input.lag(fn.name)} records`);
      await pause(50);
    }
  }
  const seconds = (performance.now() - begin) / 1_000;
  const sum = (counts: Map<number, number>) => [...counts.values()].reduce((sum, count) => sum + count, 0);
  const perRecord = sum(calls) / records;
  console.log(`exactly once, ${100 * chance} % fail: ${perRecord} calls a record, ${seconds.toFixed(1)} s`);
  const poison = numbers.filter(isPoison);
  await pause(200); // the broker marks a transaction as committed a moment after it has said so
  const buried = (await Array.fromAsync(letters.look("nobody"))).map(({ body, burial }) => [body, burial!.tries]);
  deepStrictEqual(buried.sort(([one], [other]) => one! - other!), poison.map((n) => [n, MAX_TRIES]));
  const out = (await Array.fromAsync(output.look("nobody"))).map(({ body }) => body);
  deepStrictEqual(out.toSorted((one, other) => one - other), numbers.filter((n) => !isPoison(n)));
  for (const some of Map.groupBy(out, (n) => n % KEYS).values()) {
    deepStrictEqual(some, some.toSorted((one, other) => one - other), "the numbers of a key come out in order");
  }
  const needed = numbers.reduce((count, n) => count + (failures.get(n) ?? 0) + Number(!isPoison(n)), 0);
  strictEqual(sum(calls), needed, "each is worked on as often as it fails, and once");
}

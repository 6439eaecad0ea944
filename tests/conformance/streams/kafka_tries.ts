/** What Kafka's driver keeps of tries when readers die, with real processes. */

import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { deadLetterPath } from "../../../lib/streams/dead_letter_path.ts";
import type { Delivery } from "../../../lib/streams/delivery.ts";
import { openKafka, openKafkaExchange } from "../../../lib/streams/kafka/open_kafka.ts";
import type { Subscription } from "../../../lib/streams/stream.ts";
import type { PoisonTask } from "../../support/poison_child.ts";
import { BrokerServer } from "./broker_server.ts";
import type { StreamCase } from "./contract.ts";
import { SESSION_MS } from "./kafka_lab.ts";

const CHILD = new URL("../../support/poison_child.ts", import.meta.url).pathname;
const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;
const MAX_TRIES = 2;

/** The cases of a broker. */
export function kafkaTries(broker: BrokerServer): StreamCase[] {
  return [
    {
      title:
        "two records that kill whoever works on them are dead letters after twice as many tries as there may be; no other is",
      async run() {
        const path = `kafka://${broker.address}/case-${crypto.randomUUID()}?partitions=1`;
        await using stream = await openKafka<number>(path, { sessionMs: SESSION_MS });
        await stream.publish([1, 2, 3, -1, 4, 5, -2, 6].map((body) => ({ body })));
        const seen: number[] = [];
        let deaths = 0;
        while (await stream.lag("g") > 0) {
          ok(deaths < 10, `${deaths} processes have ended, and ${await stream.lag("g")} records are left`);
          const child = work({ path, sessionMs: SESSION_MS, maxTries: MAX_TRIES });
          let hasEnded = false;
          void child.status.then(() => hasEnded = true);
          while (!hasEnded && await stream.lag("g") > 0) await pause(50);
          if (hasEnded) deaths += 1;
          else child.kill();
          seen.push(...await child.seen);
        }
        deepStrictEqual([...new Set(seen)].toSorted((one, other) => one - other), [-2, -1, 1, 2, 3, 4, 5, 6]);
        await using letters = await openKafka<number>(deadLetterPath(path), { sessionMs: SESSION_MS });
        const buried = await Array.fromAsync(letters.look("nobody"));
        deepStrictEqual(buried.map(({ body, burial }) => [body, burial?.tries]), [[-1, 5], [-2, 5]]);
        for (const { error } of buried) {
          match(error!.message, /4 times the process ended while it was in hand, the last times alone$/);
        }
        deepStrictEqual(seen.filter((n) => n < 0), [-1, -1, -1, -1, -2, -2], "the first two times both were in hand");
      },
    },
    {
      title: "what is put back while others come is put back: it counts as no try, for whoever gets it then",
      async run() {
        const path = `kafka://${broker.address}/case-${crypto.randomUUID()}?partitions=2`;
        await using one = await openKafka<number>(path, { sessionMs: SESSION_MS });
        await using other = await openKafka<number>(path, { sessionMs: SESSION_MS });
        await one.publish(Array.from({ length: 20 }, (_, body) => ({ body }))); // without keys they spread
        const first = await one.subscribe({ group: "g" });
        const held: Delivery<number>[] = [];
        while (held.flatMap(({ records }) => records).length < 20) held.push((await first.next()).value!);
        const joining = other.subscribe({ group: "g" });
        await pause(SESSION_MS / 3); // it has to be told at the next heartbeat, and waits half a session at most
        for (const delivery of held) await delivery.putBack();
        const second = await joining;
        const tries: number[] = [];
        await Promise.all([first, second].map(async (subscription) => {
          for await (const delivery of subscription) {
            tries.push(...delivery.records.map(({ tries }) => tries));
            await delivery.ack();
            if (tries.length === 20) await Promise.all([first.close(), second.close()]);
          }
        }));
        deepStrictEqual([...new Set(tries)], [1]);
      },
    },
    {
      title:
        "where a broker keeps few letters beside an offset, or as good as none, tries are forgotten, offsets are not",
      async run() {
        for (const room of [64, 4]) {
          await using small = await BrokerServer.start("kafka", {}, {
            LEVADA_KAFKA_PROPS: `offset.metadata.max.bytes=${room}\n`,
          });
          const [from, to] = ["in", "out"].map((name) => `kafka://${small.address}/${name}?partitions=1`);
          await using stream = await openKafka<number>(from!, { giveUpMs: 5_000 });
          await stream.publish(Array.from({ length: 200 }, (_, body) => ({ body })));
          const options = { maxRecords: 200, backoffMs: 1 };
          await retryThirds(await stream.subscribe({ group: "acknowledges", ...options }), async () => {});
          strictEqual(await stream.lag("acknowledges"), 0);
          await using output = await openKafka<number>(to!);
          const exchange = await openKafkaExchange(from!);
          const out = await exchange.output(to!);
          await retryThirds(await exchange.input.subscribe({ group: "exchanges", ...options }), async (good) => {
            await exchange.commit(out.seal(good.map((body) => ({ body }))));
          });
          while (await output.lag("nobody") < 200) await pause(20);
          const numbers = (await Array.fromAsync(output.look("nobody"))).map(({ body }) => body);
          deepStrictEqual(numbers.toSorted((one, other) => one - other), Array.from({ length: 200 }, (_, n) => n));
          await exchange.input.close();
        }
      },
    },
  ];
}

/** Reads 200 numbers, of which each third fails two times; `after` is told of those that are done, up to the first that is not. */
async function retryThirds(reader: Subscription, after: (done: readonly unknown[]) => Promise<void>): Promise<void> {
  for (let done = 0; done < 200;) {
    const { value } = await reader.next();
    const failed = value!.records.filter(({ body, tries }) => Number(body) % 3 === 0 && tries < 3);
    const good = value!.records.slice(0, failed.length === 0 ? undefined : value!.records.indexOf(failed[0]!));
    await value!.nack(new Error("not yet"), failed);
    await value!.putBack(value!.records.filter((record) => !failed.includes(record) && !good.includes(record)));
    if (good.length === 0) continue;
    await value!.ack(good);
    await after(good.map(({ body }) => body));
    done += good.length;
  }
}

/** A process that works, what it began with, and how it is ended. */
function work(task: PoisonTask) {
  const args = ["run", "--config", CONFIG, "--quiet", "-A", CHILD, JSON.stringify(task)];
  const process = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "null" }).spawn();
  const seen = new Response(process.stdout).text().then((text) => text.trim().split("\n").filter(Boolean).map(Number));
  return { seen, status: process.status, kill: () => process.kill("SIGKILL") };
}

/**
 * Publishes so many records as a line of its input says, reads them, and carries them from one stream to another, and answers what that
 * took, in microseconds a record, once it is proved that everything arrived as it should. Its arguments: who (`levada`, or a bare client),
 * the address of a broker.
 */

import { setTimeout as pause } from "node:timers/promises";
import { type Delivery, openStream, queue, serving } from "levada";
import { Arrivals, benchRecord } from "./arrivals.ts";
import { bareKafka } from "./bare_kafka.ts";
import { bareNats } from "./bare_nats.ts";
import { bareRedis } from "./bare_redis.ts";
import { BATCH, type OpenHand, PARTITIONS, READ_TOGETHER, type StreamHand } from "./stream_hand.ts";
import { type Cost, Watch } from "./watch.ts";

/** What a round took. */
export interface ClientRound {
  readonly publish: Cost;
  readonly read: Cost;
  /** From one stream to another: a function, or a loop that reads, publishes and acknowledges. */
  readonly carry: Cost;
  /** How many were read, and how many carried: each once, in the order of its key, as it was sent. */
  readonly arrived: readonly number[];
}

const BARE: Readonly<Record<string, OpenHand>> = {
  redis: (address, stream) => bareRedis(address, { stream, reads: "in a group" }),
  "redis-place": (address, stream) => bareRedis(address, { stream: `${stream}-place`, reads: "alone" }),
  kafka: bareKafka,
  nats: (address, stream) => bareNats(address, { stream, acks: "explicit" }),
  "nats-all": (address, stream) => bareNats(address, { stream: `${stream}-all`, acks: "all" }),
};

function levadaPath(address: string, name: string): string {
  return `${address}/levada-${name}?partitions=${PARTITIONS}`;
}

async function openLevada(address: string, name: string): Promise<StreamHand> {
  const stream = await openStream<Uint8Array<ArrayBuffer>>(levadaPath(address, name));
  return {
    publish: (records) => stream.publish(records.map(({ key, body }) => ({ key, body }))),
    async read() {
      const subscription = await stream.subscribe({ group: "g", maxRecords: READ_TOGETHER });
      let delivery: Delivery<Uint8Array<ArrayBuffer>> | undefined;
      return {
        async next() {
          delivery = (await subscription.next()).value;
          return delivery!.records.map(({ id, time, key, body }) => ({ id, time, key: key!, body }));
        },
        ack: () => delivery!.ack(),
        close: () => subscription.close(),
      };
    },
    [Symbol.asyncDispose]: () => stream.close(),
  };
}

/** Carries what waits in the stream `from` to the stream `to`; tells what that took. */
type Carry = (count: number) => Promise<Cost>;

const FETCHED_AHEAD = 1 / 3; // of the records of a round, at most, by a function that waits: what is timed comes after them

/** A loop that reads, publishes, acknowledges. */
function bareCarry(from: StreamHand, to: StreamHand): Carry {
  return async (count) => {
    const reading = await from.read();
    const watch = new Watch();
    watch.run();
    for (let done = 0; done < count;) {
      const records = await reading.next();
      await to.publish(records);
      await reading.ack();
      done += records.length;
    }
    watch.pause();
    await reading.close();
    return watch.cost(count);
  };
}

/** A function that is fed by the one stream and fills the other. */
async function functionCarry(address: string): Promise<Carry> {
  let { promise: gate, resolve: open } = Promise.withResolvers<void>();
  let done = 0;
  let whenAhead = () => {};
  let ahead = Infinity;
  const fn = serving("bench").addChildFunction("carry");
  fn.setTopology("flow")
    .to("in", queue<Uint8Array>({ path: levadaPath(address, "from") }))
    .to("carry", async (body: Uint8Array) => {
      await gate;
      if (++done === ahead) whenAhead();
      return body;
    }, { function: "carry" })
    .to("out", queue({ path: levadaPath(address, "to") }));
  const log = { debug() {}, info() {}, warn() {}, error: console.error };
  await fn.serve({ currentFunction: "carry", port: 0, log });
  const source = await openStream(levadaPath(address, "from"));
  return async (count) => {
    done = 0;
    ahead = Math.floor(count * FETCHED_AHEAD);
    const isAhead = new Promise<void>((resolve) => whenAhead = resolve);
    open();
    await isAhead;
    const watch = new Watch();
    watch.run();
    while (done < count || await source.lag("bench-carry") > 0) await pause(1);
    watch.pause();
    ({ promise: gate, resolve: open } = Promise.withResolvers<void>());
    return watch.cost(count - ahead);
  };
}

const [who = "", address = ""] = Deno.args;
const openHand = BARE[who] ?? openLevada;
const [alone, from, to] = await Promise.all(["alone", "from", "to"].map((name) => openHand(address, name)));
const carry = BARE[who] === undefined ? await functionCarry(address) : bareCarry(from!, to!);

for await (const lines of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  for (const line of lines.trim().split("\n")) console.log(JSON.stringify(await round(Number(line))));
}
Deno.exit(); // whoever asked has gone

async function round(count: number): Promise<ClientRound> {
  const publish = await publishAll(alone!, count);
  const read = await readAll(alone!, count);
  await publishAll(from!, count);
  const carried = await carry(count);
  const arrived = await readAll(to!, count);
  return { publish, read: read.cost, carry: carried, arrived: [read.count, arrived.count] };
}

async function publishAll(hand: StreamHand, count: number): Promise<Cost> {
  const watch = new Watch();
  for (let at = 0; at < count; at += BATCH) {
    const records = Array.from({ length: Math.min(BATCH, count - at) }, (_, index) => benchRecord(at + index));
    watch.run();
    await hand.publish(records);
    watch.pause();
  }
  return watch.cost(count);
}

/** Reads so many. What is read is looked at while the watch stands. */
async function readAll(hand: StreamHand, count: number): Promise<{ cost: Cost; count: number }> {
  const reading = await hand.read();
  const watch = new Watch();
  const arrivals = new Arrivals();
  watch.run();
  while (arrivals.count < count) {
    const records = await reading.next();
    await reading.ack();
    watch.pause();
    arrivals.check(records);
    watch.run();
  }
  watch.pause();
  await reading.close();
  return { cost: watch.cost(count), count: arrivals.count };
}

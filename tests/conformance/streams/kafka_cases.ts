/** What only Kafka's driver must do, with a broker that stops, processes that are killed, logins, and Java beside it. */

import { Buffer } from "node:buffer";
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { deadLetters } from "../../../lib/streams/dead_letters.ts";
import type { Delivery } from "../../../lib/streams/delivery.ts";
import { type ClientOptions, type KafkaAdmin, loadKafka } from "../../../lib/streams/kafka/kafka_client.ts";
import type { DrivenStream } from "../../../lib/streams/driven_stream.ts";
import { forgetGroup } from "../../../lib/streams/kafka/kafka_groups.ts";
import { type KafkaOptions, openKafka, openKafkaExchange } from "../../../lib/streams/kafka/open_kafka.ts";
import { NO_VALUE } from "../../../lib/streams/record_headers.ts";
import type { NewRecord, StreamRecord, Subscription } from "../../../lib/streams/stream.ts";
import type { BrokerTask } from "../../support/broker_child.ts";
import type { BrokerServer } from "./broker_server.ts";
import { runKafkaTool, secureLine, SESSION_MS } from "./kafka_lab.ts";
import JAVA from "./java_partitions.json" with { type: "json" };
import type { StreamCase } from "./contract.ts";
import { patiently } from "./patiently.ts";
import { proveResets } from "./prove_resets.ts";

const CHILD = new URL("../../support/broker_child.ts", import.meta.url).pathname;
const STRANGER = new URL("./KafkaStranger.java", import.meta.url).pathname;
const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;
const ERROR_WITHIN_MS = 5_000;
const GONE_WITHIN_MS = 20_000; // a third of what brokers are waited for

function open<Body>({ address }: BrokerServer, query = "", options: KafkaOptions = {}): Promise<DrivenStream<Body>> {
  const path = `kafka://${address}/case-${crypto.randomUUID()}${query}`;
  return openKafka<Body>(path, { sessionMs: SESSION_MS, ...options });
}

/** What only tests do. */
interface Managing extends KafkaAdmin {
  createAcls(options: {
    creations: {
      resourceType: number;
      resourceName: string;
      resourcePatternType: number;
      principal: string;
      host: string;
      operation: number;
      permissionType: number;
    }[];
  }): Promise<void>;
  deleteTopics(options: { topics: string[] }): Promise<void>;
  deleteRecords(options: {
    topics: { name: string; partitions: { partition: number; offset: bigint }[] }[];
  }): Promise<unknown>;
}

/** Reads and acknowledges until all these numbers came; tells what came. */
async function readNumbers(subscription: Subscription<number>, count: number): Promise<StreamRecord<number>[]> {
  const records: StreamRecord<number>[] = [];
  const seen = new Set<number>();
  for await (const delivery of subscription) {
    records.push(...delivery.records);
    for (const { body } of delivery) seen.add(body);
    await delivery.ack().catch(() => {}); // where partitions went to others in between they come again
    if (seen.size === count) break;
  }
  return records;
}

function numbered(from: number, to: number): NewRecord<number>[] {
  return Array.from({ length: to - from }, (_, index) => ({ body: from + index, key: `key ${(from + index) % 20}` }));
}

/** Fails where an act does not fail as it should, or not soon. */
async function fails(act: () => Promise<unknown>, message: RegExp, withinMs = ERROR_WITHIN_MS): Promise<void> {
  const startedAt = performance.now();
  await rejects(act(), { name: "StreamError", message });
  ok(performance.now() - startedAt < withinMs, "it failed late");
}

const [TOPIC, GROUP] = [2, 3]; // kinds of resources
const [READ, WRITE, DESCRIBE] = [3, 4, 8]; // what one may do with them

async function manage({ address }: BrokerServer): Promise<Managing> {
  const { Admin } = await loadKafka();
  return new Admin({ clientId: "test", bootstrapBrokers: [address] } as unknown as ClientOptions) as Managing;
}

/** Gives bob rights. */
async function allow(broker: BrokerServer, rights: readonly (readonly [number, string, number])[]): Promise<void> {
  const admin = await manage(broker);
  const [LITERAL, ALLOW] = [3, 3];
  await admin.createAcls({
    creations: rights.map(([resourceType, resourceName, operation]) => ({
      resourceType,
      resourceName,
      resourcePatternType: LITERAL,
      principal: "User:bob",
      host: "*",
      operation,
      permissionType: ALLOW,
    })),
  });
  await admin.close();
}

const LOST = Object.assign(new Error("lost"), { apiId: "REBALANCE_IN_PROGRESS", needsRejoin: true });

/** A subscriber to whose nth question the broker's answer does not come, but an error. */
async function withAnswer<Body>(
  question: "JoinGroup" | "SyncGroup",
  nth: number,
  answer: Promise<Error>,
  subscribe: () => Promise<Subscription<Body>>,
): Promise<Subscription<Body>> {
  type Api = (...args: unknown[]) => void;
  type GetApi = (name: string, give: (error: Error | null, api?: Api) => void) => void;
  const { Consumer, kGetApi } = await loadKafka();
  const { prototype } = Consumer as unknown as { prototype: Record<symbol, GetApi> };
  const getApi = prototype[kGetApi]!;
  let times = 0;
  prototype[kGetApi] = function (name, give) {
    getApi.call(this, name, (error, api) => {
      if (name !== question || api === undefined || ++times !== nth) return give(error, api);
      give(null, (...args) => {
        const told = args.at(-1) as (error: Error) => void;
        api(...args.slice(0, -1), () => void answer.then(told));
      });
    });
  };
  try {
    return await subscribe();
  } finally {
    prototype[kGetApi] = getApi; // who subscribed keeps the other
  }
}

/** What each key's numbers are at their first coming. */
function firstOrder(records: readonly { readonly body: number; readonly key: string | undefined }[]): void {
  const newest = new Map<string, number>();
  const seen = new Set<number>();
  for (const { body, key = "" } of records) {
    if (seen.has(body)) continue;
    ok(body > (newest.get(key) ?? -1), `${body} of ${key} comes first after a later one`);
    newest.set(key, body);
    seen.add(body);
  }
}

/** Has the broker tell another port than its own, so that clients stay there: an address is its name and four bytes of a port. */
function movePort(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const moved = Buffer.from(bytes);
  const portAt = (port: number) => Buffer.from([...Buffer.from("127.0.0.1"), 0, 0, port >> 8, port & 0xff]);
  for (let at = moved.indexOf(portAt(from)); at >= 0; at = moved.indexOf(portAt(from), at)) portAt(to).copy(moved, at);
  return moved;
}

/** The cases of a broker. */
export function kafkaCases(broker: BrokerServer): StreamCase[] {
  return [
    {
      title:
        "2,000 numbered records flow while the broker is stopped, killed and started: each comes, each key's in order, none is doubled by publishing",
      async run() {
        await using stream = await open<number>(broker);
        const reading = readNumbers(await stream.subscribe({ group: "g", maxRecords: 20 }), 2_000);
        let published = 0;
        const publishing = (async () => {
          for (; published < 2_000; published += 20) {
            await stream.publish(numbered(published, published + 20));
            await pause(5);
          }
        })();
        while (published < 300) await pause(10);
        await broker.down();
        await broker.up();
        const atUp = published;
        while (published < atUp + 300) await pause(10);
        await broker.kill();
        const atKill = published;
        await pause(500); // its process is gone by then
        await broker.up();
        await publishing;
        ok(atKill < 2_000, "it was killed in the midst");
        const records = await reading;
        firstOrder(records);
        strictEqual(new Set(records.map(({ partition, offset }) => `${partition} ${offset}`)).size, 2_000);
        strictEqual(await stream.lag("g"), 0);
      },
    },
    {
      title: "two processes share the partitions; one is killed, and the other goes on with what it had",
      async run() {
        await using stream = await open<number>(broker);
        const task = {
          path: stream.path,
          sessionMs: SESSION_MS,
          read: { group: "g", acknowledges: true, count: 1_000_000 },
        };
        const [one, other] = [readInChild(task), readInChild(task)];
        let published = 0;
        const publish = async (until: number) => {
          for (; published < until; published += 10) {
            await stream.publish(numbered(published, published + 10));
            await pause(5);
          }
        };
        while (one.records.length < 50 || other.records.length < 50) await publish(published + 10);
        await Promise.all([publish(published + 500), pause(500).then(() => one.kill())]);
        while (await stream.lag("g") > 0) await pause(100);
        other.kill();
        await Promise.all([one.ended, other.ended]);
        const all = [...one.records, ...other.records].sort((a, b) => a.at - b.at);
        strictEqual(new Set(all.map(({ body }) => body)).size, published);
        firstOrder(all);
        const doubled = all.length - published;
        ok(doubled <= 10, `${doubled} came twice, of 10 in hand`);
      },
    },
    {
      title: "who joins waits for what others have in hand: nothing of it is given out twice",
      async run() {
        await using one = await open<number>(broker);
        await using other = await openKafka<number>(one.path, { sessionMs: SESSION_MS });
        await one.publish(numbered(0, 40));
        const first = await one.subscribe({ group: "g", maxRecords: 40 });
        const inHand: Delivery<number>[] = [];
        while (inHand.flatMap(({ records }) => records).length < 40) inHand.push((await first.next()).value!);
        const joining = other.subscribe({ group: "g" });
        await pause(SESSION_MS / 3); // it has to be told at the next heartbeat, and waits half a session at most
        for (const delivery of inHand) await delivery.ack();
        const second = await joining;
        await one.publish(numbered(40, 80));
        const got: number[] = [];
        await Promise.all([first, second].map(async (subscription) => {
          for await (const delivery of subscription) {
            got.push(...delivery.records.map(({ body }) => body));
            await delivery.ack();
            if (got.length === 40) await Promise.all([first.close(), second.close()]);
          }
        }));
        deepStrictEqual(got.sort((a, b) => a - b), numbered(40, 80).map(({ body }) => body));
      },
    },
    {
      title:
        "a reader that missed a generation of its group, in which another read its partition, begins where that one was: nothing comes twice",
      async run() {
        await using stream = await open<number>(broker, "?partitions=2", { sessionMs: 6_000 });
        await using other = await openKafka<number>(stream.path, { sessionMs: 6_000 });
        await stream.publish(Array.from({ length: 10 }, (_, body) => ({ body }))); // without keys they spread
        const answer = Promise.withResolvers<Error>();
        const first = await withAnswer("SyncGroup", 2, answer.promise, () => stream.subscribe({ group: "g" })); // it knows its places, and has given nothing out
        const second = await other.subscribe({ group: "g" }); // by what the first says, which is not told that it was heard
        const { value } = await second.next();
        await value!.ack();
        await second.close();
        answer.resolve(LOST);
        await other.publish([{ body: 10 }, { body: 11 }]);
        const got = value!.records.map(({ body }) => body);
        strictEqual(got.length, 5);
        while (await other.lag("g") > 0) {
          const delivery = (await first.next()).value!;
          got.push(...delivery.records.map(({ body }) => body));
          await delivery.ack();
        }
        deepStrictEqual(got.toSorted((one, other) => one - other), Array.from({ length: 12 }, (_, n) => n));
      },
    },
    {
      title:
        "a reader that did not hear of a generation, in which its partition was another's, begins where that one was",
      async run() {
        await using leading = await open<number>(broker, "?partitions=2", { sessionMs: 6_000 });
        await using missing = await openKafka<number>(leading.path, { sessionMs: 6_000 });
        await using coming = await openKafka<number>(leading.path, { sessionMs: 6_000 });
        await leading.publish(Array.from({ length: 10 }, (_, body) => ({ body }))); // without keys they spread
        for (let tries = 0;; tries++) {
          ok(tries < 20, "who gets which partition is chance, one of two");
          const group = `g${tries}`;
          const one = await leading.subscribe({ group });
          const answer = Promise.withResolvers<Error>();
          const other = await withAnswer("JoinGroup", 3, answer.promise, () => missing.subscribe({ group })); // the broker gives it a name first
          const third = await coming.subscribe({ group });
          const got: number[] = [];
          const readAll = async (reader: Subscription<number>) => {
            for await (const delivery of reader) {
              got.push(...delivery.records.map(({ body }) => body));
              await delivery.ack();
            }
          };
          const reading = [readAll(one), readAll(third)];
          const until = performance.now() + 1_500; // well before its session ends
          while (got.length < 10 && performance.now() < until) await pause(20);
          const hasMoved = got.length === 10; // nothing was left for the one that did not hear
          await third.close();
          answer.resolve(LOST);
          if (hasMoved) {
            reading.push(readAll(other));
            await leading.publish([{ body: 10 }, { body: 11 }]);
            while (!got.includes(10) || !got.includes(11)) await pause(20);
            deepStrictEqual(got.toSorted((one, other) => one - other), Array.from({ length: 12 }, (_, n) => n));
          }
          await Promise.all([one.close(), other.close()]);
          await Promise.all(reading);
          if (hasMoved) return;
        }
      },
    },
    {
      title: "a group whose next records have gone with the topic's retention goes on at the oldest that is there",
      async run() {
        await using stream = await open<number>(broker, "?partitions=1");
        await stream.publish(numbered(0, 10));
        const admin = await manage(broker);
        const topic = stream.path.replace(/^.*\/|\?.*$/g, "");
        for (const [oldest, expected] of [[4, [4, 5]], [8, [8, 9]]] as const) {
          const subscription = await stream.subscribe({ group: "g", maxRecords: 2 });
          const old = oldest === 4 ? undefined : (await subscription.next()).value!;
          await old?.ack();
          await subscription.close();
          await admin.deleteRecords({
            topics: [{ name: topic, partitions: [{ partition: 0, offset: BigInt(oldest) }] }],
          });
          await using again = await stream.subscribe({ group: "g", maxRecords: 2 });
          const { value } = await again.next();
          deepStrictEqual(value!.records.map(({ body }) => body), expected);
        }
        await admin.close();
      },
    },
    {
      title: "a key's partition is the one that Java's client gives it; records without a key spread over all",
      async run() {
        const keys = JAVA as unknown as readonly (readonly [key: string, of7: number, of12: number])[];
        for (const [column, partitions] of [[1, 7], [2, 12]] as const) {
          await using stream = await open<string>(broker, `?partitions=${partitions}`);
          const keyless = Array.from({ length: partitions }, () => ({ body: "" }));
          await stream.publish([...keys.map(([key]) => ({ key, body: key })), ...keyless]);
          await using subscription = await stream.subscribe({ group: "g" });
          const records: StreamRecord<string>[] = [];
          while (records.length < keys.length + partitions) {
            const { value } = await subscription.next();
            records.push(...value!.records);
          }
          const got = new Map(
            records.flatMap(({ key, partition }) => key === undefined ? [] : [[key, Number(partition)]]),
          );
          deepStrictEqual(keys.map(([key]) => got.get(key)), keys.map((row) => row[column]));
          const spread = records.filter(({ key }) => key === undefined).map(({ partition }) => partition);
          strictEqual(new Set(spread).size, partitions);
        }
      },
    },
    {
      title: "Java's client reads key, headers and body; what it writes, with MLRun's wrapper too, is read",
      async run() {
        await using stream = await open(broker, "?partitions=1");
        const topic = stream.path.replace(/^.*\/|\?.*$/g, "");
        const headers = { "content-type": "application/json", "x-mine": "1" };
        await stream.publish([{
          id: "i",
          key: "schlüssel",
          body: { text: "línea" },
          headers,
          path: "/p",
          time: new Date(0),
        }]);
        const told = await runKafkaTool([STRANGER, broker.address, topic]);
        deepStrictEqual(told.trim().split("\n"), [
          "schlüssel",
          "content-type=application/json",
          "x-mine=1",
          "levada-envelope=1",
          "levada-id=i",
          "levada-time=1970-01-01T00:00:00.000Z",
          "levada-path=/p",
          '{"text":"línea"}',
        ]);
        const wrapped = { full_event_wrapper: true, body: { n: 1 }, id: "their id" };
        for (const body of [[1], wrapped]) {
          await runKafkaTool([STRANGER, broker.address, topic, "k", "X-Theirs", "ä b", JSON.stringify(body)]);
        }
        await using subscription = await stream.subscribe({ group: "g" });
        const records: StreamRecord[] = [];
        while (records.length < 3) {
          const { value } = await subscription.next();
          records.push(...value!.records);
        }
        const [ours, theirs, fromMlrun] = records;
        deepStrictEqual([ours!.id, ours!.body, ours!.key, ours!.path], ["i", { text: "línea" }, "schlüssel", "/p"]);
        deepStrictEqual([theirs!.body, theirs!.key, theirs!.headers.get("x-theirs")], [[1], "k", "ä b"]);
        deepStrictEqual([fromMlrun!.body, fromMlrun!.id, fromMlrun!.key], [{ n: 1 }, "their id", "k"]);
      },
    },
    {
      title:
        "over TLS, with a login by PLAIN or SCRAM: records flow; whoever is not known, has no rights or is not trusted is told so",
      async run() {
        const { address, authority } = await secureLine(broker);
        const topic = `secure-${crypto.randomUUID()}`;
        const at = (login: string, query: string) => `kafka://${login}${address}/${topic}?${query}`;
        const secrets = { LEVADA_STREAM_CA: authority, LEVADA_STREAM_PASSWORD: "ann-secret" };
        for (const sasl of ["plain", "scram-sha-256", "scram-sha-512"]) {
          await using stream = await openKafka<string>(at("", `tls=true&user=ann&sasl=${sasl}`), { secrets });
          await stream.publish([{ key: "k", body: sasl }]);
          await using subscription = await stream.subscribe({ group: sasl, from: new Date(Date.now() - 60_000) });
          for await (const delivery of subscription) {
            await delivery.ack();
            if (delivery.records.some(({ body }) => body === sasl)) break;
          }
          strictEqual(await stream.lag(sasl), 0);
        }
        const opened = (path: string, given: object = secrets) => openKafka(path, { secrets: given });
        const wrong = /^Cannot open kafka:\/\/[\d.:]+\/secure-[\w-]+: user or password are wrong$/;
        await fails(() => opened(at("ann:wrong@", "tls=true")), wrong);
        await fails(() => opened(at("ann:wrong@", "tls=true&sasl=plain")), wrong);
        await fails(() => opened(at("ann:ann-secret@", "tls=true"), {}), /certificate is not trusted/);
        await fails(() => opened(at("bob:bob-secret@", "tls=true")), /no rights for the topic/);
        await fails(() => opened(at("", "tls=true")), /wants another \?tls= or \?sasl=/);
        await fails(
          () => opened(at("", "tls=true&user=ann"), { LEVADA_STREAM_CA: authority }),
          /no password; say LEVADA_/,
        );
      },
    },
    {
      title:
        "connections that are reset behind any piece of their beginning, TLS and a login included, end no process, and lose nothing",
      async run() {
        await proveResets({
          port: broker.port,
          open: (port, name) => openKafka<number>(`kafka://127.0.0.1:${port}/${name}`, { sessionMs: SESSION_MS }),
          rewrite: (bytes, port) => movePort(bytes, broker.port, port),
        });
        const { address, authority } = await secureLine(broker);
        const secrets = { LEVADA_STREAM_CA: authority, LEVADA_STREAM_PASSWORD: "ann-secret" };
        await proveResets({
          port: Number(address.split(":")[1]),
          pieces: 8, // of the first connection; the others go where the broker says in secret
          open: (port, name) =>
            openKafka<number>(`kafka://127.0.0.1:${port}/${name}?tls=true&user=ann`, {
              secrets,
              sessionMs: SESSION_MS,
            }),
        });
      },
    },
    {
      title: "who may read and not write, or not be in the group, is told so at once, and what is read goes on",
      async run() {
        const { address, authority } = await secureLine(broker);
        await using stream = await open<number>(broker, "?partitions=1");
        await stream.publish(numbered(0, 3));
        const topic = stream.path.replace(/^.*\/|\?.*$/g, "");
        await allow(broker, [[TOPIC, topic, READ], [TOPIC, topic, DESCRIBE], [GROUP, "allowed", READ]]);
        const secrets = { LEVADA_STREAM_CA: authority, LEVADA_STREAM_PASSWORD: "bob-secret" };
        await using limited = await openKafka<number>(`kafka://${address}/${topic}?tls=true&user=bob`, {
          secrets,
          sessionMs: SESSION_MS,
        });
        await fails(
          () => limited.publish([{ body: 1 }]),
          /^Cannot publish to .*: no rights (for the topic|at this cluster); 0 of 1/,
        );
        await fails(() => limited.subscribe({ group: "other" }), /^Cannot subscribe to .*: no rights for the group$/);
        await fails(
          () => limited.subscribe({ group: "allowed" }),
          /^Cannot subscribe to .*: its dead letters would have no place\. Cannot open .*-dead-letters: no rights for the topic$/,
        );
        await (await stream.subscribe({ group: "makes-them" })).close();
        await allow(broker, [[TOPIC, `${topic}-dead-letters`, DESCRIBE]]);
        await fails(
          () => limited.subscribe({ group: "allowed" }),
          /^Cannot subscribe to .*: its dead letters would have no place\. Cannot open .*-dead-letters: no rights to write to the topic$/,
        );
        const exchange = await openKafkaExchange(limited.path, { secrets, sessionMs: SESSION_MS });
        await fails(
          () => exchange.output(limited.path),
          /^Cannot open kafka:\/\/[^?]*: no rights to write to the topic$/,
        );
        await exchange.input.close();
        await allow(broker, [[TOPIC, `${topic}-dead-letters`, WRITE]]);
        strictEqual((await readNumbers(await limited.subscribe({ group: "allowed" }), 3)).length, 3);
        await stream.publish(numbered(3, 4));
        await using subscription = await limited.subscribe({ group: "allowed", maxTries: 1 });
        await (await subscription.next()).value!.nack(new Error("poison"));
        deepStrictEqual((await deadLetters<number>(stream.path).list()).map(({ body }) => body), [3]);
      },
    },
    {
      title:
        "while the broker is away, who publishes, acknowledges, asks or joins is told in a bounded time; who reads goes on afterwards",
      async run() {
        await using stream = await open<number>(broker, "?partitions=1", { giveUpMs: 1_500 });
        await stream.publish(numbered(0, 4));
        const subscription = await stream.subscribe({ group: "g", maxRecords: 2 });
        const { value: delivery } = await subscription.next();
        await broker.down();
        try {
          const away =
            '(no broker (answers|takes the records for 1.5 s)|the broker closes the connection.*|group "g" is not ready|the broker that keeps the group is not ready)';
          const acts: [string, () => Promise<unknown>][] = [
            ["publish to", () => stream.publish([{ body: 4 }])],
            ["acknowledge records of", () => delivery!.ack()],
            ["ask for the lag of", () => stream.lag("g")],
            ["subscribe to", () => stream.subscribe({ group: "other" })],
          ];
          await Promise.all(
            acts.map(([act, run]) => fails(run, new RegExp(`^Cannot ${act} kafka://.*: ${away}`), 12_000)),
          );
        } finally {
          await broker.up();
        }
        await using patient = await openKafka<number>(stream.path, { sessionMs: SESSION_MS }); // a broker that begins takes its time
        await patient.publish([{ body: 5 }]);
        await patient.lag("g"); // who keeps the group begins later than who keeps the records
        const numbers: number[] = [];
        while (!numbers.includes(5)) {
          const { value } = await subscription.next();
          numbers.push(...value!.records.map(({ body }) => body));
          await patiently(() => value!.ack());
        }
        deepStrictEqual(numbers.filter((n) => n === 2 || n === 3), [2, 3]);
        strictEqual(await stream.lag("g"), 0);
      },
    },
    {
      title:
        "a topic that is deleted while it is used: who publishes, reads, acknowledges or asks is told so in seconds, and goes on when it is there again",
      async run() {
        await using stream = await open<number>(broker, "?partitions=1");
        await stream.publish(numbered(0, 2));
        const subscription = await stream.subscribe({ group: "g", maxRecords: 1 });
        await (await subscription.next()).value!.ack();
        const inHand = (await subscription.next()).value!;
        const admin = await manage(broker);
        await admin.deleteTopics({ topics: [stream.path.replace(/^.*\/|\?.*$/g, "")] });
        await admin.close();
        const publish = () => stream.publish([{ body: 2 }]);
        const acts: [string, () => Promise<unknown>][] = [
          ["publish to", publish],
          ["read", () => subscription.next()],
          ["acknowledge records of", () => inHand.ack()],
          ["ask for the lag of", () => stream.lag("g")],
        ];
        const gone =
          "there is no such topic any more: it was deleted, or the brokers have lost what they kept. Open it anew";
        const told = ([act, run]: (typeof acts)[number]) =>
          fails(run, new RegExp(`^Cannot ${act} kafka://[^ ]*: ${gone}`), GONE_WITHIN_MS);
        await Promise.all(acts.map(told));
        await told(["publish to", publish]); // by a client that has never known the topic
        await (await openKafka(stream.path)).close();
        await stream.publish([{ body: 3 }]);
        deepStrictEqual((await subscription.next()).value!.records.map(({ body }) => body), [3]);
      },
    },
    {
      title:
        "who publishes with a clock that goes wrong is told of the clocks; a group that somebody reads by now is not forgotten",
      async run() {
        await using stream = await open<number>(broker, "?partitions=1");
        const { now } = Date;
        Date.now = () => now() + 2 * 3_600_000;
        try {
          await fails(
            () => stream.publish([{ body: 1 }]),
            /^Cannot publish to .*: the broker's clock is too far from this/,
          );
        } finally {
          Date.now = now;
        }
        await stream.publish([{ body: 1 }]);
        const reader = await stream.subscribe({ group: "g" });
        await (await reader.next()).value!.ack();
        const admin = await manage(broker);
        const topic = stream.path.replace(/^.*\/|\?.*$/g, "");
        strictEqual(await forgetGroup(admin, { topic, partitions: 1 }, "g"), false);
        await reader.close();
        strictEqual(await forgetGroup(admin, { topic, partitions: 1 }, "g"), true);
        strictEqual(await stream.lag("g"), 1);
        await admin.close();
      },
    },
    {
      title: "records of another hand are read as far as they go: no JSON, no text, nothing at all",
      async run() {
        await using stream = await open<unknown>(broker, "?partitions=1");
        const topic = stream.path.replace(/^.*\/|\?.*$/g, "");
        const json = { "content-type": "application/json" };
        const { Producer } = await loadKafka();
        const producer = new Producer({ clientId: "test", bootstrapBrokers: [broker.address] } as never);
        const headers = new Map(Object.entries(json).map(([name, value]) => [Buffer.from(name), Buffer.from(value)]));
        const broken = Buffer.from("{broken");
        const messages = [
          { topic, value: broken },
          { topic, value: broken, headers },
          { topic, value: Buffer.from([255, 0]), key: Buffer.from([255]) },
          { topic, key: Buffer.from("k") }, // a tombstone, as compacted topics have them
        ];
        await producer.send({ messages } as never);
        await producer.close();
        await using subscription = await stream.subscribe({ group: "g" });
        const records: StreamRecord[] = [];
        while (records.length < messages.length) records.push(...(await subscription.next()).value!.records);
        const text = new TextEncoder().encode("{broken");
        deepStrictEqual(records.map(({ body, key }) => [body, key]), [
          ["{broken", undefined],
          [text, undefined],
          [new Uint8Array([255, 0]), "\ufffd"],
          [null, "k"],
        ]);
        ok(records[1]!.unreadable?.startsWith("not application/json: "));
      },
    },
    {
      title:
        "what comes of another hand without a value, with a key that is no text or headers that HTTP's are not is a dead letter as it came, and is sent again so",
      async run() {
        await using stream = await open<unknown>(broker, "?partitions=1");
        const topicOf = ({ path }: { readonly path: string }) => path.replace(/^.*\/|\?.*$/g, "");
        const { Producer } = await loadKafka();
        const producer = new Producer({ clientId: "test", bootstrapBrokers: [broker.address] } as never);
        const foreign = [["X-Trace", "1"], ["content-type", "avro/binary"], ["x", "a"], ["x", "b"], ["raw", [
          255,
          0,
          10,
        ]]] as const;
        const headers = new Map([
          ...foreign.map(([name, value]) => [Buffer.from(name), Buffer.from(value as string)] as const),
          [Buffer.from("plain"), Buffer.from("p")],
        ]);
        await producer.send({ messages: [{ topic: topicOf(stream), key: Buffer.from([255]), headers }] } as never);
        await producer.close();
        const subscription = await stream.subscribe({ group: "g", maxTries: 1 });
        const { value } = await subscription.next();
        const [{ body, headers: read }] = value!.records as [StreamRecord];
        deepStrictEqual([body, read.get("content-type"), read.get("x")], [null, NO_VALUE, "b"]);
        await value!.nack(new Error("not wanted"));
        await subscription.close();
        const letters = deadLetters(stream.path);
        const told = (text: string) => text.trim().split("\n").filter((line) => !line.startsWith("levada-"));
        const expected = ["\ufffd", "plain=p", "X-Trace=1", "content-type=avro/binary", "x=a", "x=b", "raw=\ufffd\0"];
        const letter = await runKafkaTool([STRANGER, broker.address, `${topicOf(stream)}-dead-letters`]);
        deepStrictEqual(told(letter), [...expected, "", "null"]);
        strictEqual(await letters.replay("all"), 1);
        const looked = await Array.fromAsync(stream.look("nobody"));
        deepStrictEqual(looked.map((record) => [record.body, record.key]), [[null, "\ufffd"], [null, "\ufffd"]]);
        for (const name of ["levada-foreign-headers", "levada-foreign-key", "content-type", "plain"]) {
          strictEqual(looked[1]!.headers.get(name), looked[0]!.headers.get(name));
        }
        await using own = await open<null>(broker, "?partitions=1");
        await own.publish([{ key: "k", body: null, headers: { "content-type": NO_VALUE } }]);
        deepStrictEqual(told(await runKafkaTool([STRANGER, broker.address, topicOf(own)])), ["k", "null"]);
        deepStrictEqual((await Array.fromAsync(own.look("nobody"))).map((record) => record.body), [null]);
        await fails(
          () => own.publish([{ body: 1 as never, headers: { "content-type": NO_VALUE } }]),
          /^Cannot publish the body: it is a number, and its content type is application\/vnd\.levada\.no-value\. Publish null with/,
        );
      },
    },
    {
      title:
        "a broker that is down, a topic that is not there, other partitions and records that are too large are told at once",
      async run() {
        const path = `kafka://${broker.address}/case-${crypto.randomUUID()}`;
        await fails(
          () => openKafka("kafka://127.0.0.1:1/orders"),
          /^Cannot open kafka:\/\/127.0.0.1:1\/orders: no broker answers$/,
        );
        await fails(
          () => openKafka(`${path}?create=false`),
          /there is no topic "case-[\w-]+", and create is false/,
        );
        await fails(() => openKafka(`${path}?replication=3`), /fewer brokers than \?replication= asks for/);
        await using stream = await openKafka<unknown>(`${path}?partitions=3&retention=1h`);
        await (await openKafka(`${path}.a_b`)).close();
        await fails(
          () => openKafka(`${path}.a.b`),
          /does not take the topic's name\. Is there one that differs in \. and _ alone\? .*; choose another name$/,
        );
        await fails(() => openKafka(`${path}?partitions=4`), /has 3 partitions already/);
        deepStrictEqual(await deadLetters(`${path}?partitions=8&retention=1d&replication=3`).list(), []);
        await fails(() => openKafka(`${path}-dead-letters?create=false`), /there is no topic/);
        await fails(
          () => deadLetters(`${path}x`).list(),
          /^Cannot look at dead letters of .*: there is no such stream$/,
        );
        const large = new Uint8Array(12_000_001);
        await fails(
          () => stream.publish([{ body: 1 }, { body: large }]),
          /a record has 120\d+ bytes, the topic takes 12000000/,
        );
        strictEqual(await stream.lag("g"), 0);
        await stream.publish([{ body: large.subarray(0, 11_990_000) }]);
        strictEqual(await stream.lag("g"), 1);
      },
    },
  ];
}

/** A process that reads and acknowledges; what it was given, and when. */
function readInChild(task: BrokerTask) {
  const args = ["run", "--config", CONFIG, "--quiet", "-A", CHILD, JSON.stringify(task)];
  const process = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "inherit" }).spawn();
  const records: { at: number; body: number; key: string }[] = [];
  const ended = (async () => {
    let rest = "";
    for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!; // a line that a kill has cut off is none
      const bodies = lines.flatMap((line) => JSON.parse(line) as number[]);
      records.push(...bodies.map((body) => ({ at: performance.now(), body, key: `key ${body % 20}` })));
    }
    await process.status;
  })();
  return { records, ended, kill: () => process.kill("SIGKILL") };
}

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { deadLetterPath } from "../../../lib/streams/dead_letter_path.ts";
import { hashOf } from "../../../lib/streams/hash_of.ts";
import { readBrokerPath } from "../../../lib/streams/leased/broker_path.ts";
import type { DrivenStream } from "../../../lib/streams/driven_stream.ts";
import { openRedis } from "../../../lib/streams/redis/open_redis.ts";
import { RedisClient } from "../../../lib/streams/redis/redis_client.ts";
import { RedisLog } from "../../../lib/streams/redis/redis_log.ts";
import { brokerCases } from "./broker_cases.ts";
import { BrokerServer } from "./broker_server.ts";
import type { OpenLab } from "./contract.ts";
import type { Trial } from "./main.ts";

const SESSION_MS = 1_500; // a killed reader is missed for so long; shorter, a busy machine's readers would be taken for dead

const SOON_MS = 3_000;

/** A Redis server, and what is asked of it. */
export async function redisTrial(): Promise<Trial> {
  const server = await BrokerServer.start("redis", { LEVADA_REDIS_FSYNC: "always" });
  const user = { name: "ann", password: "pass:wörd/1" };
  async function ask(...words: string[]): Promise<unknown> {
    const client = await RedisClient.connect(readBrokerPath(`${server.address}/any`, 0), {
      connectMs: 5_000,
      answerMs: 5_000,
    });
    const answer = await client.send("ask", ...words);
    client.close();
    return answer;
  }
  async function command(...words: string[]): Promise<void> {
    await ask(...words);
  }
  async function openLog(name: string): Promise<RedisLog> {
    const path = readBrokerPath(`${server.address}/${name}`, 0);
    const client = await RedisClient.connect(path, { connectMs: 5_000, answerMs: 5_000 });
    return new RedisLog({ client, name: path.name, key: path.stream, partitions: 1, retentionMs: 0 });
  }
  return {
    open: labsOf(server),
    limits: { isUnbounded: true }, // Redis takes whatever comes, until its `maxmemory`
    cases: [
      ...brokerCases({
        server,
        scheme: "redis",
        open: openRedis,
        user,
        allowUser: () => command("ACL", "SETUSER", user.name, "on", `>${user.password}`, "~*", "&*", "+@all"),
        async serveTls({ cert, key }) {
          const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
          const { port } = listener.addr;
          listener.close();
          const files = ["tls-cert-file", cert, "tls-key-file", key, "tls-ca-cert-file", cert];
          await command("CONFIG", "SET", ...files, "tls-auth-clients", "no", "tls-port", String(port));
          return {
            address: `redis://localhost:${port}`,
            [Symbol.asyncDispose]: () => command("CONFIG", "SET", "tls-port", "0"),
          };
        },
        occupy: (name) => command("LPUSH", name, "1"),
        async lose(name, what) {
          await command("DEL", ...[0, 1, 2, 3].map((n) => `${name}:${n}`));
          if (what === "all") await command("DEL", name, `${name}:groups`);
        },
        publishPlain: (name, partition, text) => command("XADD", `${name}:${partition}`, "*", "body", text),
      }),
      {
        title: "publish() to a full server is refused with its word, and goes on when there is room",
        async run() {
          await using stream = await openRedis<string>(`${server.address}/full`);
          await command("CONFIG", "SET", "maxmemory", "1");
          await rejects(stream.publish([{ body: "a" }]), {
            name: "StreamError",
            message: /^Cannot publish to .*: Redis answers OOM /,
          });
          await command("CONFIG", "SET", "maxmemory", "0");
          await stream.publish([{ body: "b" }]);
          strictEqual(await stream.lag("g"), 1);
        },
      },
      {
        title: "who has no rights for the stream, or may not write, is told so at once",
        async run() {
          const path = `${server.address}/limited`;
          await (await openRedis(path)).close();
          await command("ACL", "SETUSER", "nobody", "on", ">-", "~other*", "&*", "+@all");
          await command("ACL", "SETUSER", "looker", "on", ">-", "%R~*", "&*", "+@all");
          const as = (user: string) => openRedis<number>(path.replace("//", `//${user}:-@`));
          const startedAt = performance.now();
          await rejects(as("nobody"), { name: "StreamError", message: /^Cannot open .*: Redis answers NOPERM / });
          {
            await using stream = await as("looker");
            const acts: [string, () => Promise<unknown>][] = [
              ["publish to", () => stream.publish([{ body: 1 }])],
              ["subscribe to", () => stream.subscribe({ group: "g" })],
            ];
            for (const [act, run] of acts) {
              const message = new RegExp(`^Cannot ${act} .*: Redis answers NOPERM `);
              await rejects(run(), { name: "StreamError", message });
            }
          }
          ok(performance.now() - startedAt < SOON_MS);
        },
      },
      {
        title: "a record that is larger than the server takes is refused at once, and the next is kept",
        async run() {
          await using stream = await openRedis<Uint8Array>(`${server.address}/large`);
          await command("CONFIG", "SET", "proto-max-bulk-len", "20000000");
          try {
            const startedAt = performance.now();
            await rejects(stream.publish([{ body: new Uint8Array(20_000_001) }]), {
              name: "StreamError",
              message:
                /^Cannot publish to .*: Redis answers ERR Protocol error: invalid bulk length; none of the records is kept$/,
            });
            ok(performance.now() - startedAt < SOON_MS);
          } finally {
            await command("CONFIG", "SET", "proto-max-bulk-len", "536870912");
          }
          await stream.publish([{ body: new Uint8Array(1) }]);
          strictEqual(await stream.lag("g"), 1);
        },
      },
      {
        title:
          "who publishes beside one whose records the server refuses is not refused, and each is told what is kept",
        async run() {
          const name = `beside-${crypto.randomUUID()}`;
          await using stream = await openRedis<unknown>(`${server.address}/${name}?partitions=2`);
          const keyOf = (partition: number) =>
            ["a", "b", "c", "d", "e", "f"].find((key) => hashOf(key) % 2 === partition)!;
          const record = (partition: number, body: unknown) => ({ key: keyOf(partition), body });
          await command("SET", `${name}:1`, "another's"); // nothing can be added there
          await command("CONFIG", "SET", "proto-max-bulk-len", "20000000");
          try {
            const told = await Promise.allSettled([
              [record(0, 1)],
              [record(0, 2), record(0, 3), record(1, 4), record(0, 5)],
              [record(0, 6)],
              [record(0, new Uint8Array(20_000_001))],
              [record(0, 7)],
            ].map((records) => stream.publish(records)));
            const said = told.map((one) => one.status === "fulfilled" ? "kept" : (one.reason as Error).message);
            deepStrictEqual([said[0], said[2], said[4]], ["kept", "kept", "kept"]);
            match(said[1]!, /^Cannot publish to .*: Redis answers WRONGTYPE .*; 2 of 4 records are kept$/);
            match(said[3]!, /invalid bulk length; none of the records is kept$/);
          } finally {
            await command("CONFIG", "SET", "proto-max-bulk-len", "536870912");
          }
          await command("DEL", `${name}:1`);
          const bodies: unknown[] = [];
          for await (const { body } of stream.look("g")) bodies.push(body);
          deepStrictEqual(bodies, [1, 2, 3, 6, 7]);
        },
      },
      {
        title: "a run that is interrupted leaves no server and no folder",
        async run() {
          const module = JSON.stringify(new URL("broker_server.ts", import.meta.url));
          const child = new Deno.Command(Deno.execPath(), {
            args: [
              "eval",
              `import { BrokerServer } from ${module}; const { folder, port } = await BrokerServer.start("redis");
              console.log(JSON.stringify({ folder, port })); setInterval(() => {}, 1_000);`,
            ],
            stdout: "piped",
            stderr: "null",
          }).spawn();
          const lines = child.stdout.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
          const { folder, port } = JSON.parse((await lines.next()).value!);
          (await Deno.connect({ port })).close();
          child.kill("SIGINT");
          strictEqual((await child.status).code, 130);
          await lines.return!();
          await rejects(Deno.connect({ port }), Deno.errors.ConnectionRefused);
          await rejects(Deno.stat(folder), Deno.errors.NotFound);
        },
      },
      {
        title: "who wrote before the server was emptied writes over nothing that came since",
        async run() {
          const log = await openLog("versions");
          const write = async (text: string, over: number) => await log.writeDocument("g", "0", text, over);
          const before = (await write("one", 0))!;
          strictEqual(await write("one", 0), before, "the answer was lost");
          strictEqual(await write("two", 0), undefined, "another has written");
          const newest = (await write("three", before))!;
          await command("DEL", "versions:groups");
          await pause(5);
          await write("another", 0);
          for (const version of [before, newest]) strictEqual(await write("late", version), undefined);
          deepStrictEqual((await log.readDocuments("g", ["0"]))[0]?.text, "another");
          await log.close();
        },
      },
      {
        title: "what is written for a group at one moment is written each for itself",
        async run() {
          const log = await openLog("together");
          const write = (name: string, text: string, over = 0) => log.writeDocument("g", name, text, over);
          const [one, two, again] = await Promise.all([write("0", "one"), write("1", "two"), write("0", "other")]);
          ok(one! > 0 && two! > 0);
          strictEqual(again, undefined, "another has written");
          const late = await Promise.all([write("0", "late", one! - 1), write("1", "next", two), write("2", "new")]);
          deepStrictEqual(late.map((version) => version !== undefined), [false, true, true]);
          deepStrictEqual((await log.readDocuments("g", ["0", "1", "2"])).map((document) => document?.text), [
            "one",
            "next",
            "new",
          ]);
          await log.close();
        },
      },
      {
        title: "records have the same offsets however many are read at once, and when those before are trimmed",
        async run() {
          const log = await openLog("offsets");
          const records = Array.from(
            { length: 300 },
            (_, n) => ({ key: "k", headers: {}, bytes: new Uint8Array([n]) }),
          );
          await log.append(records);
          const all = await log.read(0, { offset: 0, behind: "0-0" }, 63);
          deepStrictEqual([all.length, all[62]?.offset], [63, 62]);
          const behind = () => ({ offset: all.length, behind: all.at(-1)!.place });
          for (const most of [100, 64, 63, 500]) all.push(...await log.read(0, behind(), most));
          deepStrictEqual(all.map(({ offset, bytes }) => [offset, bytes[0]]), records.map((_, n) => [n, n % 256]));
          for (const most of [1, 100]) deepStrictEqual(await log.read(0, behind(), most), []);
          const place = (n: number) => ({ offset: n, behind: all[n - 1]!.place });
          for (const trimmed of [50, 51, 200, 300]) {
            await command("XTRIM", "offsets:0", "MAXLEN", String(300 - trimmed));
            for (const from of [1, 50, 51, 52, 199, 201, 300]) {
              const expected = all.slice(Math.max(from, trimmed));
              for (const most of [63, 64, 300]) {
                deepStrictEqual(
                  await log.read(0, place(from), most),
                  expected.slice(0, most),
                  `${trimmed} ${from} ${most}`,
                );
              }
            }
          }
          await log.append(records.slice(0, 1));
          const [last] = await log.read(0, behind(), 100);
          deepStrictEqual(last?.offset, 300);
          await log.close();
        },
      },
      {
        title: "a server of a cluster is refused at once, in words",
        async run() {
          await using other = await BrokerServer.start("redis", { LEVADA_REDIS_CLUSTER: "yes" });
          await rejects(openRedis(`${other.address}/orders`), {
            name: "StreamError",
            message:
              /^Cannot open .*: the server is one of a Redis cluster, and a stream needs all of its keys at one server/,
          });
        },
      },
    ],
    bench: {
      streams: `${server.address}/{name}`,
      sessionMs: SESSION_MS,
      async list() {
        const keys = (await ask("KEYS", "*") as unknown[]).map(String);
        return keys.filter((key) => !key.includes(":publication:")).sort(); // these go by themselves
      },
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function labsOf({ address }: BrokerServer): OpenLab {
  return () => {
    const path = `${address}/lab-${crypto.randomUUID()}`;
    return Promise.resolve({
      open: <Body>() => openRedis<Body>(path, { sessionMs: SESSION_MS }),
      openDeadLetters: () => openRedis(deadLetterPath(path), { sessionMs: SESSION_MS }),
      crash: (stream) => (stream as DrivenStream<unknown>).abandon(),
      now: () => Date.now(),
      advance: (ms) => pause(ms),
      async publishForeign({ body, headers }) {
        const place = readBrokerPath(path, 0);
        const client = await RedisClient.connect(place, { connectMs: 5_000, answerMs: 5_000 });
        const fields = Object.entries(headers).flatMap(([name, value]) => [`header:${name}`, value]);
        await client.send("publish to", "XADD", `${place.stream}:0`, "*", "body", body, ...fields);
        client.close();
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  };
}

/** What a stream at a broker must do beyond the contract: servers that are away or refuse, processes that are killed. */

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { deadLetters } from "../../../lib/streams/dead_letters.ts";
import type { DrivenStream } from "../../../lib/streams/driven_stream.ts";
import type { BrokerTask } from "../../support/broker_child.ts";
import type { BrokerServer } from "./broker_server.ts";
import type { StreamCase } from "./contract.ts";
import { proveResets } from "./prove_resets.ts";

/** A broker, and its ways that are not the driver's. */
export interface BrokerKit {
  readonly server: Pick<BrokerServer, "address" | "up" | "down" | "kill">;
  readonly scheme: string;
  open<Body>(
    path: string,
    options?: { sessionMs?: number; patience?: { connectMs: number; answerMs: number } },
  ): Promise<DrivenStream<Body>>;
  /** Who is let in beside those who name no user. */
  readonly user: { readonly name: string; readonly password: string };
  /** Sees to it that the server knows the user. */
  allowUser?(): Promise<void>;
  /** Serves over TLS, with the certificate of `tests/support`: the address. */
  serveTls(files: { cert: string; key: string }): Promise<{ address: string } & AsyncDisposable>;
  /** Puts something that is no stream where a stream of this name would be. */
  occupy(name: string): Promise<void>;
  /** Has the server lose what it keeps of a stream, or its records only. Left out where readers are told otherwise. */
  lose?(name: string, what: Lost): Promise<void>;
  /** Publishes as another hand would: a text, nothing beside it. */
  publishPlain(name: string, partition: number, text: string): Promise<void>;
}

type Lost = "all" | "records";

const SESSION_MS = 1_500;
const SUPPORT = new URL("../../support/", import.meta.url).pathname;
const CHILD = `${SUPPORT}broker_child.ts`;
const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;

/** The cases of a broker. */
export function brokerCases(kit: BrokerKit): StreamCase[] {
  const { server: { address }, scheme } = kit;
  const host = address.slice(`${scheme}://`.length);
  const newName = () => `case-${crypto.randomUUID()}`;
  const newPath = () => `${address}/${newName()}`;
  return [
    {
      title:
        "2,000 numbered records arrive once, in order, while the server is stopped, killed and started again under load",
      async run() {
        const path = newPath();
        await using writer = await kit.open<number>(path);
        await using reader = await kit.open<number>(path);
        const [count, batch] = [2_000, 10];
        const got: { n: number; key: string; tries: number }[] = [];
        const subscription = await reader.subscribe({ group: "g", maxRecords: 30 });
        const reading = (async () => {
          const acknowledged = new Set<number>();
          for await (const delivery of subscription) {
            got.push(...delivery.records.map(({ body, key = "", tries }) => ({ n: body, key, tries })));
            await delivery.ack();
            for (const { body } of delivery) acknowledged.add(body);
            if (acknowledged.size === count) return;
          }
        })();
        let outage: Promise<void> | undefined;
        for (let from = 0; from < count; from += batch) {
          if (from === 500 || from === 1_200) {
            await outage;
            outage = (from === 500 ? kit.server.down() : kit.server.kill()).then(() => pause(500)).then(() =>
              kit.server.up()
            );
          }
          await writer.publish(
            Array.from({ length: batch }, (_, index) => ({ body: from + index, key: `key ${(from + index) % 7}` })),
          );
        }
        await outage;
        await reading;
        const newest = new Map<string, number>();
        for (const { n, key } of got.filter(({ tries }) => tries === 1)) {
          ok(n > (newest.get(key) ?? -1), `${n} of ${key} comes for the first time after a later one`);
          newest.set(key, n);
        }
        strictEqual(new Set(got.map(({ n }) => n)).size, count);
        strictEqual(await writer.lag("nobody"), count, "each is kept once");
        strictEqual(await writer.lag("g"), 0);
      },
    },
    {
      title: "two processes share the records; what a killed one had in hand comes to the other",
      async run() {
        const path = newPath();
        const task = { path, sessionMs: SESSION_MS };
        const killed = new Child({ ...task, read: { group: "g", acknowledges: false, count: 200 } });
        const other = new Child({ ...task, read: { group: "g", acknowledges: true, count: 200 } });
        const [ofKilled, ofOther] = [killed.lines(), other.lines()];
        await Promise.all([ofKilled.next(), ofOther.next()]); // both have joined
        await using stream = await kit.open<number>(path, { sessionMs: SESSION_MS });
        await stream.publish(numbers(200));
        const { value: held } = await ofKilled.next();
        ok(held !== undefined && held.length > 0, "the first has its share");
        const got: number[] = (await ofOther.next()).value ?? [];
        ok(got.length > 0 && got.length < 200, "the other has its own");
        killed.kill();
        for await (const numbers of ofOther) got.push(...numbers);
        deepStrictEqual(got.sort((one, two) => one - two), numbers(200).map(({ body }) => body));
        strictEqual((await other.status).code, 0);
        strictEqual(await stream.lag("g"), 0);
      },
    },
    ...scheme === "kafka" ? [] : [{ // at Kafka the broker tells who is alive, whoever asks
      title: "jobs that end sooner than a session take over from one that was killed before",
      async run() {
        const path = newPath();
        await using stream = await kit.open<number>(path, { sessionMs: SESSION_MS });
        await stream.publish(numbers(20));
        const killed = await kit.open<number>(path, { sessionMs: SESSION_MS });
        await (await killed.subscribe({ group: "g" })).next();
        await killed.abandon();
        await pause(SESSION_MS);
        const job = await kit.open<number>(path, { sessionMs: SESSION_MS });
        const subscription = await job.subscribe({ group: "g" });
        for await (const delivery of within(SESSION_MS / 3, subscription)) await delivery.ack();
        await job.close();
        strictEqual(await stream.lag("g"), 0);
      },
    }],
    {
      title:
        "a user and a password are taken from the path or the environment; wrong ones are told, without showing them",
      async run() {
        await kit.allowUser?.();
        const name = newName();
        const { user, password } = { user: kit.user.name, password: encodeURIComponent(kit.user.password) };
        for (const login of [`${user}:wr0ng`, "nobodyknows:wr0ng"]) {
          await rejects(kit.open(`${scheme}://${login}@${host}/${name}`), (error: Error) => {
            ok(/^Cannot open .*: .* refuses the user or the password/.test(error.message), error.message);
            strictEqual(/wr0ng/.test(`${error.message}${error.stack}`), false, "shown");
            return error.name === "StreamError";
          });
        }
        {
          await using stream = await kit.open(`${scheme}://${user}:${password}@${host}/${name}`);
          strictEqual(stream.path, `${address}/${name}`);
          await stream.publish(numbers(3));
        }
        const variable = `LEVADA_STREAM_${name.toUpperCase().replaceAll("-", "_")}`;
        const env = { [`${variable}_USER`]: user, [`${variable}_PASSWORD`]: kit.user.password };
        const task: BrokerTask = { path: `${address}/${name}`, sessionMs: SESSION_MS, publish: 2 };
        const child = new Child({ ...task, read: { group: "g", acknowledges: true, count: 5 } }, env);
        const got: number[] = [];
        for await (const numbers of child.lines()) got.push(...numbers);
        strictEqual((await child.status).code, 0, "it ends by itself when its stream is closed");
        deepStrictEqual(got.sort(), [0, 0, 1, 1, 2]);
        const wrong = new Child({ ...task }, { ...env, [`${variable}_PASSWORD`]: "wr0ng" });
        for await (const _ of wrong.lines()) { /* none */ }
        strictEqual((await wrong.status).code, 1);
      },
    },
    {
      title: "tls=true speaks TLS, with certificates that Deno trusts, and never without",
      async run() {
        await using tls = await kit.serveTls({
          cert: `${SUPPORT}loopback_cert.pem`,
          key: `${SUPPORT}loopback_key.pem`,
        });
        const path = `${tls.address}/${newName()}?tls=true`;
        const task: BrokerTask = { path, sessionMs: SESSION_MS, publish: 3 };
        const child = new Child({ ...task, read: { group: "g", acknowledges: true, count: 3 } }, {
          DENO_CERT: `${SUPPORT}loopback_cert.pem`,
        });
        const got: number[] = [];
        for await (const numbers of child.lines()) got.push(...numbers);
        strictEqual((await child.status).code, 0);
        deepStrictEqual(got.sort(), [0, 1, 2]);
        await rejects(kit.open(path), {
          name: "StreamError",
          message: /^Cannot open .* cannot be reached: .*certificate/i,
        });
        const patience = { connectMs: 1_000, answerMs: 1_000 };
        await rejects(kit.open(`${newPath()}?tls=true`, { patience }), {
          name: "StreamError",
          message: /^Cannot open .* cannot be reached: /,
        });
      },
    },
    {
      title: "connections that are reset behind any piece of their beginning end no process, and lose nothing",
      async run() {
        const patience = { connectMs: 5_000, answerMs: 30_000 }; // NATS' client waits so long for each answer to its greeting
        await proveResets({
          port: Number(host.split(":")[1]),
          open: (port, name) =>
            kit.open<number>(`${scheme}://127.0.0.1:${port}/${name}`, { sessionMs: SESSION_MS, patience }),
        });
      },
    },
    {
      title: "a server that is down, or silent, is told in a bounded time",
      async run() {
        const patience = { connectMs: 700, answerMs: 700 };
        using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
        const { port } = listener.addr;
        const accepted: Deno.Conn[] = [];
        const accepting = (async () => {
          for await (const connection of listener) accepted.push(connection);
        })();
        await rejects(kit.open(`${scheme}://127.0.0.1:${port}/silent`, { patience }), {
          name: "StreamError",
          message: new RegExp(`^Cannot open ${scheme}://127\\.0\\.0\\.1:${port}/silent: .* cannot be reached: `),
        });
        for (const connection of accepted) connection.close();
        listener.close();
        await accepting;
        await rejects(kit.open(`${scheme}://127.0.0.1:${port}/away`, { patience }), {
          name: "StreamError",
          message: `Cannot open ${scheme}://127.0.0.1:${port}/away: no server listens there`,
        });
      },
    },
    {
      title: "while the server is away, who publishes is told in a bounded time, who reads waits, and close() ends",
      async run() {
        const path = newPath();
        await using reader = await kit.open<number>(path);
        const subscription = await reader.subscribe({ group: "g" });
        const next = subscription.next();
        const stream = await kit.open<number>(path, { patience: { connectMs: 700, answerMs: 700 } });
        const leaving = await stream.subscribe({ group: "left" });
        await stream.publish([{ body: -1, key: "k" }]);
        const { value: inHand } = await leaving.next();
        await kit.server.down();
        try {
          const message = /^Cannot publish to .*: .* has not answered for 0\.7 s/;
          for (let tries = 0; tries < 2; tries++) {
            await rejects(stream.publish(numbers(1)), { name: "StreamError", message });
          }
          await rejects(stream.lag("g"), { name: "StreamError", message: /has not answered for 0\.7 s/ });
          await rejects(inHand!.ack(), {
            name: "StreamError",
            message: /^Cannot settle .*has not answered for 0\.7 s/,
          });
          await leaving.close();
          await stream.close();
        } finally {
          await kit.server.up();
        }
        await using again = await kit.open<number>(path);
        await again.publish([{ body: 7 }]);
        const got = (await next).value!.records.map(({ body }) => body);
        while (!got.includes(7)) got.push(...(await subscription.next()).value!.records.map(({ body }) => body));
      },
    },
    ...kit.lose === undefined ? [] : (["all", "records"] as const).map((what) => loses(kit, what, newName())),
    {
      title: "a stream is made on first use, unless create=false; what is there already is not taken for one",
      async run() {
        const path = newPath();
        await rejects(kit.open(`${path}?create=false`), {
          name: "StreamError",
          message: /there is no such stream, and create=false$/,
        });
        await (await kit.open(`${path}?partitions=2`)).close();
        await (await kit.open(`${path}?create=false`)).close();
        await rejects(kit.open(`${path}?partitions=3`), {
          name: "StreamError",
          message: /the stream has 2 partitions already/,
        });
        await rejects(kit.open(`${path}?capacity=3`), { name: "StreamError", message: /there is no "capacity"/ });
        const letters = deadLetters(`${path}?partitions=8&retention=1h`);
        deepStrictEqual(await letters.list(), []);
        await rejects(kit.open(`${path}-dead-letters?create=false`), /no such stream/, "looking makes nothing");
        await rejects(deadLetters(`${path}x`).list(), {
          name: "StreamError",
          message: /^Cannot look at dead letters of .*: there is no such stream$/,
        });
        const name = newName();
        await kit.occupy(name);
        await rejects(kit.open(`${address}/${name}`), {
          name: "StreamError",
          message: /^Cannot open .*(no stream of this kind|is another's)$/,
        });
      },
    },
    {
      title: "records go when their retention is over, read or not; lag counts those that are kept",
      async run() {
        await using stream = await kit.open<number>(`${newPath()}?retention=2s&partitions=1`);
        await stream.publish(numbers(5));
        const early = await stream.subscribe({ group: "early", maxRecords: 2 });
        await (await early.next()).value?.ack();
        await pause(3_500);
        await stream.publish([{ body: 5 }]);
        strictEqual(await stream.lag("early"), 1);
        for (const subscription of [early, await stream.subscribe({ group: "late" })]) {
          const { value } = await subscription.next();
          deepStrictEqual(value?.records.map(({ body }) => body), [5]);
          await value?.ack();
        }
        deepStrictEqual([await stream.lag("early"), await stream.lag("late")], [0, 0]);
      },
    },
    {
      title: "records of another hand are read as far as they go",
      async run() {
        const name = newName();
        await using stream = await kit.open(`${address}/${name}?group=g`);
        await kit.publishPlain(name, 0, '{"a":1}');
        await kit.publishPlain(name, 1, "no JSON");
        const subscription = await stream.subscribe({ group: "" });
        const records = [];
        while (records.length < 2) records.push(...(await subscription.next()).value?.records ?? []);
        deepStrictEqual(records.map(({ body, key }) => [body, key]), [[{ a: 1 }, undefined], ["no JSON", undefined]]);
      },
    },
  ];
}

/** Where a stream is there only while somebody says so, who waits is told; where it is not, and when it is opened anew, all arrives. */
function loses(
  { server: { address }, open, lose }: BrokerKit,
  what: Lost,
  name: string,
): StreamCase {
  return {
    title:
      `a server that has lost ${what} of a stream: who waits or publishes is told, or gets all that is published from then on`,
    async run() {
      const path = `${address}/${name}?partitions=2`;
      await using stream = await open<number>(path, { sessionMs: SESSION_MS });
      const subscription = await stream.subscribe({ group: "g" });
      await stream.publish(Array.from({ length: 20 }, () => ({ body: -1 })));
      for (let done = 0; done < 20;) {
        const { value } = await subscription.next();
        await value!.ack();
        done += value!.records.length;
      }
      let next = subscription.next();
      await lose!(name, what);
      const gone =
        "there is no such stream any more: it was deleted, or the server has lost what it kept\\. Open it anew";
      const fault = await stream.publish(numbers(8)).then(() => undefined, ({ message }) => message);
      if (fault !== undefined) {
        match(fault, new RegExp(`${gone}; 0 of 8 records are known to be kept$`));
        await rejects(next, { name: "StreamError", message: new RegExp(`${gone}$`) });
        next = subscription.next();
        await (await open(path)).close();
        await stream.publish(numbers(8));
      }
      const got = new Set<number>();
      for (;; next = subscription.next()) {
        const value = (await next).value!;
        for (const { body } of value) got.add(body);
        await value.ack().catch(() => {}); // what it had before it knew comes again
        if (got.size === 8) break;
      }
      strictEqual(await stream.lag("g"), 0);
      await stream.publish([{ body: 8 }]);
      strictEqual(await stream.lag("g"), 1);
      await (await subscription.next()).value!.ack();
      await stream.close();
      await using after = await open(`${address}/${name}`); // with as many partitions as there were
      await (await open(path)).close();
      strictEqual(await after.lag("g"), 0);
    },
  };
}

/** What comes until nothing has come for so long. */
async function* within<Item>(ms: number, items: AsyncIterator<Item>): AsyncGenerator<Item> {
  for (;;) {
    const result = await Promise.race([items.next(), pause(ms)]);
    if (result === undefined || result.done) return;
    yield result.value;
  }
}

function numbers(count: number): { body: number; key: string }[] {
  return Array.from({ length: count }, (_, n) => ({ body: n, key: `key ${n % 20}` }));
}

/** A process of its own. */
class Child {
  readonly #process: Deno.ChildProcess;

  constructor(task: BrokerTask, env: Readonly<Record<string, string>> = {}) {
    const args = ["run", "--config", CONFIG, "--no-lock", "--quiet", "-A", CHILD, JSON.stringify(task)];
    this.#process = new Deno.Command(Deno.execPath(), { args, env: { ...env }, stdout: "piped", stderr: "null" })
      .spawn();
  }

  get status(): Promise<Deno.CommandStatus> {
    return this.#process.status;
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  async *lines(): AsyncGenerator<number[]> {
    let rest = "";
    for await (const text of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) yield JSON.parse(line);
    }
  }
}

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { deadLetterPath } from "../../../lib/streams/dead_letter_path.ts";
import { hashOf } from "../../../lib/streams/hash_of.ts";
import { readBrokerPath } from "../../../lib/streams/leased/broker_path.ts";
import type { DrivenStream } from "../../../lib/streams/driven_stream.ts";
import { NatsClient } from "../../../lib/streams/nats/nats_client.ts";
import { openNats } from "../../../lib/streams/nats/open_nats.ts";
import { makeCredentials, makeUser } from "../../support/nats_keys.ts";
import { brokerCases } from "./broker_cases.ts";
import { BrokerServer } from "./broker_server.ts";
import type { OpenLab } from "./contract.ts";
import type { Trial } from "./main.ts";
import { natsSizeCases } from "./nats_size_cases.ts";

const SESSION_MS = 1_500; // a killed reader is missed for so long; shorter, a busy machine's readers would be taken for dead
const USER = { name: "ann", password: "pass:wörd/1" };
const SOON_MS = 3_000;
const MOST_BYTES = 16_777_216;
/** The contract's largest record has 10 MB; by itself NATS takes 1. Whoever names no user is one that may do all. */
const SETTINGS = `max_payload: ${MOST_BYTES}
authorization { users: [
  { user: anybody, password: "-" }, { user: ${USER.name}, password: "${USER.password}" },
  { user: nobody, password: "-", permissions: { publish: "nothing" } },
  { user: reader, password: "-", permissions: { publish: { deny: ["limited.1"] } } },
  { user: writer, password: "-", permissions: { publish: { deny: ["$JS.API.DIRECT.GET.>"] } } },
] }
no_auth_user: anybody
`;

/** A NATS server with JetStream, and what is asked of it. */
export async function natsTrial(): Promise<Trial> {
  const server = await start(SETTINGS);
  const connect = () =>
    NatsClient.connect(readBrokerPath(`${server.address}/any`, 0), { connectMs: 5_000, answerMs: 5_000 });
  return {
    open: labsOf(server),
    limits: { isUnbounded: true }, // NATS takes whatever comes, until its storage is full
    cases: [
      ...natsSizeCases(server),
      ...brokerCases({
        server,
        scheme: "nats",
        open: openNats,
        user: USER,
        async serveTls({ cert, key }) {
          const other = await start(`tls { cert_file: "${cert}", key_file: "${key}" }\n`);
          return {
            address: other.address.replace("127.0.0.1", "localhost"),
            [Symbol.asyncDispose]: () => other[Symbol.asyncDispose](),
          };
        },
        async occupy(name) {
          const client = await connect();
          await client.ask("ask", `STREAM.CREATE.${name}`, { name, subjects: [`${name}-other`] });
          await client.close();
        },
        async lose(name, what) {
          const client = await connect();
          for (const stream of what === "all" ? [name, `${name}-groups`] : [name]) {
            await client.ask("ask", `STREAM.DELETE.${stream}`, "");
          }
          await client.close();
        },
        async publishPlain(name, partition, data) {
          const client = await connect();
          await client.send({ subject: `${name}.${partition}`, data, headers: client.headers({}) });
          await client.close();
        },
      }),
      {
        title: "a record that is larger than the server takes is refused with both sizes, alone",
        async run() {
          await using stream = await openNats<Uint8Array>(`${server.address}/large`);
          const large = stream.publish([{ body: new Uint8Array(MOST_BYTES) }]);
          const message = new RegExp(`a record has \\d+ bytes with its headers, and the server takes ${MOST_BYTES}`);
          await Promise.all([
            rejects(large, { name: "StreamError", message }),
            stream.publish([{ body: new Uint8Array(MOST_BYTES - 1_000) }]),
          ]);
          strictEqual(await stream.lag("g"), 1);
        },
      },
      {
        title: "10,000 records in hand are kept by a server that takes messages of a tenth of a megabyte",
        async run() {
          await using other = await start("max_payload: 100000\n");
          const path = `${other.address}/window?partitions=1`;
          await using stream = await openNats<number>(path);
          const count = 10_000;
          for (let from = 0; from < count; from += 1_000) {
            await stream.publish(Array.from({ length: 1_000 }, (_, n) => ({ body: from + n })));
          }
          const subscription = await stream.subscribe({ group: "g", maxRecords: 1_000 });
          const inHand = [];
          for (let got = 0; got < count; got += inHand.at(-1)!.records.length) {
            inHand.push((await subscription.next()).value!);
          }
          await inHand.pop()!.ack();
          strictEqual(await stream.lag("g"), inHand.reduce((sum, { records: { length } }) => sum + length, 0));
          for (const delivery of inHand.splice(0)) await delivery.ack();
          strictEqual(await stream.lag("g"), 0);
        },
      },
      {
        title: "who asks a connection that was closed is told, and ends no process later",
        async run() {
          const unhandled: unknown[] = [];
          const listen = (event: PromiseRejectionEvent) => {
            event.preventDefault();
            unhandled.push(event.reason);
          };
          addEventListener("unhandledrejection", listen);
          const client = await connect();
          await client.close();
          await rejects(client.get("any", { seq: 1 }), { name: "ClosedConnectionError" });
          await pause(6_000); // longer than an answer is waited for
          removeEventListener("unhandledrejection", listen);
          strictEqual(unhandled.length, 0);
        },
      },
      {
        title: "a login that is refused ends no process, however often: the server resets some of these connections",
        async run() {
          const path = server.address.replace("//", `//${USER.name}:wr0ng@`);
          for (let round = 0; round < 30; round++) {
            await Promise.all(Array.from({ length: 20 }, async () => {
              await rejects(openNats(`${path}/refused`), { name: "StreamError", message: /NATS refuses the user/ });
            }));
          }
        },
      },
      {
        title: "who may not look, publish or read is told so at once",
        async run() {
          const path = `${server.address}/limited?partitions=2`;
          const as = (user: string) => openNats<number>(path.replace("//", `//${user}:-@`));
          await (await openNats(path)).close();
          const startedAt = performance.now();
          await rejects(as("nobody"), {
            name: "StreamError",
            message: /^Cannot open .*: no rights at NATS\. Permissions Violation for Publish to "\$JS\.API\./,
          });
          const records = Array.from({ length: 20 }, (_, n) => ({ body: n, key: String(n) })); // in both partitions
          {
            await using stream = await as("reader");
            await rejects(stream.publish(records), {
              name: "StreamError",
              message:
                /^Cannot publish to .*: no rights at NATS\. Permissions Violation for Publish to "limited\.1"; none of the records is kept$/,
            });
          }
          {
            await using stream = await as("reader");
            const told = await Promise.allSettled(records.map((record) => stream.publish([record])));
            const kept = told.map(({ status }) => status === "fulfilled");
            deepStrictEqual(kept, records.map(({ key }) => hashOf(key) % 2 === 0), "each for itself");
            strictEqual(await stream.lag("g"), kept.filter(Boolean).length);
            await using writer = await openNats(path);
            const subscription = await writer.subscribe({ group: "g" });
            for (let left = kept.filter(Boolean).length; left > 0;) {
              const delivery = (await subscription.next()).value!;
              left -= delivery.records.length;
              await delivery.ack();
            }
          }
          {
            await using stream = await as("writer");
            await stream.publish(records);
            for (const act of [() => stream.lag("g"), () => stream.subscribe({ group: "g" })]) {
              await rejects(act(), { name: "StreamError", message: /^Cannot read .*: no rights at NATS/ });
            }
          }
          ok(performance.now() - startedAt < SOON_MS);
        },
      },
      {
        title:
          "a token, an nkey or credentials of the environment let one in; wrong ones are told, without showing them",
        async run() {
          const [user, stranger] = [await makeUser(), await makeUser()];
          const [{ credentials, settings }, other] = [await makeCredentials(), await makeCredentials()];
          await logsIn('authorization { token: "t0ken" }\n', "TOKEN", ["t0ken", "wr0ng"]);
          await logsIn(`authorization { users: [{ nkey: ${user.publicKey} }] }\n`, "NKEY", [user.seed, stranger.seed]);
          await logsIn(settings, "CREDS", [credentials, other.credentials]);
        },
      },
    ],
    bench: {
      streams: `${server.address}/{name}`,
      sessionMs: SESSION_MS,
      async list() {
        const client = await connect();
        const { streams } = await client.ask<{ streams: string[] | null }>("ask", "STREAM.NAMES", {});
        await client.close();
        return (streams ?? []).sort();
      },
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** What the environment says lets one in; another one of its kind, and none, do not. */
async function logsIn(settings: string, kind: string, [right, wrong]: readonly [string, string]): Promise<void> {
  await using server = await start(settings);
  const path = `${server.address}/login`;
  const variable = `LEVADA_STREAM_LOGIN_${kind}`;
  try {
    for (const secret of [wrong, undefined]) {
      if (secret !== undefined) Deno.env.set(variable, secret);
      else Deno.env.delete(variable);
      await rejects(openNats(path), (error: Error) => {
        match(error.message, /^Cannot open .*\/login: NATS refuses the user or the password, or the key/);
        return error.name === "StreamError" && !`${error.stack}`.includes(wrong.trim().slice(-60));
      });
    }
    Deno.env.set(variable, right);
    await using stream = await openNats<number>(path);
    await stream.publish([{ body: 1 }]);
    strictEqual(await stream.lag("g"), 1);
  } finally {
    Deno.env.delete(variable);
  }
}

/** Starts a server with some lines in its configuration. */
function start(settings: string): Promise<BrokerServer> {
  return BrokerServer.start("nats", {}, { LEVADA_NATS_CONF: settings });
}

function labsOf({ address }: BrokerServer): OpenLab {
  return () => {
    const path = `${address}/lab.${crypto.randomUUID()}`;
    return Promise.resolve({
      open: <Body>() => openNats<Body>(path, { sessionMs: SESSION_MS }),
      openDeadLetters: () => openNats(deadLetterPath(path), { sessionMs: SESSION_MS }),
      crash: (stream) => (stream as DrivenStream<unknown>).abandon(),
      now: () => Date.now(),
      advance: (ms) => pause(ms),
      async publishForeign({ body, headers }) {
        const place = readBrokerPath(path, 0);
        const client = await NatsClient.connect(place, { connectMs: 5_000, answerMs: 5_000 });
        await client.send({ subject: `${place.stream}.0`, data: body, headers: client.headers(headers) });
        await client.close();
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  };
}
